"""The routes of lineage: where a fund's money is, where a receipt went, whose a contract has."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import queries as cofinancing
from services.loans.contracts import queries as contracts
from services.loans.deps import Db
from services.loans.domain.lineage import Policy
from services.loans.funds import queries as funds
from services.loans.funds import returning
from services.loans.funds.donors import DonorNotFound
from services.loans.lineage import operations, queries, reading
from services.loans.lineage.reading import Asked
from services.loans.lineage.schemas import (
    ContractLineageOut,
    DonorLineageOut,
    FundLineageOut,
    ReceiptLineageOut,
)
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.schemas import Day, Instant

router = APIRouter(prefix="/loans/v1", tags=["lineage"])

MayRead = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR)]
MayReadOwn = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR, Role.DONOR)]
After = Annotated[int | None, Query(ge=0, le=2_000_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """As of which day, and as the books knew it at which instant; neither: now."""

    as_of: date | None
    known_at: datetime | None

    async def ask(self, session: AsyncSession) -> Asked:
        """Bind the question to what was told by then: the same dates, the same answer for ever."""
        told = await queries.told_by(session, as_of=self.as_of, known_at=self.known_at)
        is_past = self.as_of is not None or self.known_at is not None
        return await reading.asked(session, told, is_past=is_past)


def when(as_of: Day | None = None, known_at: Instant | None = None) -> When:
    """Take the two dates of a question. Money is followed in the order in which it was booked: as
    of a day means all that was booked by its end.
    """
    return When(as_of=as_of, known_at=known_at)


AsOf = Annotated[When, Depends(when)]


@router.get("/funds/{fund_id}/lineage")
async def read_fund_lineage(fund_id: UUID, db: Db, actor: MayRead, at: AsOf) -> FundLineageOut:
    """Read where all the money of a fund is, told through the newest numbered entry."""
    await operations.catch_up(db)
    async with db(snapshot=True) as session:
        fund = await funds.fund_by_id(session, fund_id)
        key, ask = FundId(fund.fund_id), await at.ask(session)
        claims = await reading.claimed(session, key, ask)
        invested = await queries.invested(session, key, through=ask.told.number)
        tags = None
        if Policy(fund.lineage_policy) is Policy.TAG:
            tags = await reading.by_tag(session, key, ask, invested=invested)
        return FundLineageOut.of(
            fund,
            await queries.totals(session, key, through=ask.through),
            claimed=(claims.reserved_minor, claims.committed_minor),
            tags=tags,
            invested=invested,
            told=ask.told,
        )


@router.get("/funds/{fund_id}/receipts/{receipt_id}/lineage")
async def read_receipt_lineage(
    fund_id: UUID,
    receipt_id: UUID,
    db: Db,
    actor: MayRead,
    at: AsOf,
    after: After = None,
) -> ReceiptLineageOut:
    """Read where a receipt's money is: at hand, in which contracts, lost, given back."""
    await operations.catch_up(db)
    async with db(snapshot=True) as session:
        row = await returning.receipt(session, fund_id=FundId(fund_id), receipt_id=receipt_id)
        fund = await funds.fund_by_id(session, fund_id)
        ask = await at.ask(session)
        found = await reading.of_receipt(session, fund, row.receipt_id, ask=ask, after=after)
        return ReceiptLineageOut.of(row, found, policy=Policy(fund.lineage_policy))


@router.get("/contracts/{contract_id}/lineage")
async def read_contract_lineage(
    contract_id: UUID,
    db: Db,
    actor: MayRead,
    at: AsOf,
    fund_id: UUID | None = None,
    after: After = None,
) -> ContractLineageOut:
    """Read whose money stands in a contract, by receipt; of its first fund unless one is named."""
    await operations.catch_up(db)
    async with db(snapshot=True) as session:
        row = await contracts.contract(session, contract_id, branch_ids=actor.branch_ids)
        shared = (await cofinancing.sources_of(session, [row.application_id])).values()
        fund_ids = [one.fund_id for sources in shared for one in sources.sources]
        fund = await funds.fund_by_id(session, fund_id or row.fund_id)
        found = await reading.of_contract(
            session, fund, row.contract_id, ask=await at.ask(session), after=after
        )
        return ContractLineageOut.of(
            row, found, fund=fund, fund_ids=fund_ids or [FundId(row.fund_id)]
        )


@router.get("/donors/{donor_id}/lineage")
async def read_donor_lineage(
    donor_id: UUID, db: Db, actor: MayReadOwn, at: AsOf
) -> DonorLineageOut:
    """Read what became of a donor's money, in sums; a donor reads of its own alone."""
    reads_all = not actor.roles.isdisjoint({Role.FUNDS_MANAGER, Role.AUDITOR})
    if not reads_all and actor.donor_id != donor_id:
        raise DonorNotFound(donor_id=donor_id)
    await operations.catch_up(db)
    async with db(snapshot=True) as session:
        if await funds.find_donor(session, donor_id) is None:
            raise DonorNotFound(donor_id=donor_id)
        ask = await at.ask(session)
        found = await reading.of_donor(session, donor_id, ask=ask)
        return DonorLineageOut.of(donor_id, found, told=ask.told)
