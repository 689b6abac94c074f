"""The routes of borrowed money: draw on a lender, pay it back, see what is owed."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import queries as agreements
from services.loans.agreements.movement_schemas import Nothing
from services.loans.borrowing import operations, queries, repaying
from services.loans.borrowing.queries import Drawn
from services.loans.borrowing.schemas import (
    DrawIn,
    DrawOut,
    DrawReceiptIn,
    FundLendersOut,
    LenderPaymentIn,
    LenderPaymentOut,
    LenderRateIn,
    LenderRateOut,
    LenderShareIn,
    LenderStatementOut,
    LenderStatementPartOut,
)
from services.loans.borrowing.tables import LenderPaymentRow
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import agreement_borrowing, days
from services.loans.funds import queries as funds
from services.loans.funds.donors import DonorNotFound
from services.loans.ledger import queries as ledger
from services.loans.servicing.schemas import ApprovalIn
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Day

router = APIRouter(prefix="/loans/v1", tags=["borrowing"])

MayManage = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayDecide = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor, require(Role.FUNDS_MANAGER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)
]


@router.post("/agreements/{agreement_id}/draw-downs", status_code=201)
async def request_draw(
    agreement_id: UUID, body: DrawIn, db: Db, actor: MayManage, today: Today
) -> DrawOut:
    """Ask a lender for money; another person approves."""
    async with db.begin() as session:
        drawn = await operations.request(
            session, agreement_id, amount=body.amount.money(), actor=actor, today=today
        )
    return DrawOut.of(drawn, on=today)


@router.get("/agreements/{agreement_id}/draw-downs")
async def list_draws(agreement_id: UUID, db: Db, _actor: MayRead, today: Today) -> list[DrawOut]:
    """List what was asked for and drawn under an agreement, with what is owed today."""
    async with db(snapshot=True) as session:
        await agreements.agreement(session, agreement_id)
        found = await queries.draws_of(session, agreement_id)
        return [await _read(session, drawn, on=today) for drawn in found]


@router.get("/draw-downs/{draw_id}")
async def read_draw(
    draw_id: UUID, db: Db, _actor: MayRead, today: Today, on: Day | None = None
) -> DrawOut:
    """Read a draw-down with its instalments and what is owed on a day."""
    async with db(snapshot=True) as session:
        return await _read(session, await queries.drawn(session, draw_id), on=on or today)


@router.post("/draw-downs/{draw_id}/approval", status_code=201)
async def decide_draw(
    draw_id: UUID, body: ApprovalIn, db: Db, actor: MayDecide, today: Today
) -> DrawOut:
    """Approve or reject what another person asked for."""
    async with db.begin() as session:
        drawn = await operations.decide(session, draw_id, outcome=body.outcome, actor=actor)
    return DrawOut.of(drawn, on=today)


@router.post("/draw-downs/{draw_id}/receipt", status_code=201, response_model=DrawOut)
async def receive_draw(
    draw_id: UUID,
    body: DrawReceiptIn,
    db: Db,
    actor: MayManage,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Book that the money came; its terms are frozen with it."""
    received_on = body.received_on or today
    days.require_come(received_on, member="received_on", today=today)

    async def work(session: AsyncSession) -> DrawOut:
        drawn = await operations.receive(
            session,
            draw_id,
            received_on=received_on,
            first_due_on=body.first_due_on,
            channel=body.channel,
            actor=actor,
        )
        return await _read(session, drawn, on=received_on)

    target = f"POST /loans/v1/draw-downs/{draw_id}/receipt"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/draw-downs/{draw_id}/reversal", status_code=201, response_model=DrawOut)
async def end_draw(
    draw_id: UUID, db: Db, actor: MayManage, today: Today, key: IdempotencyKey
) -> Response:
    """Call a draw-down off, or take back one that was booked in error."""

    async def work(session: AsyncSession) -> DrawOut:
        return DrawOut.of(await operations.end(session, draw_id, on=today, actor=actor), on=today)

    target = f"POST /loans/v1/draw-downs/{draw_id}/reversal"
    return await idempotency.run_once(
        db, target, body=Nothing(), actor_id=actor.id, key=key, work=work
    )


@router.post("/draw-downs/{draw_id}/rates", status_code=201)
async def propose_rate(
    draw_id: UUID, body: LenderRateIn, db: Db, actor: MayManage
) -> LenderRateOut:
    """Enter another rate as the lender told it; another person approves."""
    async with db.begin() as session:
        row = await operations.propose_rate(
            session,
            draw_id,
            effective_on=body.effective_on,
            annual_rate=body.annual_rate,
            evidence=body.evidence,
            actor=actor,
        )
    return LenderRateOut.of(row)


@router.post("/lender-rates/{change_id}/approval", status_code=201)
async def decide_rate(change_id: UUID, body: ApprovalIn, db: Db, actor: MayDecide) -> LenderRateOut:
    """Approve or reject another rate."""
    async with db.begin() as session:
        row = await operations.decide_rate(session, change_id, outcome=body.outcome, actor=actor)
    return LenderRateOut.of(row)


@router.post("/draw-downs/{draw_id}/payments", status_code=201, response_model=LenderPaymentOut)
async def propose_payment(
    draw_id: UUID,
    body: LenderPaymentIn,
    db: Db,
    actor: MayManage,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Propose to pay a lender; nothing leaves before another person approves."""

    async def work(session: AsyncSession) -> LenderPaymentOut:
        row = await repaying.propose(
            session,
            draw_id,
            amount=body.amount.money(),
            paid_on=body.paid_on or today,
            channel=body.channel,
            actor=actor,
            today=today,
        )
        return await _payment(session, row)

    target = f"POST /loans/v1/draw-downs/{draw_id}/payments"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/draw-downs/{draw_id}/shares", status_code=201, response_model=LenderPaymentOut)
async def propose_share(
    draw_id: UUID,
    body: LenderShareIn,
    db: Db,
    actor: MayManage,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Propose to pay a lender its share of a declared profit (mudaraba)."""

    async def work(session: AsyncSession) -> LenderPaymentOut:
        row = await repaying.propose_share(
            session,
            draw_id,
            declared=body.declared.money(),
            evidence=body.evidence,
            paid_on=body.paid_on or today,
            channel=body.channel,
            actor=actor,
            today=today,
        )
        return await _payment(session, row)

    target = f"POST /loans/v1/draw-downs/{draw_id}/shares"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/lender-payments/{payment_id}/approval", status_code=201, response_model=LenderPaymentOut
)
async def decide_payment(
    payment_id: UUID, body: ApprovalIn, db: Db, actor: MayDecide, key: IdempotencyKey
) -> Response:
    """Approve or reject a payment that another person proposed; approved, the money leaves."""

    async def work(session: AsyncSession) -> LenderPaymentOut:
        row = await repaying.decide(session, payment_id, outcome=body.outcome, actor=actor)
        return await _payment(session, row)

    target = f"POST /loans/v1/lender-payments/{payment_id}/approval"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/lender-payments/{payment_id}/reversal", status_code=201, response_model=LenderPaymentOut
)
async def take_payment_back(
    payment_id: UUID, db: Db, actor: MayManage, today: Today, key: IdempotencyKey
) -> Response:
    """Take back a payment that did not arrive; another person than who approved it does so."""

    async def work(session: AsyncSession) -> LenderPaymentOut:
        row = await repaying.take_back(session, payment_id, on=today, actor=actor)
        return await _payment(session, row)

    target = f"POST /loans/v1/lender-payments/{payment_id}/reversal"
    return await idempotency.run_once(
        db, target, body=Nothing(), actor_id=actor.id, key=key, work=work
    )


@router.get("/funds/{fund_id}/lenders")
async def read_fund_lenders(fund_id: UUID, db: Db, _actor: MayRead) -> FundLendersOut:
    """Read what a fund owes to lenders, beside what its books say it owes."""
    async with db(snapshot=True) as session:
        fund = await funds.fund_by_id(session, fund_id)
        rows = await queries.standings(session, FundId(fund_id))
        balances = await ledger.balances(session, FundId(fund_id))
    booked = -balances.get("lender_payable", Money.zero(fund.currency))
    return FundLendersOut.of(fund_id, rows, booked=booked)


@router.get("/lenders/{donor_id}/statement")
async def read_lender_statement(
    donor_id: UUID, db: Db, _actor: MayRead, today: Today, on: Day | None = None
) -> LenderStatementOut:
    """Read all that moved between a lender and the funds until a day, and what is owed then."""
    day = on or today
    async with db(snapshot=True) as session:
        if await funds.find_donor(session, donor_id) is None:
            raise DonorNotFound(donor_id=donor_id)
        items = []
        for drawn in await queries.draws_of_lender(session, donor_id, on=day):
            borrowed = await queries.borrowed(session, drawn)
            items.append(
                LenderStatementPartOut.of(
                    drawn,
                    paid=await queries.paid_of(session, drawn.row),
                    owed=agreement_borrowing.owed(borrowed, on=day),
                    on=day,
                )
            )
    return LenderStatementOut(donor_id=donor_id, on=day, items=items)


async def _read(session: AsyncSession, drawn: Drawn, *, on: date) -> DrawOut:
    if drawn.state != "received":
        return DrawOut.of(drawn, on=on)
    borrowed = await queries.borrowed(session, drawn)
    day = max(on, borrowed.terms.disbursed_on)
    return DrawOut.of(
        drawn, on=day, borrowed=borrowed, owed=agreement_borrowing.owed(borrowed, on=day)
    )


async def _payment(session: AsyncSession, row: LenderPaymentRow) -> LenderPaymentOut:
    decision = await agreements.find_decision(session, row.payment_id)
    return LenderPaymentOut.of(
        row,
        bookings=await queries.bookings_of(session, row.payment_id),
        outcome=None if decision is None else decision.outcome,
    )
