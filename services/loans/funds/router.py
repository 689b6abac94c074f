"""The routes of funds: open them, receive money, see what it did."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, IdempotencyKey, Now, Today
from services.loans.domain import days
from services.loans.domain.lineage import Policy
from services.loans.funds import donors, operations, queries, ruled
from services.loans.funds.schemas import (
    DonorIn,
    DonorOut,
    FiguresOut,
    FundDetailOut,
    FundIn,
    FundOut,
    LendingRulingIn,
    LinkIn,
    LinkOut,
    ReceiptIn,
    ReceiptOut,
    StatementOut,
)
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import Cut
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.schemas import Day, Instant, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["funds"])

MayManage = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.FUNDS_MANAGER, Role.APPROVER, Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR),
]
MaySeal = Annotated[Actor, require(Role.SERVICE, Role.FUNDS_MANAGER, Role.AUDITOR)]


@router.post("/funds", status_code=201)
async def create_fund(body: FundIn, db: Db, actor: MayManage, today: Today) -> FundOut:
    """Open a fund; its kind and currency never change."""
    async with db.begin() as session:
        row = await operations.create_fund(
            session,
            code=body.code,
            kind=body.kind,
            names=body.names.names(),
            floor=body.floor_money(),
            lending_ruling=body.lending_ruling,
            on=today,
            actor_id=actor.id,
            policy=body.lineage_policy or Policy.FIFO,
        )
    return FundOut.of(row)


@router.get("/funds")
async def list_funds(db: Db, actor: MayRead, page: PageQuery) -> PageOut[FundOut]:
    """List the funds, a page at a time."""
    async with db() as session:
        rows = await queries.funds(session, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.fund_id)
    return PageOut[FundOut](items=[FundOut.of(row) for row in kept], next=cursor)


@router.get("/funds/{fund_id}")
async def read_fund(fund_id: UUID, db: Db, actor: MayRead) -> FundDetailOut:
    """Read a fund with what its money did and what of it is free."""
    async with db(snapshot=True) as session:
        row = await queries.fund_by_id(session, fund_id)
        figures = await queries.figures(session, FundId(fund_id), cut=Cut())
        standing = (await queries.standings(session, [FundId(fund_id)]))[FundId(fund_id)]
        donor_ids = await queries.donors_of(session, fund_id)
    return FundDetailOut.of(row, figures=figures, standing=standing, donor_ids=list(donor_ids))


@router.post("/funds/{fund_id}/lending-ruling", status_code=201)
async def lend_under(
    fund_id: UUID, body: LendingRulingIn, db: Db, actor: MayManage, today: Today
) -> FundOut:
    """Let a fund lend under a ruling of the Sharia register from now on."""
    async with db.begin() as session:
        row = await ruled.lend_under(
            session, FundId(fund_id), reference=body.ruling, on=today, actor_id=actor.id
        )
        return FundOut.of(row)


@router.get("/funds/{fund_id}/figures")
async def read_figures(
    fund_id: UUID,
    db: Db,
    actor: MaySeal,
    now: Now,
    known_at: Instant | None = None,
    as_of: Day | None = None,
) -> FiguresOut:
    """Read a fund's totals from the journal, as the books knew them at an instant.

    An instant later than the newest number of the feed is answered for that number's instant,
    which the answer states: the same instant gives the same answer for ever.
    """
    async with db(snapshot=True) as session:
        sequence, numbered_at = await queries.sequence_at(session, known_at)
        horizon = numbered_at or known_at or now
        cut = Cut(as_of=as_of, known_at=horizon)
        row = await queries.figures(session, FundId(fund_id), cut=cut)
        accounts = await ledger.trial_balance(session, cut=cut, fund_id=FundId(fund_id))
    return FiguresOut.of(row, accounts=accounts, as_of=as_of, known_at=horizon, sequence=sequence)


@router.get("/funds/{fund_id}/statement")
async def read_fund_statement(
    fund_id: UUID,
    db: Db,
    actor: MayRead,
    page: PageQuery,
    as_of: Day | None = None,
    known_at: Instant | None = None,
) -> StatementOut:
    """Read the entries that moved a fund, in the order of booking, a page at a time."""
    async with db(snapshot=True) as session:
        cut = await ledger.cut_of(session, as_of=as_of, known_at=known_at)
        figures: Row[Any] = await queries.figures(session, FundId(fund_id), cut=cut)
        rows = await queries.statement(session, FundId(fund_id), cut=cut, page=page)
    return StatementOut.of(list(rows), page=page, figures=figures, cut=cut)


@router.post("/donors", status_code=201)
async def create_donor(body: DonorIn, db: Db, actor: MayManage) -> DonorOut:
    """Register a donor."""
    async with db.begin() as session:
        row = await donors.create_donor(
            session, code=body.code, names=body.names.names(), actor_id=actor.id
        )
    return DonorOut.of(row)


@router.get("/donors")
async def list_donors(db: Db, actor: MayRead, page: PageQuery) -> PageOut[DonorOut]:
    """List the donors, a page at a time."""
    async with db() as session:
        rows = await queries.donors(session, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.donor_id)
    return PageOut[DonorOut](items=[DonorOut.of(row) for row in kept], next=cursor)


@router.post("/funds/{fund_id}/donors", status_code=201)
async def link_donor(fund_id: UUID, body: LinkIn, db: Db, actor: MayManage) -> LinkOut:
    """Let a donor see a fund from now on; a second time changes nothing."""
    async with db.begin() as session:
        await donors.link_donor(session, fund_id=fund_id, donor_id=body.donor_id, actor_id=actor.id)
    return LinkOut(fund_id=fund_id, donor_id=body.donor_id)


@router.post("/funds/{fund_id}/receipts", status_code=201, response_model=ReceiptOut)
async def receive(
    fund_id: UUID, body: ReceiptIn, db: Db, actor: MayManage, today: Today, key: IdempotencyKey
) -> Response:
    """Book money that came into a fund."""
    received_on = body.received_on or today
    days.require_come(received_on, member="received_on", today=today)

    async def work(session: AsyncSession) -> ReceiptOut:
        row = await operations.receive(
            session,
            fund_id=fund_id,
            donor_id=body.donor_id,
            amount=body.amount.money(),
            received_on=received_on,
            channel=body.channel,
            nature=body.nature,
            returnable_on=body.returnable_on,
            tag=body.tag,
            actor_id=actor.id,
        )
        return ReceiptOut.of(row)

    target = f"POST /loans/v1/funds/{fund_id}/receipts"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/funds/{fund_id}/receipts")
async def list_receipts(
    fund_id: UUID, db: Db, actor: MayRead, page: PageQuery
) -> PageOut[ReceiptOut]:
    """List what a fund received, in the order of booking."""
    async with db() as session:
        await queries.fund_by_id(session, fund_id)
        rows = await queries.receipts(session, fund_id, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.receipt_id)
    return PageOut[ReceiptOut](items=[ReceiptOut.of(row) for row in kept], next=cursor)
