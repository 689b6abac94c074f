"""Where does one fund agree to pay a part of the price of another fund's loan?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import days
from services.loans.subsidies import operations, queries, undoing
from services.loans.subsidies.operations import Proposal
from services.loans.subsidies.queries import State
from services.loans.subsidies.schemas import (
    ConditionLossIn,
    SubsidyDayIn,
    SubsidyIn,
    SubsidyOut,
    UndoingIn,
)
from services.loans.subsidies.tables import SubsidyRow
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["subsidies"])

MayPropose = Annotated[Actor, require(Role.OFFICER, Role.FUNDS_MANAGER)]
MayApprove = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayPay = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.post("/contracts/{contract_id}/subsidies", status_code=201, response_model=SubsidyOut)
async def propose_subsidy(
    contract_id: UUID, body: SubsidyIn, db: Db, actor: MayPropose, key: IdempotencyKey
) -> Response:
    """Propose that a fund pays a part of the contract's price; another person approves it."""
    proposal = Proposal(
        contract_id=contract_id,
        fund_id=body.fund_id,
        subsidy=body.subsidy(),
        conditions=body.conditions,
    )

    async def work(session: AsyncSession) -> SubsidyOut:
        row = await operations.propose(session, proposal, actor=actor)
        return await _told(session, row)

    target = f"POST /loans/v1/contracts/{contract_id}/subsidies"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/subsidies")
async def list_subsidies(
    db: Db,
    actor: MayRead,
    page: PageQuery,
    state: State | None = None,
    contract_id: UUID | None = None,
) -> PageOut[SubsidyOut]:
    """List subsidies; those whose condition was lost are `under_review`."""
    async with db() as session:
        rows = await queries.subsidies(session, state=state, contract_id=contract_id, page=page)
        kept, following = page.cut(rows, key=lambda row: row.subsidy_id)
        items = [await _told(session, row) for row in kept]
    return PageOut(items=items, next=following)


@router.get("/subsidies/{subsidy_id}")
async def read_subsidy(subsidy_id: UUID, db: Db, actor: MayRead) -> SubsidyOut:
    """Read a subsidy with what it paid."""
    async with db() as session:
        return await _told(session, await queries.subsidy(session, subsidy_id))


@router.post("/subsidies/{subsidy_id}/approval", status_code=201, response_model=SubsidyOut)
async def approve_subsidy(
    subsidy_id: UUID,
    body: SubsidyDayIn,
    db: Db,
    actor: MayApprove,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Approve a subsidy that another person proposed."""

    async def work(session: AsyncSession) -> SubsidyOut:
        row = await operations.approve(session, subsidy_id, on=today, actor=actor)
        return await _told(session, row)

    target = f"POST /loans/v1/subsidies/{subsidy_id}/approval"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/subsidies/{subsidy_id}/payments", status_code=201, response_model=SubsidyOut)
async def pay(
    subsidy_id: UUID, body: SubsidyDayIn, db: Db, actor: MayPay, today: Today, key: IdempotencyKey
) -> Response:
    """Pay what has fallen due: the fund's money becomes a repayment of the contract."""
    on = body.on or today
    days.require_come(on, member="on", today=today)

    async def work(session: AsyncSession) -> SubsidyOut:
        row = await operations.pay(session, subsidy_id, on=on, today=today, actor=actor)
        return await _told(session, row)

    target = f"POST /loans/v1/subsidies/{subsidy_id}/payments"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/subsidies/{subsidy_id}/payments/{number}/reversal",
    status_code=201,
    response_model=SubsidyOut,
)
async def take_back_subsidy_payment(
    *,
    subsidy_id: UUID,
    number: Annotated[int, Path(ge=1, le=10_000)],
    body: UndoingIn,
    db: Db,
    actor: MayPay,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Take a wrong payment back, by another person: the contract and the fund are as before it."""

    async def work(session: AsyncSession) -> SubsidyOut:
        row = await undoing.take_back(
            session, subsidy_id, number, reason=body.reason, on=today, actor=actor
        )
        return await _told(session, row)

    target = f"POST /loans/v1/subsidies/{subsidy_id}/payments/{number}/reversal"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/subsidies/{subsidy_id}/condition-loss", status_code=201, response_model=SubsidyOut)
async def lose_condition(
    subsidy_id: UUID,
    body: ConditionLossIn,
    db: Db,
    actor: MayPropose,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Stop a subsidy from the day on which a condition was lost; it is to be reviewed."""
    on = body.on or today
    days.require_come(on, member="on", today=today)

    async def work(session: AsyncSession) -> SubsidyOut:
        row = await operations.lose_condition(
            session, subsidy_id, condition=body.condition, on=on, actor=actor
        )
        return await _told(session, row)

    target = f"POST /loans/v1/subsidies/{subsidy_id}/condition-loss"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/subsidies/{subsidy_id}/restoration", status_code=201, response_model=SubsidyOut)
async def restore(
    subsidy_id: UUID, body: SubsidyDayIn, db: Db, actor: MayApprove, key: IdempotencyKey
) -> Response:
    """Let a subsidy hold again after its review."""

    async def work(session: AsyncSession) -> SubsidyOut:
        row = await operations.restore(session, subsidy_id, actor=actor)
        return await _told(session, row)

    target = f"POST /loans/v1/subsidies/{subsidy_id}/restoration"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


async def _told(session: AsyncSession, row: SubsidyRow) -> SubsidyOut:
    return SubsidyOut.of(row, await queries.payments(session, row.subsidy_id))
