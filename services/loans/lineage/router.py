"""The routes of lineage: where a fund's money is, where a receipt went, whose a contract has."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.loans.contracts import queries as contracts
from services.loans.deps import Db
from services.loans.domain.lineage import Place, Spot
from services.loans.funds import queries as funds
from services.loans.funds import returning
from services.loans.lineage import operations, queries
from services.loans.lineage.schemas import ContractLineageOut, FundLineageOut, ReceiptLineageOut
from shared.auth import Actor, Role, require
from shared.ids import FundId

router = APIRouter(prefix="/loans/v1", tags=["lineage"])

MayRead = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR)]


@router.get("/funds/{fund_id}/lineage")
async def read_fund_lineage(fund_id: UUID, db: Db, actor: MayRead) -> FundLineageOut:
    """Read where all the money of a fund is, told through the newest numbered entry."""
    await operations.catch_up(db)
    async with db(snapshot=True) as session:
        fund = await funds.fund_by_id(session, fund_id)
        key = FundId(fund.fund_id)
        return FundLineageOut.of(
            fund,
            await queries.totals(session, key),
            committed=(await funds.standings(session, [key]))[key].committed,
            told=await queries.told(session),
        )


@router.get("/funds/{fund_id}/receipts/{receipt_id}/lineage")
async def read_receipt_lineage(
    fund_id: UUID,
    receipt_id: UUID,
    db: Db,
    actor: MayRead,
) -> ReceiptLineageOut:
    """Read where a receipt's money is now: at hand, in which contracts, lost, given back."""
    await operations.catch_up(db)
    async with db(snapshot=True) as session:
        key = FundId(fund_id)
        row = await returning.receipt(session, fund_id=key, receipt_id=receipt_id)
        source = Spot(Place.RECEIPT, row.receipt_id)
        parts = await queries.whereabouts(session, key, [source])
        return ReceiptLineageOut.of(row, parts, told=await queries.told(session))


@router.get("/contracts/{contract_id}/lineage")
async def read_contract_lineage(contract_id: UUID, db: Db, actor: MayRead) -> ContractLineageOut:
    """Read whose money stands in a contract now, by receipt."""
    await operations.catch_up(db)
    async with db(snapshot=True) as session:
        row = await contracts.contract(session, contract_id, branch_ids=actor.branch_ids)
        parts = await queries.origins(
            session, FundId(row.fund_id), Spot(Place.CONTRACT, row.contract_id)
        )
        return ContractLineageOut.of(row, parts, told=await queries.told(session))
