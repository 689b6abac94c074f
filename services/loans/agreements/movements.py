"""The routes of money that is promised or comes: pledges, receipts of instalments, exchange."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import changing, exchanging, operations, queries, receiving
from services.loans.agreements.movement_schemas import (
    CancellationIn,
    ChangeOut,
    ExchangeIn,
    InstalmentReceiptIn,
    MatchIn,
    MoveOut,
    Nothing,
    PledgeIn,
    PledgeOut,
    PostponementIn,
    RateIn,
    RateOut,
)
from services.loans.agreements.tables import AgreementMoveRow
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import agreement_dues, days
from services.loans.servicing.schemas import ApprovalIn
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["agreements"])

MayManage = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayDecide = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor, require(Role.FUNDS_MANAGER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)
]
Number = Annotated[int, Path(ge=1, le=agreement_dues.INSTALMENTS_MAX)]


@router.post("/pledges", status_code=201, response_model=PledgeOut)
async def make_pledge(
    body: PledgeIn, db: Db, actor: MayManage, today: Today, key: IdempotencyKey
) -> Response:
    """Keep a promise to a fund: it is no money, and nothing may rest on it."""

    async def work(session: AsyncSession) -> PledgeOut:
        row = await operations.make_pledge(
            session,
            fund_id=FundId(body.fund_id),
            donor_id=body.donor_id,
            amount=body.amount.money(),
            pledged_on=body.pledged_on,
            expires_on=body.expires_on,
            evidence=body.evidence,
            actor=actor,
            today=today,
        )
        return PledgeOut.of(row, agreed_minor=0, on=today)

    target = "POST /loans/v1/pledges"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/pledges")
async def list_pledges(
    db: Db, _actor: MayRead, page: PageQuery, today: Today
) -> PageOut[PledgeOut]:
    """List the promises, with what became of each."""
    async with db() as session:
        rows = await queries.pledges(session, page=page)
        agreed = await queries.agreed_of(session, [row.pledge_id for row in rows])
    kept, cursor = page.cut(rows, key=lambda row: row.pledge_id)
    items = [PledgeOut.of(row, agreed_minor=agreed.get(row.pledge_id, 0), on=today) for row in kept]
    return PageOut[PledgeOut](items=items, next=cursor)


@router.post("/pledges/{pledge_id}/withdrawal", status_code=201)
async def withdraw_pledge(pledge_id: UUID, db: Db, _actor: MayManage, today: Today) -> PledgeOut:
    """End a promise that is not kept."""
    async with db.begin() as session:
        row = await operations.withdraw_pledge(session, pledge_id, on=today)
        agreed = await queries.agreed_of(session, [pledge_id])
    return PledgeOut.of(row, agreed_minor=agreed.get(pledge_id, 0), on=today)


@router.get("/agreements/{agreement_id}/movements")
async def list_movements(agreement_id: UUID, db: Db, _actor: MayRead) -> list[MoveOut]:
    """Read what came for an agreement, or comes no more, in the order of booking."""
    async with db(snapshot=True) as session:
        row = (await queries.agreement(session, agreement_id)).row
        moves = await queries.moves(session, agreement_id)
    return [MoveOut.of(one, fund_currency=row.fund_currency) for one in moves]


@router.post(
    "/agreements/{agreement_id}/instalments/{number}/receipts",
    status_code=201,
    response_model=MoveOut,
)
async def receive_instalment(
    *,
    agreement_id: UUID,
    number: Number,
    body: InstalmentReceiptIn,
    db: Db,
    actor: MayManage,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Book money that came for an instalment, in the fund's own currency."""
    received_on = body.received_on or today
    days.require_come(received_on, member="received_on", today=today)

    async def work(session: AsyncSession) -> MoveOut:
        move = await receiving.receive(
            session,
            agreement_id,
            number,
            amount=body.amount.money(),
            received_on=received_on,
            channel=body.channel,
            actor=actor,
        )
        return await _moved(session, move)

    target = f"POST /loans/v1/agreements/{agreement_id}/instalments/{number}/receipts"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/agreements/{agreement_id}/instalments/{number}/exchanges",
    status_code=201,
    response_model=MoveOut,
)
async def exchange_instalment(
    *,
    agreement_id: UUID,
    number: Number,
    body: ExchangeIn,
    db: Db,
    actor: MayManage,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Book money that came for an instalment in the giver's currency, at the rate of its day."""
    received_on = body.received_on or today
    days.require_come(received_on, member="received_on", today=today)

    async def work(session: AsyncSession) -> MoveOut:
        move = await exchanging.exchange(
            session,
            agreement_id,
            number,
            paid=body.paid.money(),
            credited=body.credited.money(),
            received_on=received_on,
            channel=body.channel,
            actor=actor,
        )
        return await _moved(session, move)

    target = f"POST /loans/v1/agreements/{agreement_id}/instalments/{number}/exchanges"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/agreements/{agreement_id}/instalments/{number}/matches",
    status_code=201,
    response_model=MoveOut,
)
async def match_instalment(
    *,
    agreement_id: UUID,
    number: Number,
    body: MatchIn,
    db: Db,
    actor: MayManage,
    key: IdempotencyKey,
) -> Response:
    """Let a receipt that was booked before stand for an instalment, wholly or in part."""

    async def work(session: AsyncSession) -> MoveOut:
        move = await receiving.match(
            session,
            agreement_id,
            number,
            receipt_id=body.receipt_id,
            amount=body.amount.money(),
            actor=actor,
        )
        return await _moved(session, move)

    target = f"POST /loans/v1/agreements/{agreement_id}/instalments/{number}/matches"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/agreements/{agreement_id}/movements/{move_id}/reversal",
    status_code=201,
    response_model=MoveOut,
)
async def take_back_movement(
    *,
    agreement_id: UUID,
    move_id: UUID,
    db: Db,
    actor: MayManage,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Let money stand for its instalment no more; another person than who booked it does so."""

    async def work(session: AsyncSession) -> MoveOut:
        move = await receiving.take_back(session, agreement_id, move_id, on=today, actor=actor)
        return await _moved(session, move)

    target = f"POST /loans/v1/agreements/{agreement_id}/movements/{move_id}/reversal"
    return await idempotency.run_once(
        db, target, body=Nothing(), actor_id=actor.id, key=key, work=work
    )


@router.post(
    "/agreements/{agreement_id}/instalments/{number}/cancellation",
    status_code=201,
    response_model=ChangeOut,
)
async def cancel_instalment(
    *,
    agreement_id: UUID,
    number: Number,
    body: CancellationIn,
    db: Db,
    actor: MayManage,
    key: IdempotencyKey,
) -> Response:
    """Propose that so much of an instalment comes no more, as the giver's paper says."""
    target = f"POST /loans/v1/agreements/{agreement_id}/instalments/{number}/cancellation"
    work = _change(agreement_id, number, body, due_on=None, actor=actor)
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/agreements/{agreement_id}/instalments/{number}/postponement",
    status_code=201,
    response_model=ChangeOut,
)
async def postpone_instalment(
    *,
    agreement_id: UUID,
    number: Number,
    body: PostponementIn,
    db: Db,
    actor: MayManage,
    key: IdempotencyKey,
) -> Response:
    """Propose that so much of an instalment comes on another day, on the same conditions."""
    target = f"POST /loans/v1/agreements/{agreement_id}/instalments/{number}/postponement"
    work = _change(agreement_id, number, body, due_on=body.due_on, actor=actor)
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/instalment-changes/{change_id}/approval", status_code=201, response_model=ChangeOut)
async def decide_change(
    *,
    change_id: UUID,
    body: ApprovalIn,
    db: Db,
    actor: MayDecide,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Approve or reject what another person proposed of an instalment."""

    async def work(session: AsyncSession) -> ChangeOut:
        row = await changing.decide(session, change_id, outcome=body.outcome, on=today, actor=actor)
        return ChangeOut.of(row)

    target = f"POST /loans/v1/instalment-changes/{change_id}/approval"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/exchange-rates", status_code=201)
async def enter_rate(body: RateIn, db: Db, actor: MayManage, today: Today) -> RateOut:
    """Keep what a currency is worth on a day, by a source; the newest of a day holds."""
    rate = body.value()
    async with db.begin() as session:
        row = await operations.enter_rate(session, rate, actor=actor, today=today)
    return RateOut.of(row)


@router.get("/exchange-rates")
async def list_rates(db: Db, _actor: MayRead, page: PageQuery) -> PageOut[RateOut]:
    """List the rates in the order of entry."""
    async with db() as session:
        rows = await queries.rates(session, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.rate_id)
    return PageOut[RateOut](items=[RateOut.of(row) for row in kept], next=cursor)


async def _moved(session: AsyncSession, move: AgreementMoveRow) -> MoveOut:
    row = (await queries.agreement(session, move.agreement_id)).row
    return MoveOut.of(move, fund_currency=row.fund_currency)


def _change(
    agreement_id: UUID,
    number: int,
    body: CancellationIn,
    *,
    due_on: date | None,
    actor: Actor,
) -> Callable[[AsyncSession], Awaitable[ChangeOut]]:
    async def work(session: AsyncSession) -> ChangeOut:
        row = await changing.propose(
            session,
            agreement_id,
            number,
            amount=body.amount.money(),
            due_on=due_on,
            evidence=body.evidence,
            actor=actor,
        )
        return ChangeOut.of(row)

    return work
