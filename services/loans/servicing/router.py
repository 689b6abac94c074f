"""The routes of orders: propose, approve, take back, on one contract, on many, on a fund."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain.servicing import late_fees, payoff
from services.loans.domain.servicing.refusals import OrderDayNotPossible
from services.loans.funds import queries as fund_queries
from services.loans.servicing import fund_orders, operations, queries, relief
from services.loans.servicing.outcomes import FundOrder, FundOrderKind, Given
from services.loans.servicing.schemas import (
    ApprovalIn,
    FundOrderIn,
    FundOrderOut,
    LateFeesOut,
    OrderIn,
    OrderOut,
    OrderReversalIn,
    PayoffOut,
    ReliefIn,
    ReliefOut,
)
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Day, PageOut
from shared.web import AskedLanguage, PageQuery

router = APIRouter(prefix="/loans/v1", tags=["servicing"])

MayOrder = Annotated[Actor, require(Role.OFFICER, Role.FUNDS_MANAGER)]
MayApprove = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]
MayManageFunds = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayApproveFunds = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]

Amount = Annotated[str | None, Query(max_length=40)]


@router.get("/contracts/{contract_id}/payoff")
async def quote_payoff(
    contract_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    on: Day | None = None,
    granted: Amount = None,
) -> PayoffOut:
    """Tell what settles the contract on a day, with a rebate granted or not; nothing is stored."""
    async with db.begin() as session:
        row = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        file = await queries.file(session, row)
    day = on or today
    earliest = file.standing.opened_on
    if day < earliest:
        raise OrderDayNotPossible(effective_on=day, earliest=earliest, latest=today)
    rebate = 0 if granted is None else Money.parse(granted, row.currency).minor
    quote = payoff.quote(file.standing, on=day, granted=rebate)
    return PayoffOut.of(quote, contract_id=contract_id, currency=row.currency)


@router.get("/contracts/{contract_id}/late-fees")
async def list_late_fees(
    contract_id: UUID, db: Db, actor: MayRead, today: Today, on: Day | None = None
) -> LateFeesOut:
    """Tell what agreed fees ask for late instalments and no order has charged; nothing changes."""
    day = on or today
    async with db.begin() as session:
        row = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        file = await queries.file(session, row)
        days = late_fees.past_due_days(file.standing, on=day)
        paid_by = await queries.paid_by(session, contract_id, days=days)
    fees = late_fees.asked(file.standing, history=file.history, paid_by=paid_by, on=day)
    return LateFeesOut.of(fees, contract_id=contract_id, on=day, currency=row.currency)


@router.post("/contracts/{contract_id}/orders", status_code=201, response_model=OrderOut)
async def propose_change(
    contract_id: UUID, body: OrderIn, db: Db, actor: MayOrder, today: Today, key: IdempotencyKey
) -> Response:
    """Give an order on a contract: it waits for approval, unless it needs nobody's leave."""

    async def work(session: AsyncSession) -> OrderOut:
        asked = body.order(today=today)
        row = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        body.require_currency(row.currency)
        given = await operations.propose(session, contract_id, asked, actor=actor, today=today)
        return OrderOut.of(given)

    target = f"POST /loans/v1/contracts/{contract_id}/orders"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/contracts/{contract_id}/orders")
async def list_orders(
    contract_id: UUID, db: Db, actor: MayRead, page: PageQuery
) -> PageOut[OrderOut]:
    """List a contract's orders in the order they were given, with what became of each."""
    async with db() as session:
        await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        rows = await queries.orders_of(session, contract_id, page=page)
        states = await queries.states(session, [row.order_id for row in rows])
    kept, following = page.cut(rows, key=lambda row: row.order_id)
    items = [OrderOut.of(Given(row=row, state=states[row.order_id])) for row in kept]
    return PageOut(items=items, next=following)


@router.post("/orders/{order_id}/approval", status_code=201, response_model=OrderOut)
async def approve_change(
    order_id: UUID, body: ApprovalIn, db: Db, actor: MayApprove, today: Today, key: IdempotencyKey
) -> Response:
    """Approve or reject an order that another gave; the last approval brings it about."""

    async def work(session: AsyncSession) -> OrderOut:
        return OrderOut.of(
            await operations.decide_on(
                session, order_id, outcome=body.outcome, actor=actor, today=today
            )
        )

    target = f"POST /loans/v1/orders/{order_id}/approval"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/orders/{order_id}/reversal", status_code=201, response_model=OrderOut)
async def reverse(
    order_id: UUID,
    body: OrderReversalIn,
    db: Db,
    actor: MayOrder,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Give the order that takes an order back; approved, every balance is as if it never was."""

    async def work(session: AsyncSession) -> OrderOut:
        given = await operations.propose_reversal(
            session,
            order_id,
            reason=body.reason,
            effective_on=body.effective_on or today,
            actor=actor,
            today=today,
        )
        return OrderOut.of(given)

    target = f"POST /loans/v1/orders/{order_id}/reversal"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/relief-orders", status_code=201, response_model=ReliefOut)
async def propose_relief(
    body: ReliefIn,
    db: Db,
    actor: MayOrder,
    today: Today,
    key: IdempotencyKey,
    language: AskedLanguage,
) -> Response:
    """Give one order on many contracts, or try it out; those that cannot take it say why."""

    async def work(session: AsyncSession) -> ReliefOut:
        asked = body.asked(today=today)
        for currency in await queries.currencies(session, body.contract_ids):
            body.require_currency(currency)
        run = relief.try_out if body.dry_run else relief.propose
        done = await run(session, body.contract_ids, asked, actor=actor, today=today)
        return ReliefOut.of(done, language=language)

    target = "POST /loans/v1/relief-orders"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/relief-orders/{batch_id}")
async def read_relief(batch_id: UUID, db: Db, actor: MayRead, language: AskedLanguage) -> ReliefOut:
    """Read an order over many contracts with what became of each part."""
    async with db() as session:
        return ReliefOut.of(await relief.read(session, batch_id, actor=actor), language=language)


@router.post("/relief-orders/{batch_id}/approval", status_code=201, response_model=ReliefOut)
async def approve_relief(
    batch_id: UUID,
    body: ApprovalIn,
    db: Db,
    actor: MayApprove,
    today: Today,
    key: IdempotencyKey,
    language: AskedLanguage,
) -> Response:
    """Approve or reject an order over many contracts: all its parts or none."""

    async def work(session: AsyncSession) -> ReliefOut:
        done = await relief.decide_on(
            session, batch_id, outcome=body.outcome, actor=actor, today=today
        )
        return ReliefOut.of(done, language=language)

    target = f"POST /loans/v1/relief-orders/{batch_id}/approval"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/relief-orders/{batch_id}/reversal", status_code=201, response_model=ReliefOut)
async def reverse_relief(
    batch_id: UUID,
    body: OrderReversalIn,
    db: Db,
    actor: MayOrder,
    today: Today,
    key: IdempotencyKey,
    language: AskedLanguage,
) -> Response:
    """Give the order that takes an order over many contracts back."""

    async def work(session: AsyncSession) -> ReliefOut:
        done = await relief.propose_reversal(
            session,
            batch_id,
            reason=body.reason,
            effective_on=body.effective_on or today,
            actor=actor,
            today=today,
        )
        return ReliefOut.of(done, language=language)

    target = f"POST /loans/v1/relief-orders/{batch_id}/reversal"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/funds/{fund_id}/orders", status_code=201, response_model=FundOrderOut)
async def propose_on_fund(
    fund_id: UUID,
    body: FundOrderIn,
    db: Db,
    actor: MayManageFunds,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Propose to take a receipt back, or to move a fund's money between cash, wallet, bank."""

    async def work(session: AsyncSession) -> FundOrderOut:
        on = body.effective_on or today
        if body.kind is FundOrderKind.RECEIPT_REVERSAL:
            order = await fund_orders.propose_receipt_reversal(
                session,
                fund_id=FundId(fund_id),
                receipt_id=body.receipt(),
                reason=body.reason,
                on=on,
                actor=actor,
                today=today,
            )
        else:
            order = await fund_orders.propose_transfer(
                session,
                fund_id=FundId(fund_id),
                amount=body.moved(),
                source=body.moved_from(),
                target=body.moved_to(),
                reason=body.reason,
                on=on,
                actor=actor,
                today=today,
            )
        return FundOrderOut.of(order)

    target = f"POST /loans/v1/funds/{fund_id}/orders"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/funds/{fund_id}/orders")
async def list_fund_orders(
    fund_id: UUID, db: Db, _actor: MayRead, page: PageQuery
) -> PageOut[FundOrderOut]:
    """List a fund's orders in the order they were given."""
    async with db() as session:
        await fund_queries.fund_by_id(session, fund_id)
        found = await queries.fund_orders_of(session, fund_id, page=page)
    kept, following = page.cut(found, key=lambda pair: pair[0].order_id)
    items = [FundOrderOut.of(FundOrder(row=row, decision=decision)) for row, decision in kept]
    return PageOut(items=items, next=following)


@router.post("/fund-orders/{order_id}/approval", status_code=201, response_model=FundOrderOut)
async def approve_on_fund(
    order_id: UUID, body: ApprovalIn, db: Db, actor: MayApproveFunds, key: IdempotencyKey
) -> Response:
    """Approve or reject an order on a fund that another gave; an approval books it."""

    async def work(session: AsyncSession) -> FundOrderOut:
        order = await fund_orders.decide_on(session, order_id, outcome=body.outcome, actor=actor)
        return FundOrderOut.of(order)

    target = f"POST /loans/v1/fund-orders/{order_id}/approval"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)
