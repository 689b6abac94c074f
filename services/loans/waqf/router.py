"""The routes of waqf: propose and approve what it does, enter its yield, read its position."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.corpus import queries as corpus
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import waqf_position
from services.loans.domain.authority import Outcome
from services.loans.domain.waqf_ladder import Due
from services.loans.domain.waqf_orders import WaqfDeedMissing
from services.loans.domain.waqf_position import Lending, WaqfPosition
from services.loans.funds import queries as fund_queries
from services.loans.funds.tables import FundRow
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import Cut
from services.loans.waqf import incomes, operations, queries
from services.loans.waqf.position_schemas import WaqfPositionOut
from services.loans.waqf.schemas import (
    ConflictIn,
    ConflictOut,
    IncomeIn,
    IncomeOut,
    IndexIn,
    IndexOut,
    WaqfDecisionIn,
    WaqfOrderIn,
    WaqfOrderOut,
)
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Day, Instant, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["waqf"])

MayPropose = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayDecide = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.FUNDS_MANAGER, Role.APPROVER, Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR),
]
SeriesAsked = Annotated[str, Query(pattern=r"^[A-Z][A-Z0-9-]{0,19}$")]


@router.post("/funds/{fund_id}/waqf/orders", status_code=201, response_model=WaqfOrderOut)
async def propose_waqf_order(
    fund_id: UUID,
    body: WaqfOrderIn,
    db: Db,
    actor: MayPropose,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Propose a deed, a payment, a reserve, a cover of a loss, a return or an exchange."""

    async def work(session: AsyncSession) -> WaqfOrderOut:
        fund = await fund_queries.fund_by_id(session, fund_id)
        order = body.order(on=today, currency=fund.currency)
        proposed = await operations.propose(
            session, FundId(fund_id), order, today=today, actor=actor
        )
        return WaqfOrderOut.of(proposed)

    target = f"POST /loans/v1/funds/{fund_id}/waqf/orders"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/funds/{fund_id}/waqf/orders")
async def list_waqf_orders(
    fund_id: UUID, db: Db, _actor: MayRead, page: PageQuery
) -> PageOut[WaqfOrderOut]:
    """List what was proposed for a waqf and what became of it, in the order it was."""
    async with db() as session:
        await fund_queries.fund_by_id(session, fund_id)
        found = await queries.orders_of(session, fund_id, page=page)
    kept, following = page.cut(found, key=lambda one: one.row.order_id)
    return PageOut(items=[WaqfOrderOut.of(one) for one in kept], next=following)


@router.post("/waqf-orders/{order_id}/approval", status_code=201, response_model=WaqfOrderOut)
async def decide_waqf_order(
    order_id: UUID, body: WaqfDecisionIn, db: Db, actor: MayDecide, key: IdempotencyKey
) -> Response:
    """Approve or reject an order that another proposed; an approval books it."""

    async def work(session: AsyncSession) -> WaqfOrderOut:
        outcome = Outcome(body.outcome)
        decided = await operations.decide(session, order_id, outcome=outcome, actor=actor)
        return WaqfOrderOut.of(decided)

    target = f"POST /loans/v1/waqf-orders/{order_id}/approval"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/funds/{fund_id}/waqf/incomes", status_code=201, response_model=IncomeOut)
async def receive_waqf_income(
    fund_id: UUID, body: IncomeIn, db: Db, actor: MayPropose, today: Today, key: IdempotencyKey
) -> Response:
    """Book yield that came in as money, or what a participant gave to the pool."""

    async def work(session: AsyncSession) -> IncomeOut:
        row = await incomes.receive(
            session,
            FundId(fund_id),
            kind=body.kind,
            amount=body.amount.money(),
            channel=body.channel,
            on=body.received_on or today,
            asset_id=body.asset_id,
            today=today,
            actor=actor,
        )
        return IncomeOut.of(row)

    target = f"POST /loans/v1/funds/{fund_id}/waqf/incomes"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/funds/{fund_id}/waqf/incomes")
async def list_waqf_incomes(
    fund_id: UUID, db: Db, _actor: MayRead, page: PageQuery
) -> PageOut[IncomeOut]:
    """List what a corpus and its pool took in."""
    async with db() as session:
        await fund_queries.fund_by_id(session, fund_id)
        rows = await queries.incomes_of(session, fund_id, page=page)
    kept, following = page.cut(rows, key=lambda row: row.income_id)
    return PageOut(items=[IncomeOut.of(row) for row in kept], next=following)


@router.post("/funds/{fund_id}/waqf/conflicts", status_code=201)
async def declare_waqf_conflict(
    fund_id: UUID, body: ConflictIn, db: Db, actor: MayDecide, today: Today
) -> ConflictOut:
    """Declare an interest in a waqf's dealings: from now on it needs the judge or the board."""
    async with db.begin() as session:
        row = await incomes.declare_conflict(
            session,
            FundId(fund_id),
            party_id=body.party_id,
            interest=body.interest,
            on=body.declared_on or today,
            actor=actor,
        )
    return ConflictOut.of(row)


@router.get("/funds/{fund_id}/waqf/conflicts")
async def list_waqf_conflicts(fund_id: UUID, db: Db, _actor: MayRead) -> list[ConflictOut]:
    """List the interests that were declared."""
    async with db() as session:
        await fund_queries.fund_by_id(session, fund_id)
        rows = await queries.conflicts_of(session, fund_id)
    return [ConflictOut.of(row) for row in rows]


@router.post("/price-indices", status_code=201)
async def enter_price_index(body: IndexIn, db: Db, actor: MayPropose, today: Today) -> IndexOut:
    """Enter a published index of prices; a later entry for the same day corrects it."""
    async with db.begin() as session:
        row = await incomes.enter_index(
            session,
            series=body.series,
            valid_on=body.valid_on,
            value=Decimal(body.value),
            source=body.source,
            today=today,
            actor=actor,
        )
    return IndexOut.of(row)


@router.get("/price-indices")
async def list_price_index(db: Db, _actor: MayRead, series: SeriesAsked = "CPI") -> list[IndexOut]:
    """List the values of an index of prices by day."""
    async with db() as session:
        rows = await queries.index_series(session, series)
    return [IndexOut.of(row) for row in rows]


@router.get("/funds/{fund_id}/waqf")
async def read_waqf_position(
    fund_id: UUID,
    db: Db,
    _actor: MayRead,
    today: Today,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    series: SeriesAsked = "CPI",
) -> WaqfPositionOut:
    """Read how a corpus stands: floor, deficit, spendable yield, cover, ladder, real value."""
    async with db(snapshot=True) as session:
        fund = await fund_queries.fund_by_id(session, fund_id)
        cut = await ledger.cut_of(session, as_of=as_of, known_at=known_at)
        found = await _position(session, fund, cut=cut, series=series, today=today)
        assets = await queries.assets_of(session, fund_id)
    return WaqfPositionOut.of(found, fund_id=fund_id, cut=cut, assets=assets)


async def _position(
    session: AsyncSession, fund: FundRow, *, cut: Cut, series: str, today: date
) -> WaqfPosition:
    fund_id, currency = FundId(fund.fund_id), fund.currency
    keeps = await queries.kept(session, fund_id, code=fund.code, kind=fund.kind, cut=cut)
    if not keeps.has_corpus:
        raise WaqfDeedMissing(fund_code=fund.code)
    on = cut.as_of or today
    before = Cut(as_of=on - timedelta(days=365), known_at=cut.known_at)
    figures = await fund_queries.figures(session, fund_id, cut=cut)
    earlier = await fund_queries.figures(session, fund_id, cut=before)
    lending = Lending(
        disbursed=Money(figures.lent_minor, currency),
        disbursed_in_year=Money(figures.lent_minor - earlier.lent_minor, currency),
        capital=await queries.capital(session, fund_id, currency=currency, cut=cut),
    )
    is_now = cut.as_of is None and cut.known_at is None
    dues = await corpus.dues(session, fund_id, currency=currency) if is_now else None
    return waqf_position.position(
        await corpus.books(session, keeps, cut=cut),
        deed=keeps.deed,
        lending=lending,
        series=[queries.index_value(row) for row in await queries.index_series(session, series)],
        on=on,
        temporary=[Due(one.returnable_on, one.amount) for one in keeps.endowed],
        dues=None if dues is None else [due for of_one in dues.values() for due in of_one],
    )
