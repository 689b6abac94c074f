"""What do the statements of a real account hold, and what do the books hold of it?"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.ledger.queries import WITHIN_CUT, Cut
from shared import tenancy

LAST = """
      select j.version, j.outcome, j.state, j.match_id, j.owner_id, j.day from judgement j
      where j.institution_id = :institution_id and j.subject_id = {subject}
        and j.money_account_id = :money_account_id
        and (cast(:known_at as timestamptz) is null or j.recorded_at <= :known_at)
      order by j.version desc limit 1
"""
LINES = text(f"""
    select l.line_id, l.booked_on, l.valued_on, l.side, l.currency, l.amount_minor, l.is_reversal,
      l.provider_reference, l.own_references, j.version, j.outcome, j.state, j.match_id,
      s.line_id is not null as is_held
    from statement_line l
    left join lateral ({LAST.format(subject="l.line_id")}) j on true
    left join suspense_item s on s.institution_id = l.institution_id and s.line_id = l.line_id
    where l.institution_id = :institution_id and l.money_account_id = :money_account_id
      and l.booked_on >= :since and (j.state is null or j.state = 'open')
    order by l.booked_on, l.line_id
""")


async def open_lines(
    session: AsyncSession, money_account_id: UUID, *, since: date
) -> Sequence[Row[Any]]:
    """Return the lines of an account that nothing is settled of, with what was last said."""
    values = {**_of(session, money_account_id), "since": since, "known_at": None}
    return (await session.execute(LINES, values)).all()


# A payment stands for what it booked: its repayment, the reversal of that, its payout, its
# recovery. What came out of suspense or went in is its line itself, but for money sent back.
MOVEMENTS = f"""
    select (array_agg(e.entry_id order by e.entry_id))[1] as subject_id, e.source_id, e.kind,
      e.contract_id, e.occurred_on, sum(l.amount_minor)::bigint as minor, l.currency,
      coalesce(r.payment_id, ro.payment_id, d.payment_id, dro.payment_id) as payment_id
    from money_account_fund k
    join account a on a.institution_id = k.institution_id and a.fund_id = k.fund_id
      and a.code = k.channel
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    left join repayment r on r.institution_id = e.institution_id and r.repayment_id = e.source_id
    left join repayment ro on ro.institution_id = r.institution_id
      and ro.repayment_id = r.reverses_repayment_id
    left join disbursement d on d.institution_id = e.institution_id
      and d.disbursement_id = e.source_id
    left join disbursement dro on dro.institution_id = d.institution_id
      and dro.disbursement_id = d.reverses_disbursement_id
    where k.institution_id = :institution_id and k.money_account_id = :money_account_id
      and e.occurred_on >= :since and {WITHIN_CUT}
      and (e.kind <> 'suspense' or exists (
        select from reconciliation_proposal p where p.institution_id = e.institution_id
          and p.proposal_id = e.source_id and p.kind = 'return'))
      and not exists (
        select from suspense_end x where x.institution_id = e.institution_id
          and x.repayment_id = e.source_id)
    group by e.source_id, e.kind, e.contract_id, e.occurred_on, l.currency, r.payment_id,
      ro.payment_id, d.payment_id, dro.payment_id
    having sum(l.amount_minor) <> 0
"""
OURS = text(f"""
    with moved as ({MOVEMENTS})
    select 'movement' as sort, m.subject_id, m.source_id, m.kind, m.minor, m.currency,
      m.occurred_on as day, 'completed' as status, null as provider_reference, c.reference,
      j.version, j.outcome, j.state, j.match_id
    from moved m
    left join contract c on c.institution_id = :institution_id and c.contract_id = m.contract_id
    left join lateral ({LAST.format(subject="m.subject_id")}) j on true
    where m.payment_id is null and not (m.kind = 'recovery' and exists (
        select from payment q where q.institution_id = :institution_id
          and q.contract_id = m.contract_id and q.booked_at is not null
          and q.direction = 'inbound' and q.amount_minor = m.minor))
      and (m.occurred_on >= :near or j.state is null or j.state = 'open')
    union all
    select 'payment', p.payment_id, p.payment_id, p.direction,
      case p.direction when 'inbound' then p.amount_minor else -p.amount_minor end, p.currency,
      coalesce(p.completed_on, cast(p.recorded_at at time zone i.timezone as date)), p.status,
      p.provider_reference, c.reference, j.version, j.outcome, j.state, j.match_id
    from payment p
    join institution i on i.institution_id = p.institution_id
    join contract c on c.institution_id = p.institution_id and c.contract_id = p.contract_id
    join money_account_fund k on k.institution_id = p.institution_id and k.fund_id = c.fund_id
      and k.channel = 'wallet' and k.money_account_id = :money_account_id
    left join lateral ({LAST.format(subject="p.payment_id")}) j on true
    where p.institution_id = :institution_id
      and cast(p.recorded_at at time zone i.timezone as date) >= :since
      and (p.recorded_at >= cast(:near as date) or j.state is null or j.state = 'open')
    order by 7, 2
""")


async def ours(
    session: AsyncSession, money_account_id: UUID, *, since: date, near: date
) -> Sequence[Row[Any]]:
    """Return payments and booked movements of a real account with what was last said of each.

    What is settled is left out where it is older than `near`. Amounts are signed: in is positive.
    """
    values = {
        **_of(session, money_account_id),
        "since": since,
        "near": near,
        "as_of": None,
        "known_at": None,
    }
    return (await session.execute(OURS, values)).all()


STATED = text("""
    select p.closed_on, p.opening_minor, p.closing_minor, p.currency, p.sequence, p.finding
    from statement_part p
    join statement_file f on f.institution_id = p.institution_id and f.file_id = p.file_id
    where p.institution_id = :institution_id and f.money_account_id = :money_account_id
      and p.told = 'statement' and p.closed_on >= :since and p.opening_minor is not null
      and p.closing_minor is not null
      and (cast(:known_at as timestamptz) is null or f.recorded_at <= :known_at)
    order by p.closed_on, f.recorded_at, p.number
""")


async def stated(
    session: AsyncSession, money_account_id: UUID, *, since: date, known_at: datetime | None = None
) -> Sequence[Row[Any]]:
    """Return what statements opened and closed with, the later word on a day after the earlier."""
    values = {**_of(session, money_account_id), "since": since, "known_at": known_at}
    return (await session.execute(STATED, values)).all()


DAYS = text("""
    select booked_on, currency,
      sum(case side when 'in' then amount_minor else -amount_minor end)::bigint as minor
    from statement_line
    where institution_id = :institution_id and money_account_id = :money_account_id
      and booked_on >= :since
      and (cast(:known_at as timestamptz) is null or recorded_at <= :known_at)
    group by booked_on, currency order by booked_on
""")


async def days(
    session: AsyncSession, money_account_id: UUID, *, since: date, known_at: datetime | None = None
) -> Sequence[Row[Any]]:
    """Return what the lines of each day add to a real account."""
    values = {**_of(session, money_account_id), "since": since, "known_at": known_at}
    return (await session.execute(DAYS, values)).all()


# What stands on one side only by a day: each match as far as it has come, every other line and
# movement by itself. A line whose money was put into suspense is in the books by that, until it is
# told to be a movement that was booked before.
ITEMS = text(f"""
    with moved as ({MOVEMENTS}), effects as (
      select coalesce(j.match_id, l.line_id) as key, l.line_id as subject_id, 'line' as sort,
        l.booked_on as day, j.outcome, j.owner_id,
        case l.side when 'in' then l.amount_minor else -l.amount_minor end
          - case when exists (
              select from journal_entry e where e.institution_id = i.institution_id
                and e.entry_id = i.entry_id and {WITHIN_CUT})
            and not exists (
              select from suspense_end x join reconciliation_proposal p
                on p.institution_id = x.institution_id and p.proposal_id = x.proposal_id
                and p.kind = 'match'
              join journal_entry e
                on e.institution_id = x.institution_id and e.entry_id = x.entry_id
              where x.institution_id = i.institution_id and x.line_id = i.line_id
                and {WITHIN_CUT})
            then i.amount_minor else 0 end as minor
      from statement_line l
      left join lateral ({LAST.format(subject="l.line_id")}) j on true
      left join suspense_item i on i.institution_id = l.institution_id and i.line_id = l.line_id
      where l.institution_id = :institution_id and l.money_account_id = :money_account_id
        and l.booked_on >= :since and l.booked_on <= :as_of
        and (cast(:known_at as timestamptz) is null or l.recorded_at <= :known_at)
      union all
      select coalesce(j.match_id, m.payment_id, m.subject_id),
        coalesce(m.payment_id, m.subject_id), 'movement', m.occurred_on, j.outcome, j.owner_id,
        -m.minor
      from moved m left join lateral (
        {LAST.format(subject="coalesce(m.payment_id, m.subject_id)")}) j on true
    )
    select key, min(sort) as sort, min(day) as day, sum(minor)::bigint as minor,
      (array_agg(outcome order by sort, subject_id))[1] as outcome,
      (array_agg(owner_id order by sort, subject_id))[1] as owner_id
    from effects group by key having sum(minor) <> 0 order by min(day), key
""")


async def items(
    session: AsyncSession, money_account_id: UUID, *, since: date, cut: Cut
) -> Sequence[Row[Any]]:
    """Return what stands on one side of a real account only, by a day; theirs is positive."""
    values = {
        **_of(session, money_account_id),
        "since": since,
        "as_of": cut.as_of,
        "known_at": cut.known_at,
    }
    return (await session.execute(ITEMS, values)).all()


def _of(session: AsyncSession, money_account_id: UUID) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "money_account_id": money_account_id,
    }
