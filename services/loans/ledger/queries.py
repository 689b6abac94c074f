"""What do the books say: accounts, balances, trial balance, statements, the chain?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.journal import EntryKind
from shared import feed, tenancy
from shared.errors import Kind, RafidError
from shared.feed import Chain
from shared.ids import AccountId, EntryId, FundId
from shared.money import Money

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)

# What the chain hashes: the entry and its lines in order, as text that another language can
# write too (`rafid verify` does, independently).
DIGEST = """(select sha256(convert_to(concat_ws('|', e.entry_id, e.kind,
      to_char(e.occurred_on, 'YYYY-MM-DD'), e.source_id, coalesce(e.contract_id::text, '-'),
      coalesce(e.reverses_entry_id::text, '-'), e.actor_id,
      (extract(epoch from e.recorded_at) * 1000000)::bigint,
      (select string_agg(concat_ws(',', l.line_no, l.account_id, l.fund_id, l.currency,
         l.amount_minor), ';' order by l.line_no) from journal_line l
       where l.institution_id = e.institution_id and l.entry_id = e.entry_id)), 'UTF8'))
  from journal_entry e where e.institution_id = p.institution_id and e.entry_id = p.entry_id)"""

JOURNAL = Chain(
    name="journal",
    pending="journal_pending",
    link="journal_link",
    key="entry_id",
    digest=DIGEST,
)

EVENTS = replace(feed.EVENTS, late="event_late")

ACCOUNTS = text("""
    select fund_id, code, account_id, currency from account
    where institution_id = :institution_id and fund_id = any(:fund_ids)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKey:
    """The id and currency of a fund's account."""

    account_id: AccountId
    currency: str


async def accounts_of(
    session: AsyncSession, fund_ids: Sequence[FundId]
) -> dict[tuple[FundId, str], AccountKey]:
    """Return the accounts of funds by (fund, account code)."""
    rows = await session.execute(
        ACCOUNTS,
        {"institution_id": tenancy.institution_of(session), "fund_ids": list(fund_ids)},
    )
    return {
        (FundId(row.fund_id), row.code): AccountKey(
            account_id=AccountId(row.account_id), currency=row.currency
        )
        for row in rows
    }


KINDS = text("""
    select entry_id, kind from journal_entry
    where institution_id = :institution_id and entry_id = any(:entry_ids)
""")


async def kinds_of(session: AsyncSession, entry_ids: Sequence[EntryId]) -> dict[EntryId, EntryKind]:
    """Return of which kind entries are."""
    values = {"institution_id": tenancy.institution_of(session), "entry_ids": list(entry_ids)}
    rows = await session.execute(KINDS, values)
    return {EntryId(row.entry_id): EntryKind(row.kind) for row in rows}


BALANCES = text("""
    select a.code, a.currency, coalesce(sum(l.amount_minor), 0)::bigint as balance_minor
    from account a left join journal_line l
      on l.institution_id = a.institution_id and l.account_id = a.account_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id
    group by a.code, a.currency
""")


async def balances(session: AsyncSession, fund_id: FundId) -> dict[str, Money]:
    """Return the balance of each account of a fund as booked now; a debit balance is positive."""
    rows = await session.execute(
        BALANCES, {"institution_id": tenancy.institution_of(session), "fund_id": fund_id}
    )
    return {row.code: Money(row.balance_minor, row.currency) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Two dates of a question: when it was so, and what the books knew.

    `known_at` None means all that is booked, numbered or not.
    """

    as_of: date | None = None
    known_at: datetime | None = None


# Both dates as one condition on an entry `e`; a null parameter asks nothing.
WITHIN_CUT = """
  (cast(:as_of as date) is null or e.occurred_on <= :as_of)
  and (cast(:known_at as timestamptz) is null or exists (
    select from journal_link k where k.institution_id = e.institution_id
      and k.entry_id = e.entry_id and k.numbered_at <= :known_at))
"""

TRIAL_BALANCE = text(f"""
    select a.fund_id, a.account_id, a.code, a.class as account_class, a.currency,
      coalesce(sum(l.amount_minor) filter (where l.amount_minor > 0), 0)::bigint as debit_minor,
      coalesce(-sum(l.amount_minor) filter (where l.amount_minor < 0), 0)::bigint as credit_minor
    from account a
    left join (journal_line l join journal_entry e
      on e.institution_id = l.institution_id and e.entry_id = l.entry_id and {WITHIN_CUT})
      on l.institution_id = a.institution_id and l.account_id = a.account_id
    where a.institution_id = :institution_id
      and (cast(:fund_id as uuid) is null or a.fund_id = :fund_id)
    group by a.fund_id, a.account_id, a.code, a.class, a.currency
    order by a.fund_id, a.code
""")


async def trial_balance(
    session: AsyncSession, *, cut: Cut, fund_id: FundId | None = None
) -> Sequence[Row[Any]]:
    """Return each account with the sums of its debits and credits at a cut."""
    rows = await session.execute(
        TRIAL_BALANCE,
        {
            "institution_id": tenancy.institution_of(session),
            "fund_id": fund_id,
            "as_of": cut.as_of,
            "known_at": cut.known_at,
        },
    )
    return rows.all()


STATEMENT = text(f"""
    select e.entry_id, e.kind, e.occurred_on, e.recorded_at, e.source_id, e.contract_id,
      e.reverses_entry_id, l.line_no, l.amount_minor, l.currency
    from journal_line l join journal_entry e
      on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    where l.institution_id = :institution_id and l.account_id = :account_id
      and (l.entry_id, l.line_no) > (:after_entry, :after_line) and {WITHIN_CUT}
    order by l.entry_id, l.line_no limit :limit
""")


async def statement(
    session: AsyncSession,
    account_id: AccountId,
    *,
    cut: Cut,
    after: tuple[UUID, int],
    limit: int,
) -> Sequence[Row[Any]]:
    """Return an account's lines in the order of booking, after a given line."""
    rows = await session.execute(
        STATEMENT,
        {
            "institution_id": tenancy.institution_of(session),
            "account_id": account_id,
            "after_entry": after[0],
            "after_line": after[1],
            "as_of": cut.as_of,
            "known_at": cut.known_at,
            "limit": limit,
        },
    )
    return rows.all()


FIND_ACCOUNT = text("""
    select fund_id, code, currency from account
    where institution_id = :institution_id and account_id = :account_id
""")


class AccountUnknown(RafidError):
    """There is no such account here"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No account {account_id} is visible to you."
    account_id: AccountId


async def account(session: AsyncSession, account_id: AccountId) -> Row[tuple[UUID, str, str]]:
    """Return an account's fund, code and currency. Raises AccountUnknown."""
    values = {"institution_id": tenancy.institution_of(session), "account_id": account_id}
    row = (await session.execute(FIND_ACCOUNT, values)).first()
    if row is None:
        raise AccountUnknown(account_id=account_id)
    return row


NEXT_TRANSACTION = text("select pg_snapshot_xmax(pg_current_snapshot())::text")
HAS_ENDED = text("""
    select pg_snapshot_xmin(pg_current_snapshot()) >= cast(cast(:moment as text) as xid8)
""")


async def next_transaction(session: AsyncSession) -> str:
    """Return a mark of this moment: every transaction begun so far is older."""
    mark: str = (await session.execute(NEXT_TRANSACTION)).scalar_one()
    return mark


async def has_ended(session: AsyncSession, *, before: str) -> bool:
    """Tell whether every transaction older than the mark has ended."""
    ended: bool = (await session.execute(HAS_ENDED, {"moment": before})).scalar_one()
    return ended


CLOSED_THROUGH = text("""
    select max(closed_through) from closing where institution_id = :institution_id
""")


async def closed_through(session: AsyncSession) -> date | None:
    """Return the last closed day of the books, or None."""
    values = {"institution_id": tenancy.institution_of(session)}
    day: date | None = (await session.execute(CLOSED_THROUGH, values)).scalar()
    return day


HORIZON = text("""
    select number, numbered_at, hash from journal_link where institution_id = :institution_id
    order by number desc limit 1
""")


async def horizon(session: AsyncSession) -> Row[tuple[int, datetime, bytes]] | None:
    """Return the newest link of the journal's chain: number, time, hash."""
    values = {"institution_id": tenancy.institution_of(session)}
    return (await session.execute(HORIZON, values)).first()


async def cut_of(session: AsyncSession, *, as_of: date | None, known_at: datetime | None) -> Cut:
    """Bind a question to what is known for good.

    An instant later than the newest link is answered for that link's instant, which the answer
    states: so the same pair of dates gives the same answer for ever.
    """
    if known_at is None:
        return Cut(as_of=as_of)
    newest = await horizon(session)
    return Cut(as_of=as_of, known_at=min(known_at, newest.numbered_at if newest else BEFORE_ALL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The two dates of a question; `is_now` where all that is booked today answers it."""

    as_of: date
    known_at: datetime | None
    is_now: bool


NEWEST = text("""
    select greatest(
      (select numbered_at from feed_entry where institution_id = :institution_id
       order by number desc limit 1),
      (select numbered_at from journal_link where institution_id = :institution_id
       order by number desc limit 1))
""")


async def moment_of(
    session: AsyncSession, *, as_of: date | None, known_at: datetime | None, today: date
) -> Moment:
    """Bind a question to what is known for good, as `cut_of` does; without a day it is of today."""
    if known_at is not None:
        values = {"institution_id": tenancy.institution_of(session)}
        newest: datetime | None = await session.scalar(NEWEST, values)
        known_at = min(known_at, newest or BEFORE_ALL)
    day = as_of or today
    return Moment(as_of=day, known_at=known_at, is_now=known_at is None and day >= today)


# Rows `h` that name the event of their transaction, at an instant: those written by then, without
# those that were still on the way (written before it, numbered after it). No transaction lasts
# longer than ten minutes from such a row to its number; one that waited longer is in event_late.
UNKNOWN = """
  unknown as (
    select event_id from feed_entry
    where institution_id = :institution_id and numbered_at > :known_at
      and numbered_at <= cast(:known_at as timestamptz) + interval '10 minutes'
    union all
    select event_id from event_pending where institution_id = :institution_id
    union all
    select event_id from event_late
    where institution_id = :institution_id and numbered_at > :known_at
  ),
"""
KNOWN = """
      and h.known_from <= :known_at
      and (h.event_id is null or h.event_id not in (select event_id from unknown))
"""
