"""What does each fund hold, and what is claimed of it?"""

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
# A debt that more was taken off than was owed is no money: each account owes at least nothing.
# What was promised and is firmly due counts on a day that is asked for.
STANDINGS = text(f"""
    select f.fund_id, f.kind, f.currency, b.cash_minor, b.loans_minor, b.owed_minor,
      b.endowed_minor, c.reserved_minor, c.committed_minor,
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
        select a.code, sum(l.amount_minor) as minor
        from account a join journal_line l
          on l.institution_id = a.institution_id and l.account_id = a.account_id
        where a.institution_id = f.institution_id and a.fund_id = f.fund_id
          and (a.code in ({MONEY}, {LENT}) or {IS_OWED} or {IS_ENDOWED})
        group by a.code
      ) a
    ) b
    cross join lateral (
      select
        coalesce(sum(case kind when 'reserve' then amount_minor when 'release' then -amount_minor
          when 'commit' then -amount_minor else 0 end), 0)::bigint as reserved_minor,
        coalesce(sum(case kind when 'commit' then amount_minor when 'uncommit' then -amount_minor
          when 'draw' then -amount_minor when 'undraw' then amount_minor else 0 end), 0)::bigint
          as committed_minor
      from fund_claim k where k.institution_id = f.institution_id and k.fund_id = f.fund_id
    ) c
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
    """Return the standing of each fund in one statement."""
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
