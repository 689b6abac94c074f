"""What does each fund hold, and what is claimed of it, from sums that are kept?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, Row, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import chart
from services.loans.domain.claiming import Standing
from shared import tenancy
from shared.ids import FundId
from shared.money import Money

# What stands out in loans, goods and shares, and whose money a fund holds beside its own.
LENT = ", ".join(f"'{code}'" for code in chart.LENT)
OWED = ", ".join(f"'{code}'" for code in chart.OWED)
# What was given to stand, in the kinds of fund that may have a corpus.
ENDOWED = "'fund_balance', 'corpus_addition', 'temporary_corpus'"
IS_ENDOWED = f"(f.kind in ('waqf', 'donation') and a.code in ({ENDOWED}))"
IS_OWED = f"(a.code in ({OWED}) or starts_with(a.code, 'own_liability_'))"
MONEY = ", ".join(f"'{code}'" for code in chart.MONEY)
FEW = 2_000
"""Entries that wait for their number, beyond which all lines of an account are added up instead."""
# What stands on accounts is what was kept of the numbered entries, and the lines of the few that
# wait for their number, looked up one by one: what the planner thinks of their number is old.
# A debt that more was taken off than was owed is no money: each account owes at least nothing.
# What was promised and is firmly due counts on a day that is asked for.
STANDINGS = text(f"""
    with backlog as materialized (
      select entry_id from journal_pending where institution_id = :institution_id limit {FEW} + 1
    ), long as materialized (
      select count(*) > {FEW} as is_long from backlog
    ), waiting as materialized (
      select l.account_id, sum(l.amount_minor) as minor
      from backlog p
      cross join lateral (
        select account_id, amount_minor from journal_line
        where institution_id = :institution_id and entry_id = p.entry_id
          and fund_id = any(:fund_ids)
        offset 0
      ) l
      where not (select is_long from long)
      group by l.account_id
    )
    select f.fund_id, f.kind, f.currency, b.cash_minor, b.loans_minor, b.owed_minor,
      b.endowed_minor, coalesce(c.reserved_minor, 0) as reserved_minor,
      coalesce(c.committed_minor, 0) as committed_minor,
      (select sum(e.amount_minor)::bigint from fund_expectation e
        where e.institution_id = f.institution_id and e.fund_id = f.fund_id
          and e.from_on <= :on and e.until_on > :on) as due_minor,
      f.kind = 'waqf' or exists (select from waqf_order o
        where o.institution_id = f.institution_id and o.fund_id = f.fund_id and o.kind = 'deed')
        as may_have_corpus,
      exists (select from clause r
        where r.institution_id = f.institution_id and r.fund_id = f.fund_id) as has_clauses
    from fund f
    cross join lateral (
      select
        coalesce(sum(a.minor) filter (where a.code in ({MONEY})), 0)::bigint as cash_minor,
        coalesce(sum(a.minor) filter (where a.code in ({LENT})), 0)::bigint as loans_minor,
        coalesce(sum(greatest(-a.minor, 0)) filter (where {IS_OWED}), 0)::bigint as owed_minor,
        coalesce(-sum(a.minor) filter (where {IS_ENDOWED}), 0)::bigint as endowed_minor
      from (
        select a.code, case when (select is_long from long) then (
            select sum(l.amount_minor) from journal_line l
            where l.institution_id = a.institution_id and l.account_id = a.account_id)
          else coalesce(s.minor, 0) + coalesce(w.minor, 0) end as minor
        from account a
        left join account_sum s
          on s.institution_id = a.institution_id and s.account_id = a.account_id
        left join waiting w on w.account_id = a.account_id
        where a.institution_id = f.institution_id and a.fund_id = f.fund_id
          and (a.code in ({MONEY}, {LENT}) or {IS_OWED} or {IS_ENDOWED})
      ) a
    ) b
    left join fund_claim_sum c on c.institution_id = f.institution_id and c.fund_id = f.fund_id
    where f.institution_id = :institution_id and f.fund_id = any(:fund_ids)
""").bindparams(bindparam("on", type_=Date))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A fund's standing, and whether anybody wrote clauses or a deed that may hold it."""

    standing: Standing
    has_clauses: bool
    may_have_corpus: bool


async def counted(
    session: AsyncSession, fund_ids: Sequence[FundId], *, on: date | None
) -> dict[FundId, Counted]:
    """Return the standing of each fund in one statement, whatever number of claims it has."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_ids": list(set(fund_ids)),
        "on": on,
    }
    rows = await session.execute(STANDINGS, values)
    return {FundId(row.fund_id): _counted(row) for row in rows}


def _counted(row: Row[Any]) -> Counted:
    cash = Money(row.cash_minor - row.owed_minor, row.currency)
    return Counted(
        standing=Standing(
            cash=cash,
            net_assets=cash + Money(row.loans_minor, row.currency),
            reserved=Money(row.reserved_minor, row.currency),
            committed=Money(row.committed_minor, row.currency),
            endowed=Money(row.endowed_minor, row.currency),
            due=None if row.due_minor is None else Money(row.due_minor, row.currency),
        ),
        has_clauses=row.has_clauses,
        may_have_corpus=row.may_have_corpus,
    )
