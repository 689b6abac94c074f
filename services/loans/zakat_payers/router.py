"""The routes of those who pay zakat: prices, what is due, receipts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import queries as borrowers
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import days
from services.loans.zakat_payers import operations, queries
from services.loans.zakat_payers.schemas import (
    CollectionIn,
    CollectionOut,
    ConsentIn,
    ConsentOut,
    DueIn,
    DueOut,
    PayerIn,
    PayerOut,
    PriceIn,
    PriceOut,
    TieIn,
    TieOut,
)
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import BorrowerId
from shared.schemas import PageOut
from shared.web import AskedLanguage, PageQuery

router = APIRouter(prefix="/loans/v1/zakat", tags=["zakat"])

MayCollect = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayTie = Annotated[Actor, require(Role.OFFICER, Role.FUNDS_MANAGER)]
MayRead = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR)]
MayAsk = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.post("/prices", status_code=201)
async def record_price(body: PriceIn, db: Db, actor: MayCollect, today: Today) -> PriceOut:
    """Record what a gram of gold or silver cost on a day, with its source."""
    async with db.begin() as session:
        row = await operations.record_price(session, body.price(), today=today, actor_id=actor.id)
        await session.refresh(row)
    return PriceOut.of(row)


@router.post("/dues")
async def compute_due(body: DueIn, db: Db, actor: MayAsk, today: Today) -> DueOut:
    """Compute nisab and what is due on wealth, by dated prices and the rules of the place."""
    async with db() as session:
        found = await operations.assess(
            session,
            body.wealth.money(),
            base=body.base,
            held_since=body.held_since,
            on=body.on or today,
        )
    return DueOut.of(found, asked=body)


@router.post("/payers", status_code=201)
async def register_payer(body: PayerIn, db: Db, actor: MayCollect, today: Today) -> PayerOut:
    """Register a payer who wants to be known."""
    async with db.begin() as session:
        row = await operations.register_payer(session, body.name, today=today, actor_id=actor.id)
    return PayerOut.of(row)


@router.get("/payers")
async def list_payers(db: Db, actor: MayRead, page: PageQuery) -> PageOut[PayerOut]:
    """List the known payers, a page at a time."""
    async with db() as session:
        rows = await queries.payers(session, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.payer_id)
    return PageOut[PayerOut](items=[PayerOut.of(row) for row in kept], next=cursor)


@router.post("/ties", status_code=201)
async def declare_tie(body: TieIn, db: Db, actor: MayTie) -> TieOut:
    """Declare that a receiver is kin of a payer or of staff, or is one of them."""
    async with db.begin() as session:
        await borrowers.borrower(session, BorrowerId(body.borrower_id), actor=actor)
        row = await operations.declare_tie(
            session,
            borrower_id=body.borrower_id,
            relation=body.relation,
            payer_id=body.payer_id,
            staff_id=body.staff_id,
            actor_id=actor.id,
        )
    return TieOut.of(row)


@router.post("/collections", status_code=201, response_model=CollectionOut)
async def collect_zakat(
    body: CollectionIn,
    db: Db,
    actor: MayCollect,
    today: Today,
    key: IdempotencyKey,
    language: AskedLanguage,
) -> Response:
    """Book zakat that was paid, and give the payer's receipt."""
    received_on = body.received_on or today
    days.require_come(received_on, member="received_on", today=today)

    async def work(session: AsyncSession) -> CollectionOut:
        told = body.told(received_on=received_on)
        row = await operations.collect(session, told, actor_id=actor.id)
        return CollectionOut.of(
            *await queries.collection(session, row.receipt_id), language=language
        )

    target = "POST /loans/v1/zakat/collections"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/collections/{receipt_id}")
async def read_collection(
    receipt_id: UUID, db: Db, actor: MayRead, language: AskedLanguage
) -> CollectionOut:
    """Read a payer's receipt, in Arabic, French or English."""
    async with db() as session:
        found = await queries.collection(session, receipt_id)
    return CollectionOut.of(*found, language=language)


@router.post("/collections/{receipt_id}/consent", status_code=201)
async def record_payer_consent(
    receipt_id: UUID, body: ConsentIn, db: Db, actor: MayCollect, today: Today
) -> ConsentOut:
    """Record that a payer agrees to have zakat back, without which no receipt is reversed."""
    days.require_come(body.given_on, member="given_on", today=today)
    async with db.begin() as session:
        await operations.record_consent(
            session,
            receipt_id,
            given_on=body.given_on,
            evidence=body.evidence,
            actor_id=actor.id,
        )
    return ConsentOut(receipt_id=receipt_id, given_on=body.given_on)
