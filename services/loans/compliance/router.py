"""Where are breaches of the Sharia logged and decided, and where is charity moved and paid?"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.compliance import charity, operations, queries
from services.loans.compliance.charity import Outcome
from services.loans.compliance.schemas import (
    BeneficiaryIn,
    BeneficiaryOut,
    CaseDecisionIn,
    CaseIn,
    CaseOut,
    CharityOrderOut,
    CharityOut,
    CharityPaymentIn,
    PurificationIn,
)
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.ledger import queries as ledger
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.db import TenantDb
from shared.ids import FundId
from shared.schemas import Day, Instant, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1/sharia", tags=["sharia"])

MayLog = Annotated[
    Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.APPROVER)
]
MayDecide = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]
MayMove = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayApprove = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.APPROVER)]
MayRead = Annotated[
    Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.APPROVER)
]
FundAsked = Annotated[UUID | None, Query()]
Work = Callable[[AsyncSession], Awaitable[CharityOrderOut]]


@router.post("/cases", status_code=201)
async def log_sharia_case(body: CaseIn, db: Db, actor: MayLog, today: Today) -> CaseOut:
    """Enter a case into the log of non-compliance."""
    async with db.begin() as session:
        case = await operations.log_case(session, body.found(), today=today, actor=actor)
        return CaseOut.of(case)


@router.get("/cases")
async def list_sharia_cases(
    db: Db, _actor: MayRead, page: PageQuery, fund_id: FundAsked = None
) -> PageOut[CaseOut]:
    """List the log, with what boards decided and what was purified."""
    async with db(snapshot=True) as session:
        found = await queries.cases(session, fund_id=fund_id, page=page)
    kept, following = page.cut(found, key=lambda one: one.row.case_id)
    return PageOut[CaseOut](items=[CaseOut.of(one) for one in kept], next=following)


@router.get("/cases/{case_id}")
async def read_sharia_case(case_id: UUID, db: Db, _actor: MayRead) -> CaseOut:
    """Read a case."""
    async with db(snapshot=True) as session:
        return CaseOut.of(await queries.case(session, case_id))


@router.post("/cases/{case_id}/decision", status_code=201)
async def decide_sharia_case(
    case_id: UUID, body: CaseDecisionIn, db: Db, actor: MayDecide, today: Today
) -> CaseOut:
    """Enter what a board decided of a case."""
    async with db.begin() as session:
        case = await operations.decide_case(
            session,
            case_id,
            board_id=body.board_id,
            is_breach=body.is_breach,
            purify=body.purify.money(),
            remedy=body.remedy,
            decided_on=body.decided_on,
            document_sha256=body.document_sha256,
            today=today,
            actor=actor,
        )
        return CaseOut.of(case)


@router.post("/cases/{case_id}/purifications", status_code=201, response_model=CharityOrderOut)
async def propose_purification(
    case_id: UUID, body: PurificationIn, db: Db, actor: MayMove, today: Today, key: IdempotencyKey
) -> Response:
    """Propose to move tainted income to charity; another person approves it."""

    async def work(session: AsyncSession) -> CharityOrderOut:
        order = await charity.propose_purification(
            session,
            case_id,
            amount=body.amount.money(),
            account_code=body.account,
            today=today,
            actor=actor,
        )
        return CharityOrderOut.of(order)

    target = f"POST /loans/v1/sharia/cases/{case_id}/purifications"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/funds/{fund_id}/charity-payments", status_code=201, response_model=CharityOrderOut)
async def propose_charity_payment(
    fund_id: UUID,
    body: CharityPaymentIn,
    db: Db,
    actor: MayMove,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Propose to pay an organisation out of charity; another person approves it."""

    async def work(session: AsyncSession) -> CharityOrderOut:
        order = await charity.propose_payment(
            session,
            FundId(fund_id),
            amount=body.amount.money(),
            beneficiary_id=body.beneficiary_id,
            channel=body.channel,
            today=today,
            actor=actor,
        )
        return CharityOrderOut.of(order)

    target = f"POST /loans/v1/sharia/funds/{fund_id}/charity-payments"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/charity-orders/{order_id}/approval", status_code=201, response_model=CharityOrderOut)
async def approve_charity_order(
    order_id: UUID, db: Db, actor: MayApprove, today: Today, key: IdempotencyKey
) -> Response:
    """Approve what another person proposed; it is booked now."""
    return await _decide(db, order_id, "approved", today=today, of=(actor, key))


@router.post(
    "/charity-orders/{order_id}/rejection", status_code=201, response_model=CharityOrderOut
)
async def reject_charity_order(
    order_id: UUID, db: Db, actor: MayApprove, today: Today, key: IdempotencyKey
) -> Response:
    """Reject what another person proposed."""
    return await _decide(db, order_id, "rejected", today=today, of=(actor, key))


@router.post("/charity-orders/{order_id}/reversal", status_code=201, response_model=CharityOrderOut)
async def propose_charity_reversal(
    order_id: UUID, db: Db, actor: MayMove, today: Today, key: IdempotencyKey
) -> Response:
    """Propose to take an approved order back; another person approves it as any other order."""

    async def work(session: AsyncSession) -> CharityOrderOut:
        found = await charity.propose_reversal(session, order_id, today=today, actor=actor)
        return CharityOrderOut.of(found)

    target = f"POST /loans/v1/sharia/charity-orders/{order_id}/reversal"
    return await idempotency.run_once(db, target, body=None, actor_id=actor.id, key=key, work=work)


@router.get("/charity-orders")
async def list_charity_orders(
    db: Db, _actor: MayRead, page: PageQuery, fund_id: FundAsked = None
) -> PageOut[CharityOrderOut]:
    """List what was proposed, approved and rejected."""
    async with db() as session:
        found = await queries.orders(session, fund_id=fund_id, page=page)
    kept, following = page.cut(found, key=lambda one: one.row.order_id)
    return PageOut[CharityOrderOut](items=[CharityOrderOut.of(one) for one in kept], next=following)


@router.post("/beneficiaries", status_code=201)
async def create_beneficiary(body: BeneficiaryIn, db: Db, actor: MayDecide) -> BeneficiaryOut:
    """Enter an organisation that charity may be paid to."""
    async with db.begin() as session:
        row = await charity.create_beneficiary(
            session,
            code=body.code,
            names=body.names.names(),
            registration=body.registration,
            actor=actor,
        )
        return BeneficiaryOut.of(row)


@router.get("/beneficiaries")
async def list_beneficiaries(db: Db, _actor: MayRead, page: PageQuery) -> PageOut[BeneficiaryOut]:
    """List the organisations."""
    async with db() as session:
        found = await queries.beneficiaries(session, page=page)
    kept, following = page.cut(found, key=lambda row: row.beneficiary_id)
    return PageOut[BeneficiaryOut](items=[BeneficiaryOut.of(row) for row in kept], next=following)


@router.get("/charity")
async def read_charity(
    db: Db,
    _actor: MayRead,
    today: Today,
    since: Day | None = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    fund_id: FundAsked = None,
) -> CharityOut:
    """Read money of charity in and out; without a first day, of all days."""
    last = as_of or today
    async with db(snapshot=True) as session:
        cut = await ledger.cut_of(session, as_of=last, known_at=known_at)
        rows = await queries.charity_moves(
            session, fund_id=fund_id, since=since or date.min, cut=cut
        )
    return CharityOut.of(rows, since=since, as_of=last, known_at=cut.known_at)


async def _decide(
    db: TenantDb, order_id: UUID, outcome: Outcome, *, today: date, of: tuple[Actor, str]
) -> Response:
    actor, key = of

    async def work(session: AsyncSession) -> CharityOrderOut:
        order = await charity.decide_order(
            session, order_id, outcome=outcome, today=today, actor=actor
        )
        return CharityOrderOut.of(order)

    target = f"POST /loans/v1/sharia/charity-orders/{order_id}/{outcome}"
    return await idempotency.run_once(db, target, body=None, actor_id=actor.id, key=key, work=work)
