"""The routes of deals: take steps, read them, declare results, settle early, know suppliers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.deals import operations, queries, settling, suppliers, taking_back
from services.loans.deals.commands import Proposed
from services.loans.deals.schemas import (
    DealOut,
    ResultIn,
    ResultsOut,
    SettlementIn,
    SettlementOut,
    StepIn,
    StepOut,
    SupplierIn,
    SupplierOut,
)
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import days
from services.loans.domain.borrower import phone_number
from services.loans.domain.modes import MODES
from services.loans.funds.queries import country as country_of
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.money import Money
from shared.schemas import Day, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["deals"])

MayTake = Annotated[Actor, require(Role.OFFICER, Role.FUNDS_MANAGER)]
MaySettle = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRegister = Annotated[Actor, require(Role.OFFICER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]
Amount = Annotated[str | None, Query(max_length=40)]


@router.post("/contracts/{contract_id}/steps", status_code=201, response_model=StepOut)
async def take_deal_step(
    contract_id: UUID, body: StepIn, db: Db, actor: MayTake, today: Today, key: IdempotencyKey
) -> Response:
    """Take a step: in its turn, on its day, with its papers; money moves with it."""
    proposed = body.proposed(today=today)
    days.require_come(proposed.on, member="on", today=today)

    async def work(session: AsyncSession) -> StepOut:
        return await _taken(session, contract_id, proposed, actor=actor)

    target = f"POST /loans/v1/contracts/{contract_id}/steps"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/contracts/{contract_id}/steps/{step_id}/reversal", status_code=201, response_model=StepOut
)
async def take_back_step(
    contract_id: UUID, step_id: UUID, db: Db, actor: MayTake, today: Today, key: IdempotencyKey
) -> Response:
    """Take the last step back by its opposite, as long as nothing was handed over."""

    async def work(session: AsyncSession) -> StepOut:
        row = await taking_back.take_back(session, contract_id, step_id, on=today, actor=actor)
        return StepOut.of(row, papers=())

    target = f"POST /loans/v1/contracts/{contract_id}/steps/{step_id}/reversal"
    return await idempotency.run_once(db, target, body=None, actor_id=actor.id, key=key, work=work)


@router.post("/contracts/{contract_id}/results", status_code=201, response_model=ResultsOut)
async def declare_result(
    contract_id: UUID, body: ResultIn, db: Db, actor: MayTake, today: Today, key: IdempotencyKey
) -> Response:
    """Declare what a venture made or lost, from its accounts: shared by ratio, lost by capital."""
    steps = body.steps(today=today)
    for proposed in steps:
        days.require_come(proposed.on, member="on", today=today)

    async def work(session: AsyncSession) -> ResultsOut:
        taken = [await _taken(session, contract_id, proposed, actor=actor) for proposed in steps]
        return ResultsOut(steps=taken)

    target = f"POST /loans/v1/contracts/{contract_id}/results"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/contracts/{contract_id}/steps")
async def read_steps(contract_id: UUID, db: Db, actor: MayRead) -> DealOut:
    """Read what was done, what may follow, and which evidence it takes."""
    async with db() as session:
        row = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        history = await queries.history(session, contract_id)
    mode = contract_queries.terms_of(row).mode_of_finance
    return DealOut.of(contract_id, mode=mode.value, table=MODES[mode].STEPS, history=history)


@router.get("/contracts/{contract_id}/early-settlement")
async def quote_settlement(
    contract_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    on: Day | None = None,
    granted: Amount = None,
) -> SettlementOut:
    """Tell what settles the contract on a day, by the law of the country; nothing changes."""
    async with db() as session:
        row = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        rebate = None if granted is None else Money.parse(granted, row.currency)
        quoted = await settling.quote(
            session, contract_id, on=on or today, granted=rebate, actor=actor
        )
    return SettlementOut.of(quoted)


@router.post(
    "/contracts/{contract_id}/early-settlement", status_code=201, response_model=SettlementOut
)
async def settle_early(
    contract_id: UUID,
    body: SettlementIn,
    db: Db,
    actor: MaySettle,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Settle a contract whose quote was paid: the profit to come falls away."""
    on = body.on or today
    days.require_come(on, member="on", today=today)
    granted = None if body.granted is None else body.granted.money()

    async def work(session: AsyncSession) -> SettlementOut:
        quoted = await settling.settle(session, contract_id, on=on, granted=granted, actor=actor)
        return SettlementOut.of(quoted)

    target = f"POST /loans/v1/contracts/{contract_id}/early-settlement"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/suppliers", status_code=201)
async def register_supplier(body: SupplierIn, db: Db, actor: MayRegister) -> SupplierOut:
    """Register who sells, makes or buys goods, told apart from our clients."""
    async with db.begin() as session:
        phone = None
        if body.phone is not None:
            phone = phone_number(body.phone, country=await country_of(session))
        row = await suppliers.register_supplier(session, body.registered(phone=phone), actor=actor)
        return SupplierOut.of(row)


@router.get("/suppliers")
async def list_suppliers(db: Db, _actor: MayRead, page: PageQuery) -> PageOut[SupplierOut]:
    """List suppliers, a page at a time."""
    async with db() as session:
        rows = await queries.suppliers(session, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.supplier_id)
    return PageOut[SupplierOut](items=[SupplierOut.of(row) for row in kept], next=cursor)


async def _taken(
    session: AsyncSession, contract_id: UUID, proposed: Proposed, *, actor: Actor
) -> StepOut:
    row = await operations.take_step(session, contract_id, proposed, actor=actor)
    history = await queries.history(session, contract_id)
    return StepOut.of(row, papers=history.documents.get(row.step_id, ()))
