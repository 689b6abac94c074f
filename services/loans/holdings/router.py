"""The routes of held money: put in, ask for, give back, take back a mistake, see what is held."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import drawn
from services.loans.domain.holdings import HoldingKind, Purpose
from services.loans.holdings import operations, queries, requesting
from services.loans.holdings.schemas import (
    EarningIn,
    HoldingIn,
    HoldingOut,
    HoldingRequestIn,
    HoldingRequestOut,
    HoldingReversalIn,
    HoldingsOut,
    WithdrawalIn,
)
from shared import idempotency
from shared.auth import Actor, Role, require

router = APIRouter(prefix="/loans/v1", tags=["holdings"])

MayTake = Annotated[Actor, require(Role.OFFICER, Role.FUNDS_MANAGER)]
MayGive = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.get("/contracts/{contract_id}/holdings")
async def read_holdings(contract_id: UUID, db: Db, actor: MayRead, today: Today) -> HoldingsOut:
    """Tell what is held for a contract, what its terms ask for by today, and what moved."""
    async with db() as session:
        row = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        held = await operations.held_for(session, row)
        saved = await operations.savings_due(session, held, on=today)
        requests = await queries.open_requests(session, contract_id, on=today)
    asked = {Purpose.SAVINGS: saved, Purpose.CONTRIBUTION: drawn.down_payments(held.terms)}
    balances = {purpose: held.balance(purpose) for purpose in Purpose}
    return HoldingsOut.of(held.rows, asked=asked, held=balances, requests=requests)


@router.post("/contracts/{contract_id}/holdings", status_code=201, response_model=HoldingOut)
async def put_in(
    contract_id: UUID, body: HoldingIn, db: Db, actor: MayTake, today: Today, key: IdempotencyKey
) -> Response:
    """Take in a borrower's savings or own contribution, held for the contract."""

    async def work(session: AsyncSession) -> HoldingOut:
        asked = body.asked(today=today)
        return HoldingOut.of(
            await operations.deposit(session, contract_id, asked, actor=actor, today=today)
        )

    target = f"POST /loans/v1/contracts/{contract_id}/holdings"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/contracts/{contract_id}/holdings/requests",
    status_code=201,
    response_model=HoldingRequestOut,
)
async def ask(
    contract_id: UUID,
    body: HoldingRequestIn,
    db: Db,
    actor: MayTake,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Ask for a withdrawal, or declare a profit, that another person books; nothing moves yet."""

    async def work(session: AsyncSession) -> HoldingRequestOut:
        asked = body.asked(today=today)
        kind = HoldingKind(body.kind)
        row = await requesting.ask(session, contract_id, kind, asked, actor=actor)
        return HoldingRequestOut.of(row)

    target = f"POST /loans/v1/contracts/{contract_id}/holdings/requests"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/contracts/{contract_id}/holdings/requests/{request_id}/withdrawal",
    status_code=201,
    response_model=HoldingRequestOut,
)
async def take_request_back(
    contract_id: UUID, request_id: UUID, db: Db, actor: MayTake, key: IdempotencyKey
) -> Response:
    """Withdraw a request that was not met: nobody books it any more."""

    async def work(session: AsyncSession) -> HoldingRequestOut:
        return HoldingRequestOut.of(
            await requesting.end(session, contract_id, request_id, actor=actor)
        )

    target = f"POST /loans/v1/contracts/{contract_id}/holdings/requests/{request_id}/withdrawal"
    return await idempotency.run_once(db, target, body=None, actor_id=actor.id, key=key, work=work)


@router.post(
    "/contracts/{contract_id}/holdings/withdrawals", status_code=201, response_model=HoldingOut
)
async def give_back(
    contract_id: UUID,
    body: WithdrawalIn,
    db: Db,
    actor: MayGive,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Give held money back that another asked for: what is above what must stay."""

    async def work(session: AsyncSession) -> HoldingOut:
        asked = body.asked(today=today)
        return HoldingOut.of(
            await operations.withdraw(
                session,
                contract_id,
                asked,
                request_id=body.request_id,
                actor=actor,
                today=today,
            )
        )

    target = f"POST /loans/v1/contracts/{contract_id}/holdings/withdrawals"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/contracts/{contract_id}/holdings/earnings", status_code=201, response_model=HoldingOut
)
async def add_earnings(
    contract_id: UUID, body: EarningIn, db: Db, actor: MayGive, today: Today, key: IdempotencyKey
) -> Response:
    """Add to savings what they earned, as agreed: by a rate, or a share of a declared profit."""

    async def work(session: AsyncSession) -> HoldingOut:
        return HoldingOut.of(
            await operations.earn(
                session,
                contract_id,
                through_on=body.through_on or today,
                declared=None if body.declared is None else body.declared.money(),
                evidence=body.sha256,
                request_id=body.request_id,
                actor=actor,
                today=today,
            )
        )

    target = f"POST /loans/v1/contracts/{contract_id}/holdings/earnings"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/holdings/{holding_id}/reversal", status_code=201, response_model=HoldingOut)
async def reverse_holding(
    holding_id: UUID, body: HoldingReversalIn, db: Db, actor: MayGive, key: IdempotencyKey
) -> Response:
    """Take a movement that another booked back as a mistake: its opposite, on its own day."""

    async def work(session: AsyncSession) -> HoldingOut:
        return HoldingOut.of(
            await operations.reverse(session, holding_id, reason=body.reason, actor=actor)
        )

    target = f"POST /loans/v1/holdings/{holding_id}/reversal"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)
