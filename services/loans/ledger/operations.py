"""What changes the books: accounts are opened, entries posted, days closed."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import chart, own_accounts
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import JournalEntry
from services.loans.ledger import queries, telling
from services.loans.ledger.queries import AccountKey
from services.loans.ledger.tables import AccountRow, ClosingRow
from shared import ids, tenancy
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId
from shared.money import CurrencyMismatch

CLOSED_PERIOD = "RF001"
PAUSE_SECONDS = 0.02


class PeriodClosed(RafidError):
    """The books of that day are closed"""

    kind = Kind.RULE
    service = "loans"
    detail = "{occurred_on} lies in a closed period: post on a later day."
    occurred_on: date


class FundHasNoAccount(RafidError):
    """The fund has no such account"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_id} has no account {account_code}."
    fund_id: FundId
    account_code: str


class DayNotOver(RafidError):
    """The day is not over yet"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} cannot be closed before it is over; today is {today}."
    asked: date
    today: date


class ClosingNotForward(RafidError):
    """The books are closed through a later day already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The books are closed through {closed_through}; {asked} is not after it."
    closed_through: date
    asked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A balanced entry with who posts it and the row it is posted for."""

    entry: JournalEntry
    actor_id: UUID
    source_id: UUID
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class PostingArrays:
    """Entries as the posting function takes them: columns of entries, columns of lines."""

    entries: dict[str, list[object]]
    lines: dict[str, list[object]]


Accounts = Mapping[tuple[FundId, str], AccountKey]


def flatten(postings: Sequence[Posting], accounts: Accounts) -> PostingArrays:
    """Turn postings into the posting function's columns.

    Raises FundHasNoAccount, and CurrencyMismatch for an amount in another currency.
    """
    lines: list[tuple[object, ...]] = []
    for ordinal, posting in enumerate(postings, start=1):
        for number, line in enumerate(posting.entry.lines, start=1):
            key = accounts.get((line.fund_id, line.account_code))
            if key is None:
                raise FundHasNoAccount(fund_id=line.fund_id, account_code=line.account_code)
            if key.currency != line.amount.currency:
                raise CurrencyMismatch(left=key.currency, right=line.amount.currency)
            lines.append(
                (
                    ordinal,
                    number,
                    key.account_id,
                    line.fund_id,
                    key.currency,
                    line.amount.minor,
                )
            )
    columns = [list(column) for column in zip(*lines, strict=True)] if lines else [[]] * 6
    names = ("line_entries", "line_nos", "line_accounts", "line_funds", "line_currencies")
    return PostingArrays(
        entries={
            "actors": [posting.actor_id for posting in postings],
            "entries": [posting.entry_id for posting in postings],
            "kinds": [posting.entry.kind.value for posting in postings],
            "occurred_on": [posting.entry.occurred_on for posting in postings],
            "sources": [posting.source_id for posting in postings],
            "contracts": [posting.entry.contract_id for posting in postings],
            "reverses": [posting.entry.reverses_entry_id for posting in postings],
        },
        lines=dict(zip((*names, "line_amounts"), columns, strict=True)),
    )


POST = text("""
    select post_entries(
      cast(:institution_id as uuid), cast(:actors as uuid[]), cast(:entries as uuid[]),
      cast(:kinds as text[]), cast(:occurred_on as date[]), cast(:sources as uuid[]),
      cast(:contracts as uuid[]), cast(:reverses as uuid[]), cast(:line_entries as int[]),
      cast(:line_nos as smallint[]), cast(:line_accounts as uuid[]),
      cast(:line_funds as uuid[]), cast(:line_currencies as text[]),
      cast(:line_amounts as bigint[]))
""")


async def post_all(session: AsyncSession, postings: Sequence[Posting]) -> None:
    """Post balanced entries through the database's posting function, the journal's only writer.

    Each is told (`FundBooked`), so that whoever follows a fund misses nothing of it. Raises
    PeriodClosed, FundHasNoAccount, CurrencyMismatch; nothing is posted then.
    """
    if not postings:
        return
    funds = {line.fund_id for posting in postings for line in posting.entry.lines}
    accounts = await queries.accounts_of(session, sorted(funds))
    arrays = flatten(postings, accounts)
    values = {"institution_id": tenancy.institution_of(session)}
    try:
        await session.execute(POST, {**values, **arrays.entries, **arrays.lines})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == CLOSED_PERIOD:
            earliest = min(posting.entry.occurred_on for posting in postings)
            raise PeriodClosed(occurred_on=earliest) from error
        raise
    await telling.tell(session, [(one.entry_id, one.entry) for one in postings])


async def post(
    session: AsyncSession, entry: JournalEntry, *, actor_id: UUID, source_id: UUID
) -> EntryId:
    """Post one balanced entry (see `post_all`); return its id."""
    entry_id = EntryId(ids.new())
    posting = Posting(entry=entry, actor_id=actor_id, source_id=source_id, entry_id=entry_id)
    await post_all(session, [posting])
    return entry_id


async def open_accounts(
    session: AsyncSession, *, fund_id: FundId, kind: FundKind, currency: str
) -> None:
    """Open the accounts that a fund of this kind has (see domain/chart.py)."""
    institution_id = tenancy.institution_of(session)
    await session.execute(
        insert(AccountRow),
        [
            {
                "institution_id": institution_id,
                "account_id": ids.new(),
                "fund_id": fund_id,
                "code": template.code,
                "account_class": template.account_class.value,
                "currency": currency,
            }
            for template in chart.accounts_of(kind)
        ],
    )


async def open_own_accounts(
    session: AsyncSession, codes: Collection[str], *, fund_id: FundId, currency: str
) -> None:
    """Open accounts of the institution's own in a fund; those that are open already stay."""
    institution_id = tenancy.institution_of(session)
    rows = [
        {
            "institution_id": institution_id,
            "account_id": ids.new(),
            "fund_id": fund_id,
            "code": code,
            "account_class": account_class.value,
            "currency": currency,
        }
        for code in sorted(codes)
        if (account_class := own_accounts.class_of(code)) is not None
    ]
    if rows:
        await session.execute(upsert(AccountRow).values(rows).on_conflict_do_nothing())


async def refuse_closed(session: AsyncSession, *, day: date) -> None:
    """Refuse a day on which nothing can be posted any more. Raises PeriodClosed."""
    closed_through = await queries.closed_through(session)
    if closed_through is not None and day <= closed_through:
        raise PeriodClosed(occurred_on=day)


async def close_books(
    session: AsyncSession, *, through: date, today: date, actor_id: UUID
) -> ClosingRow:
    """Close every day up to and including `through`: nothing more can be posted on them.

    A posting already on its way when the closing commits may still land; the route waits until
    the transactions of that moment have ended. Raises DayNotOver, ClosingNotForward.
    """
    if through >= today:
        raise DayNotOver(asked=through, today=today)
    closed_through = await queries.closed_through(session)
    if closed_through is not None and through <= closed_through:
        raise ClosingNotForward(closed_through=closed_through, asked=through)
    row = ClosingRow(
        institution_id=tenancy.institution_of(session),
        closing_id=ids.new(),
        closed_through=through,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


async def until_ended(db: TenantDb) -> None:
    """Wait until every transaction of this moment has ended, so that what is read now is final."""
    async with db() as session:
        moment = await queries.next_transaction(session)
    while True:
        async with db() as session:
            if await queries.has_ended(session, before=moment):
                return
        await asyncio.sleep(PAUSE_SECONDS)
