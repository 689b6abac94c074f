"""The routes of the institution's own books: chart, entries by hand, real accounts, periods."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import by_hand, operations, queries
from services.loans.accounting.schemas import (
    BooksPolicyIn,
    BooksPolicyOut,
    ChartIn,
    ChartKeptOut,
    ChartOut,
    ManualDecisionIn,
    ManualEntryIn,
    ManualEntryOut,
    ManualReversalIn,
    MoneyAccountFundIn,
    MoneyAccountIn,
    MoneyAccountOut,
    MoneyAccountsOut,
    MoneyStatementIn,
    PeriodOut,
    PeriodsOut,
)
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import book_periods
from services.loans.domain.authority import Outcome
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.schemas import Day, Instant, PageOut, Text
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1/accounting", tags=["accounting"])

MayKeepBooks = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayNumber = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]
MayApprove = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor, require(Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)
]
PeriodName = Annotated[Text, Path(min_length=4, max_length=7, examples=["2026-03"])]


@router.post("/chart", status_code=201)
async def number_accounts(body: ChartIn, db: Db, actor: MayNumber) -> ChartKeptOut:
    """Keep the institution's chart: all of it or nothing; the same again has no effect."""
    own = body.chart()
    digest = idempotency.Request.of(
        actor_id=actor.id, key="chart", target="chart", body=ChartIn(lines=body.lines)
    ).hash
    async with db.begin() as session:
        kept = await operations.number_accounts(
            session, own, digest=digest, actor_id=actor.id, is_trial=body.dry_run
        )
    return ChartKeptOut.of(kept, own=own)


@router.get("/chart")
async def read_chart(db: Db, actor: MayRead) -> ChartOut:
    """Read the institution's chart as statements are written in it."""
    async with db() as session:
        return ChartOut.of(await queries.numbering(session))


@router.post("/manual-entries", status_code=201, response_model=ManualEntryOut)
async def propose_entry(
    body: ManualEntryIn, db: Db, actor: MayKeepBooks, today: Today, key: IdempotencyKey
) -> Response:
    """Propose an entry by hand; it is booked when another person approves it."""

    async def work(session: AsyncSession) -> ManualEntryOut:
        asked = body.asked(today=today)
        found = await by_hand.propose(
            session, asked, fund_id=body.fund_id, today=today, actor=actor
        )
        return ManualEntryOut.of(found)

    target = "POST accounting/manual-entries"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/manual-entries")
async def list_entries(
    db: Db, actor: MayRead, page: PageQuery, fund_id: UUID | None = None
) -> PageOut[ManualEntryOut]:
    """List entries by hand in the order in which they were proposed."""
    async with db() as session:
        found = await queries.all_by_hand(session, fund_id=fund_id, page=page)
    kept, following = page.cut(found, key=lambda one: one.row.manual_id)
    return PageOut(items=[ManualEntryOut.of(one) for one in kept], next=following)


@router.get("/manual-entries/{manual_id}")
async def read_entry(manual_id: UUID, db: Db, actor: MayRead) -> ManualEntryOut:
    """Read an entry by hand and what became of it."""
    async with db() as session:
        return ManualEntryOut.of(await queries.by_hand(session, manual_id))


@router.post("/manual-entries/{manual_id}/approval", status_code=201, response_model=ManualEntryOut)
async def decide_entry(
    manual_id: UUID, body: ManualDecisionIn, db: Db, actor: MayApprove, key: IdempotencyKey
) -> Response:
    """Book or reject an entry by hand that another person proposed."""

    async def work(session: AsyncSession) -> ManualEntryOut:
        outcome = Outcome(body.outcome)
        return ManualEntryOut.of(
            await by_hand.decide(session, manual_id, outcome=outcome, actor=actor)
        )

    target = f"POST accounting/manual-entries/{manual_id}/approval"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/manual-entries/{manual_id}/reversal", status_code=201, response_model=ManualEntryOut)
async def propose_reversal(
    manual_id: UUID,
    body: ManualReversalIn,
    db: Db,
    actor: MayKeepBooks,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Propose to take a booked entry back by its opposite; another person approves it."""

    async def work(session: AsyncSession) -> ManualEntryOut:
        found = await by_hand.propose_reversal(
            session,
            manual_id,
            on=body.occurred_on or today,
            reason=body.reason,
            digest=body.document_sha256,
            today=today,
            actor=actor,
        )
        return ManualEntryOut.of(found)

    target = f"POST accounting/manual-entries/{manual_id}/reversal"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/money-accounts", status_code=201)
async def register_money_account(
    body: MoneyAccountIn, db: Db, actor: MayKeepBooks, today: Today
) -> MoneyAccountOut:
    """Register a real account of a bank, a wallet or a cash box, and whose money stands in it."""
    async with db.begin() as session:
        row = await operations.register_money_account(
            session,
            code=body.code,
            channel=body.channel,
            provider=body.provider,
            number=body.number,
            currency=body.currency,
            opened_on=body.opened_on,
            fund_ids=body.fund_ids,
            today=today,
            actor_id=actor.id,
        )
        return await _money_account(session, row.money_account_id, today=today)


@router.get("/money-accounts")
async def list_money_accounts(
    db: Db,
    actor: MayRead,
    today: Today,
    as_of: Day | None = None,
    known_at: Instant | None = None,
) -> MoneyAccountsOut:
    """List real accounts with what the books say is on each, fund by fund."""
    day = as_of or today
    async with db(snapshot=True) as session:
        cut = await ledger_queries.cut_of(session, as_of=day, known_at=known_at)
        rows = await queries.money_accounts(session, cut=cut)
    items = [MoneyAccountOut.of(row, as_of=day) for row in rows]
    return MoneyAccountsOut(as_of=day, known_at=cut.known_at, items=items)


@router.post("/money-accounts/{money_account_id}/funds", status_code=201)
async def put_fund(
    money_account_id: UUID, body: MoneyAccountFundIn, db: Db, actor: MayKeepBooks, today: Today
) -> MoneyAccountOut:
    """Say that a fund's money stands in a real account; a second time changes nothing."""
    async with db.begin() as session:
        row = await queries.money_account(session, money_account_id)
        await operations.put_fund(session, row, fund_id=body.fund_id, actor_id=actor.id)
        return await _money_account(session, money_account_id, today=today)


@router.post("/money-accounts/{money_account_id}/statements", status_code=201)
async def state_balance(
    money_account_id: UUID, body: MoneyStatementIn, db: Db, actor: MayKeepBooks, today: Today
) -> MoneyAccountOut:
    """Keep what the provider says was on the account; gives the difference of that day."""
    async with db.begin() as session:
        await operations.state_balance(
            session,
            money_account_id,
            stated_on=body.stated_on,
            balance=body.balance.money(),
            digest=body.document_sha256,
            today=today,
            actor_id=actor.id,
        )
        return await _money_account(session, money_account_id, today=body.stated_on)


@router.post("/policy", status_code=201)
async def set_policy(body: BooksPolicyIn, db: Db, actor: MayKeepBooks) -> BooksPolicyOut:
    """Say in which month years begin, and whether real accounts must be reconciled to close."""
    async with db.begin() as session:
        row = await operations.set_policy(
            session,
            year_starts_month=body.year_starts_month,
            must_reconcile=body.must_reconcile,
            actor_id=actor.id,
        )
        return BooksPolicyOut.of(row)


@router.get("/policy")
async def read_policy(db: Db, actor: MayRead) -> BooksPolicyOut:
    """Read what the institution said of its books."""
    async with db() as session:
        return BooksPolicyOut.of(await queries.policy(session))


@router.get("/periods")
async def list_periods(
    db: Db,
    actor: MayRead,
    year: Annotated[Text, Query(pattern=r"^[0-9]{4}$", examples=["2026"])],
) -> PeriodsOut:
    """Read a year of the books with its months: which are open, which closed and by whom."""
    async with db(snapshot=True) as session:
        whole = await operations.period(session, year)
        closed_through = await ledger_queries.closed_through(session)
        rows = await queries.closes(session)

    def told(period: book_periods.BookPeriod) -> PeriodOut:
        return PeriodOut.of(period, closed_through=closed_through, row=rows.get(period.name))

    return PeriodsOut(year=told(whole), months=[told(one) for one in book_periods.of_year(whole)])


@router.get("/periods/{name}")
async def read_period(name: PeriodName, db: Db, actor: MayRead) -> PeriodOut:
    """Read a period with the checks it passed, or with what stands against its close now."""
    async with db(snapshot=True) as session:
        period = await operations.period(session, name)
        closed_through = await ledger_queries.closed_through(session)
        row = (await queries.closes(session)).get(name)
        checks = await operations.checks(session, period) if row is None else None
        proposed = [one.actor_id for one in await queries.proposals(session, name)]
    return PeriodOut.of(
        period, closed_through=closed_through, row=row, checks=checks, proposed_by=proposed
    )


@router.post("/periods/{name}/closing", status_code=201, response_model=PeriodOut)
async def propose_close(
    name: PeriodName, db: Db, actor: MayKeepBooks, today: Today, key: IdempotencyKey
) -> Response:
    """Propose to close a month or year; it stays open until another approves it."""

    async def work(session: AsyncSession) -> PeriodOut:
        row, made = await operations.propose_close(session, name, today=today, actor_id=actor.id)
        period = await operations.period(session, name)
        through = await ledger_queries.closed_through(session)
        return PeriodOut.of(period, closed_through=through, checks=made, proposed_by=[row.actor_id])

    target = f"POST accounting/periods/{name}/closing"
    return await idempotency.run_once(db, target, body=None, actor_id=actor.id, key=key, work=work)


@router.post("/periods/{name}/closing/approval", status_code=201, response_model=PeriodOut)
async def close_period(
    name: PeriodName, db: Db, actor: MayKeepBooks, today: Today, key: IdempotencyKey
) -> Response:
    """Close for good what another proposed; answers when no posting is on its way to it."""

    async def work(session: AsyncSession) -> PeriodOut:
        row = await operations.close_period(session, name, today=today, actor_id=actor.id)
        period = await operations.period(session, name)
        return PeriodOut.of(period, closed_through=row.ends_on, row=row)

    target = f"POST accounting/periods/{name}/closing/approval"
    answer = await idempotency.run_once(
        db, target, body=None, actor_id=actor.id, key=key, work=work
    )
    await ledger.until_ended(db)
    return answer


async def _money_account(
    session: AsyncSession, money_account_id: UUID, *, today: Day
) -> MoneyAccountOut:
    cut = ledger_queries.Cut(as_of=today)
    rows = await queries.money_accounts(session, cut=cut, money_account_id=money_account_id)
    return MoneyAccountOut.of(rows[0], as_of=today)
