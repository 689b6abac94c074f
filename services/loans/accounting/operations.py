"""What changes the institution's books beside entries: its chart, real accounts, closed periods."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import queries
from services.loans.accounting.queries import Numbered
from services.loans.accounting.tables import (
    BookPeriodCloseRow,
    BookPeriodProposalRow,
    BooksPolicyRow,
    ChartLineRow,
    ChartVersionRow,
    MoneyAccountFundRow,
    MoneyAccountRow,
    MoneyStatementRow,
)
from services.loans.domain import book_periods, days
from services.loans.domain.book_periods import TOLD, BookPeriod, Check
from services.loans.domain.journal import Channel
from services.loans.domain.own_chart import OwnChart
from services.loans.funds import queries as fund_queries
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from services.loans.ledger.queries import Cut
from shared import ids, tenancy
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import CurrencyMismatch, Money


class MoneyAccountCodeTaken(RafidError):
    """Another real account has the code"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Another real account of the institution has the code {code}."
    code: str


class MoneyStandsElsewhere(RafidError):
    """The fund's money stands in another real account"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "What the fund {fund_id} holds as {channel} stands in another real account already."
    fund_id: FundId
    channel: Channel


class StatementBeforeOpening(RafidError):
    """The account was not open on that day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{code} was opened on {opened_on}; there is no statement of {stated_on}."
    code: str
    opened_on: date
    stated_on: date


class YearsFixed(RafidError):
    """The months in which years begin are fixed"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Years begin in month {month} since a period was closed; they cannot be moved."
    month: int


async def number_accounts(
    session: AsyncSession, own: OwnChart, *, digest: bytes, actor_id: UUID, is_trial: bool = False
) -> Numbered:
    """Keep a chart as the institution's newest; the content of the newest again has no effect.

    Raises ChartAccountsMissing where an account with entries has no number: statements would
    not be whole.
    """
    own.require_whole(await queries.booked(session))
    newest = await queries.numbering(session)
    if newest is not None and newest.digest == digest:
        return Numbered(version=newest.version, is_new=False)
    version = 1 if newest is None else newest.version + 1
    if is_trial:
        return Numbered(version=version, is_new=True)
    institution_id = tenancy.institution_of(session)
    kept = await session.scalar(
        upsert(ChartVersionRow)
        .values(institution_id=institution_id, version=version, digest=digest, actor_id=actor_id)
        .on_conflict_do_nothing()
        .returning(ChartVersionRow.version)
    )
    if kept is None:  # another import came first: what it kept is compared anew
        return await number_accounts(session, own, digest=digest, actor_id=actor_id)
    rows = [
        {
            "institution_id": institution_id,
            "version": version,
            "number": line.number,
            "place": place,
            "name_ar": line.name_ar,
            "name_fr": line.name_fr,
            "name_en": line.name_en,
            "account_class": line.account_class.value,
            "parent": line.parent,
            "accounts": [str(one) for one in line.accounts],
            "is_own": line.is_own,
        }
        for place, line in enumerate(own.lines)
    ]
    await session.execute(insert(ChartLineRow), rows)
    return Numbered(version=version, is_new=True)


async def register_money_account(
    session: AsyncSession,
    *,
    code: str,
    channel: Channel,
    provider: str,
    number: str,
    currency: str,
    opened_on: date,
    fund_ids: Collection[UUID],
    today: date,
    actor_id: UUID,
) -> MoneyAccountRow:
    """Register a real account and say which funds' money stands in it.

    Raises DayNotYet, MoneyAccountCodeTaken, FundNotFound, CurrencyMismatch, MoneyStandsElsewhere.
    """
    days.require_come(opened_on, member="opened_on", today=today)
    row: MoneyAccountRow | None = await session.scalar(
        upsert(MoneyAccountRow)
        .values(
            institution_id=tenancy.institution_of(session),
            money_account_id=ids.new(),
            code=code,
            channel=channel.value,
            provider=provider,
            number=number,
            currency=currency,
            opened_on=opened_on,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
        .returning(MoneyAccountRow)
    )
    if row is None:
        raise MoneyAccountCodeTaken(code=code)
    for fund_id in sorted(set(fund_ids)):
        await put_fund(session, row, fund_id=fund_id, actor_id=actor_id)
    return row


async def put_fund(
    session: AsyncSession, account: MoneyAccountRow, *, fund_id: UUID, actor_id: UUID
) -> None:
    """Say that what a fund holds by this channel stands in a real account; again is nothing new.

    Raises FundNotFound, CurrencyMismatch, MoneyStandsElsewhere.
    """
    fund = await fund_queries.fund_by_id(session, fund_id)
    if fund.currency != account.currency:
        raise CurrencyMismatch(left=account.currency, right=fund.currency)
    await session.execute(
        upsert(MoneyAccountFundRow)
        .values(
            institution_id=account.institution_id,
            fund_id=fund_id,
            channel=account.channel,
            currency=account.currency,
            money_account_id=account.money_account_id,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
    )
    placed = await queries.find_money_account_of(session, fund_id=fund_id, channel=account.channel)
    if placed is None or placed.money_account_id != account.money_account_id:
        raise MoneyStandsElsewhere(fund_id=FundId(fund_id), channel=Channel(account.channel))


async def state_balance(
    session: AsyncSession,
    money_account_id: UUID,
    *,
    stated_on: date,
    balance: Money,
    digest: str,
    today: date,
    actor_id: UUID,
) -> None:
    """Keep what the provider says was on a real account; the last said of a day counts.

    Raises MoneyAccountUnknown, DayNotYet, StatementBeforeOpening, CurrencyMismatch.
    """
    account = await queries.money_account(session, money_account_id)
    days.require_come(stated_on, member="stated_on", today=today)
    if stated_on < account.opened_on:
        raise StatementBeforeOpening(
            code=account.code, opened_on=account.opened_on, stated_on=stated_on
        )
    if balance.currency != account.currency:
        raise CurrencyMismatch(left=account.currency, right=balance.currency)
    session.add(
        MoneyStatementRow(
            institution_id=account.institution_id,
            statement_id=ids.new(),
            money_account_id=money_account_id,
            stated_on=stated_on,
            balance_minor=balance.minor,
            digest=digest,
            actor_id=actor_id,
        )
    )
    await session.flush()


async def set_policy(
    session: AsyncSession, *, year_starts_month: int, must_reconcile: bool, actor_id: UUID
) -> BooksPolicyRow:
    """Say in which month years begin, and whether real accounts must be reconciled to close.

    Raises YearsFixed once a period was closed by other years.
    """
    before = await queries.policy(session)
    month = 1 if before is None else before.year_starts_month
    if month != year_starts_month and await queries.closes(session):
        raise YearsFixed(month=month)
    row = BooksPolicyRow(
        institution_id=tenancy.institution_of(session),
        version=1 if before is None else before.version + 1,
        year_starts_month=year_starts_month,
        must_reconcile=must_reconcile,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


async def period(session: AsyncSession, name: str) -> BookPeriod:
    """Return a period of the institution's books by name. Raises PeriodNameUnknown."""
    policy = await queries.policy(session)
    return book_periods.named(
        name, year_starts_month=1 if policy is None else policy.year_starts_month
    )


async def checks(session: AsyncSession, period: BookPeriod) -> list[Check]:
    """Tell what must be so before the period is closed, and how much stands against each."""
    found = await queries.against(session, ends_on=period.ends_on)
    numbering = await queries.numbering(session)
    found["chart"] = 0
    if numbering is not None:
        found["chart"] = sum(
            1
            for code, kind in await queries.booked(session)
            if numbering.own.line_of(code, fund_kind=kind) is None
        )
    policy = await queries.policy(session)
    found["reconciled"] = 0
    if policy is not None and policy.must_reconcile:
        rows = await queries.money_accounts(session, cut=Cut(as_of=period.ends_on))
        found["reconciled"] = sum(
            1
            for row in rows
            if row.stated_on != period.ends_on or row.stated_minor != sum(row.minors)
        )
    closed = await queries.closes(session)
    found["months"] = (
        sum(1 for month in book_periods.of_year(period) if month.name not in closed)
        if period.is_year
        else 0
    )
    return [Check(code=code, told=told, found=found[code]) for code, told in TOLD.items()]


async def propose_close(
    session: AsyncSession, name: str, *, today: date, actor_id: UUID
) -> tuple[BookPeriodProposalRow, list[Check]]:
    """Propose to close a month or a year; it stays open until another person closes it.

    Raises PeriodNameUnknown, DayNotOver, PeriodClosedAlready, PeriodNotReady.
    """
    wanted, made = await _ready(session, name, today=today)
    await session.execute(
        upsert(BookPeriodProposalRow)
        .values(
            institution_id=tenancy.institution_of(session),
            proposal_id=ids.new(),
            name=name,
            starts_on=wanted.starts_on,
            ends_on=wanted.ends_on,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
    )
    found = await queries.proposals(session, name)
    return next(row for row in found if row.actor_id == actor_id), made


async def close_period(
    session: AsyncSession, name: str, *, today: date, actor_id: UUID
) -> BookPeriodCloseRow:
    """Close a month or a year that another proposed: nothing is posted on its days any more.

    It stays closed, and every earlier day is closed with it. The result of a year is computed and
    never booked, so no closing entries are needed. Raises PeriodNameUnknown, DayNotOver,
    PeriodClosedAlready, PeriodNotProposed, PeriodMakerCloses, PeriodNotReady.
    """
    wanted, made = await _ready(session, name, today=today, closer=actor_id)
    found = await queries.proposals(session, name)
    proposal = next(row for row in found if row.actor_id != actor_id)
    closed_through = await ledger_queries.closed_through(session)
    closing_id = None
    if closed_through is None or closed_through < wanted.ends_on:
        closing = await ledger.close_books(
            session, through=wanted.ends_on, today=today, actor_id=actor_id
        )
        closing_id = closing.closing_id
    row: BookPeriodCloseRow | None = await session.scalar(
        upsert(BookPeriodCloseRow)
        .values(
            institution_id=tenancy.institution_of(session),
            name=name,
            starts_on=wanted.starts_on,
            ends_on=wanted.ends_on,
            checks=[check.to_json() for check in made],
            closing_id=closing_id,
            proposal_id=proposal.proposal_id,
            proposer_id=proposal.actor_id,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
        .returning(BookPeriodCloseRow)
    )
    if row is None:
        raise book_periods.PeriodClosedAlready(name=name)
    return row


async def _ready(
    session: AsyncSession, name: str, *, today: date, closer: UUID | None = None
) -> tuple[BookPeriod, list[Check]]:
    """A period that is over, open and passes its checks; and proposed by another than closes it."""
    wanted = await period(session, name)
    if wanted.ends_on >= today:
        raise ledger.DayNotOver(asked=wanted.ends_on, today=today)
    if name in await queries.closes(session):
        raise book_periods.PeriodClosedAlready(name=name)
    if closer is not None:
        proposers = {row.actor_id for row in await queries.proposals(session, name)}
        book_periods.require_two(wanted, proposers=proposers, closer=closer)
    made = await checks(session, wanted)
    book_periods.require_ready(wanted, made)
    return wanted, made
