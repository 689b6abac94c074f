"""What do the books say of a fund over a period: balances, moves, claims, ages of its money?"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import fund_account, pool_reading, pools
from services.loans.domain.fund_account import FundAccount, Heading, Moved, Part
from services.loans.domain.lineage import Place, Policy
from services.loans.funds.tables import FundRow
from services.loans.lineage.pooled import queries as pooled
from shared import tenancy
from shared.ids import FundId
from shared.periods import Period

# By account what the entries told by a number leave: before the period, and in it.
BALANCES = text("""
    select a.code,
      coalesce(sum(l.amount_minor) filter (where e.occurred_on < :start), 0)::bigint as before,
      coalesce(sum(l.amount_minor) filter (where e.occurred_on >= :start), 0)::bigint as within
    from account a
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    join journal_link k on k.institution_id = e.institution_id and k.entry_id = e.entry_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id
      and e.occurred_on < :end and k.number <= :through
    group by a.code
""")
# A payment charged back takes money back as a reversal does, and what undoes it gives it again.
MOVES = text("""
    select m.source_place, m.target_place, coalesce(o.kind, e.kind) as kind,
      (e.reverses_entry_id is not null) <> (c.order_id is not null) as is_reversal,
      sum(m.amount_minor)::bigint as ever,
      coalesce(sum(m.amount_minor) filter (where e.occurred_on >= :start), 0)::bigint as within
    from lineage_move m
    join journal_link k on k.institution_id = m.institution_id and k.number = m.number
    join journal_entry e on e.institution_id = k.institution_id and e.entry_id = k.entry_id
    left join journal_entry o on o.institution_id = e.institution_id
      and o.entry_id = e.reverses_entry_id
    left join contract_order c on c.institution_id = e.institution_id
      and c.order_id = coalesce(o.source_id, e.source_id) and c.kind = 'charge_back'
    where m.institution_id = :institution_id and m.fund_id = :fund_id
      and e.occurred_on < :end and m.number <= :through
    group by 1, 2, 3, 4
""")
CLAIMS = text("""
    with claim as (
      select k.kind, k.amount_minor,
        (k.recorded_at at time zone i.timezone)::date as recorded_on
      from fund_claim k join institution i on i.institution_id = k.institution_id
      where k.institution_id = :institution_id and k.fund_id = :fund_id
        and (cast(:at as timestamptz) is null or k.recorded_at <= :at)
    )
    select
      coalesce(sum(amount_minor) filter (
        where kind = 'commit' and recorded_on >= :start), 0)::bigint as committed,
      coalesce(sum(case kind when 'commit' then amount_minor when 'undraw' then amount_minor
        when 'uncommit' then -amount_minor when 'draw' then -amount_minor else 0 end)
        filter (where recorded_on < :start), 0)::bigint as opening,
      coalesce(sum(case kind when 'commit' then amount_minor when 'undraw' then amount_minor
        when 'uncommit' then -amount_minor when 'draw' then -amount_minor else 0 end), 0)::bigint
        as closing
    from claim where recorded_on < :end
""")
# How old each unit was that left what is at hand, in the order in which it came: since the day on
# which it came in, and whether a borrower had had it before.
AGES = text("""
    with gone as (
      select m.source_owner as hand, m.source_start as start,
        m.source_start + m.amount_minor as stop, m.target_place, e.occurred_on
      from lineage_move m
      join journal_link k on k.institution_id = m.institution_id and k.number = m.number
      join journal_entry e on e.institution_id = k.institution_id and e.entry_id = k.entry_id
      where m.institution_id = :institution_id and m.fund_id = :fund_id and m.number <= :through
        and m.source_place = 'hand' and m.target_place in ('contract', 'spent')
        and e.kind in ('disbursement', 'deal', 'grant')
        and e.occurred_on >= :start and e.occurred_on < :end
    )
    select g.target_place, c.source_place, greatest(g.occurred_on - e.occurred_on, 0) as days,
      sum(least(g.stop, c.target_start + c.amount_minor)
        - greatest(g.start, c.target_start))::bigint as units
    from gone g
    cross join lateral (
      select coalesce(max(f.target_start), 0) as first from lineage_move f
      where f.institution_id = :institution_id and f.fund_id = :fund_id
        and f.target_place = 'hand' and f.target_owner = g.hand and f.target_start <= g.start
    ) f
    join lineage_move c on c.institution_id = :institution_id and c.fund_id = :fund_id
      and c.target_place = 'hand' and c.target_owner = g.hand
      and c.target_start >= f.first and c.target_start < g.stop
      and c.target_start + c.amount_minor > g.start and c.number <= :through
    join journal_link k on k.institution_id = c.institution_id and k.number = c.number
    join journal_entry e on e.institution_id = k.institution_id and e.entry_id = k.entry_id
    group by 1, 2, 3
""")
DRAWN = text("""
    select m.version, sum(m.amount_minor)::bigint as units
    from lineage_move m
    join journal_link k on k.institution_id = m.institution_id and k.number = m.number
    join journal_entry e on e.institution_id = k.institution_id and e.entry_id = k.entry_id
    where m.institution_id = :institution_id and m.fund_id = :fund_id and m.number <= :through
      and m.source_place = 'hand' and m.target_place = 'contract' and m.version is not null
      and e.kind in ('disbursement', 'deal')
      and e.occurred_on >= :start and e.occurred_on < :end
    group by m.version
""")
PROMISED = text("""
    select coalesce(sum(a.total_minor), 0)::bigint as minor
    from agreement a join agreement_decision d
      on d.institution_id = a.institution_id and d.proposal_id = a.agreement_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id and d.outcome = 'approve'
      and a.currency = a.fund_currency and a.signed_on < :end
""")
BEGUN_ON = text("""
    select min(e.occurred_on) from account a
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id
""")
FUNDS = text("select fund_id from fund where institution_id = :institution_id order by fund_id")
HEAD = text("""
    select name_ar, name_fr, name_en, code from institution where institution_id = :institution_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A fund's account over a period, with what its measures need beside it.

    What is `invested` stands in property: it is at hand, and can not be lent.
    """

    account: FundAccount
    ever: dict[Part, fund_account.Purse]
    ever_paid_in: int
    by_account: dict[str, int]
    invested_before: int
    invested: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """What was passed on in a period: again, and for the first time by the days it had waited."""

    lent_again: int
    lags: list[tuple[int, int]]


async def books(session: AsyncSession, fund_id: FundId, *, period: Period, through: int) -> Books:
    """Return a fund's account of a period, of all entries told by a number."""
    values = _of(session, fund_id, period=period, through=through)
    before: dict[str, int] = {}
    within: dict[str, int] = {}
    for row in await session.execute(BALANCES, values):
        before[row.code], within[row.code] = row.before, row.within
    moves: list[Moved] = []
    ever: list[Moved] = []
    for row in await session.execute(MOVES, values):
        moves.append(_moved(row, row.within))
        ever.append(_moved(row, row.ever))
    after = {code: before[code] + within[code] for code in before}
    credits_within = {code: -minor for code, minor in within.items()}
    headings = fund_account.headings_of({code: -minor for code, minor in after.items()})
    return Books(
        account=FundAccount(
            opening=fund_account.purse_of(before),
            closing=fund_account.purse_of(after),
            parts=fund_account.parts_of(moves),
            headings=fund_account.headings_of(credits_within),
        ),
        ever=fund_account.parts_of(ever),
        ever_paid_in=headings[Heading.RECEIVED],
        by_account={code: minor for code, minor in sorted(credits_within.items()) if minor},
        invested_before=before.get("investments", 0),
        invested=after.get("investments", 0),
    )


async def begun_on(session: AsyncSession, fund_id: FundId) -> date | None:
    """Return the day of a fund's first entry."""
    values = {"institution_id": tenancy.institution_of(session), "fund_id": fund_id}
    day: date | None = (await session.execute(BEGUN_ON, values)).scalar()
    return day


async def claims(
    session: AsyncSession, fund_id: FundId, *, period: Period, at: datetime | None
) -> Row[tuple[int, int, int]]:
    """Return what was committed at the start, in the period, and is at its end, by recording."""
    values = {**_of(session, fund_id, period=period, through=0), "at": at}
    return (await session.execute(CLAIMS, values)).one()


async def aged(session: AsyncSession, fund: FundRow, *, period: Period, through: int) -> Aged:
    """Return how old the money was that was passed on in a period, and what of it was lent again.

    Ages go by order of coming, whatever the fund's policy; what was lent again goes by the policy.
    """
    fund_id = FundId(fund.fund_id)
    values = _of(session, fund_id, period=period, through=through)
    lags: dict[int, int] = {}
    again = 0
    for row in await session.execute(AGES, values):
        if row.source_place == Place.RECEIPT:
            lags[row.days] = lags.get(row.days, 0) + row.units
        elif row.target_place == Place.CONTRACT and row.source_place != Place.YIELD:
            again += row.units
    if Policy(fund.lineage_policy) is Policy.PRO_RATA:
        again = await _lent_again_of_pool(session, fund_id, values=values)
    return Aged(lent_again=again, lags=sorted(lags.items()))


async def promised(session: AsyncSession, fund_id: FundId, *, period: Period) -> int:
    """Return what donors have committed to a fund by agreements in force, in its currency."""
    values = _of(session, fund_id, period=period, through=0)
    return int((await session.execute(PROMISED, values)).scalar_one())


async def head(session: AsyncSession) -> Row[tuple[str, str, str, str]]:
    """Return the institution's names and code."""
    values = {"institution_id": tenancy.institution_of(session)}
    return (await session.execute(HEAD, values)).one()


async def every(
    session: AsyncSession, *, period: Period, through: int
) -> AsyncIterator[tuple[UUID, FundAccount]]:
    """Give the account of every fund over a period."""
    values = {"institution_id": tenancy.institution_of(session)}
    for fund_id in (await session.scalars(FUNDS, values)).all():
        found = await books(session, FundId(fund_id), period=period, through=through)
        yield fund_id, found.account


async def _lent_again_of_pool(
    session: AsyncSession, fund_id: FundId, *, values: dict[str, object]
) -> int:
    """Each version's share of money that came back, of what was drawn from it in the period."""
    versions = {one.number: one for one in await pooled.versions(session, fund_id)}
    shares = pool_reading.lent_again(list(versions.values()))
    again = 0
    for row in await session.execute(DRAWN, values):
        drawn = versions[row.version].drawn
        if drawn > 0:
            used = min(shares[row.version], drawn)
            again += pools.shares(row.units, (used, drawn - used))[0]
    return again


def _moved(row: Row[tuple[str, str, str, bool, int, int]], amount: int) -> Moved:
    return Moved(
        source=Place(row.source_place),
        target=Place(row.target_place),
        kind=row.kind,
        is_reversal=row.is_reversal,
        amount=amount,
    )


def _of(
    session: AsyncSession, fund_id: FundId, *, period: Period, through: int
) -> dict[str, object]:
    start: date = period.start
    return {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "start": start,
        "end": period.end,
        "through": through,
    }
