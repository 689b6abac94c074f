"""How does a close know where a contract stands in its schedule, without reading all of it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.closing import queries
from services.loans.domain import accrual, provisioning
from services.loans.domain.closing_policy import DatedPolicy
from shared import tenancy
from shared.ids import FundId

NOWHERE = -(10**6)
"""A number of shares that lies outside of all of them: a subscript there gives none."""

# Where a contract stands in its schedule on a day, from its instalments: what is next due (`due`),
# what was earned before it, and what share of the principals from there on may be lost. After the
# last due date the last one is next due, for ever. Each contract is looked up by its key, and rows
# are written in the order of their keys, so that whole portfolios are read as they lie.
REFRESH = text("""
    insert into accrual_window (institution_id, contract_id, generation, policy_id,
      renegotiated_on, cured_on, since, until, accrues, owes_goods, starts_on, due_on,
      profit_minor, before_minor, loss_year, loss_life)
    with rules as materialized (
      select * from jsonb_to_recordset(cast(cast(:rules as text) as jsonb)) as r(
        fund_id uuid, policy_id uuid, is_straight boolean, cure_dues integer)
    ), course as (
      select p.contract_id, p.generation, p.renegotiated_on, r.policy_id, r.is_straight,
        r.cure_dues, w.share, cast(c.terms ->> 'disbursed_on' as date) as disbursed_on,
        c.terms ->> 'mode_of_finance' <> all(cast(:never_accrue as text[])) as accrues,
        c.terms ->> 'mode_of_finance' = any(cast(:owe_goods as text[])) as owes_goods, d.*
      from (
        select * from unnest(cast(:contracts as uuid[]), cast(:shares as int[]))
          as u(contract_id, share) order by contract_id
      ) w
      join position p on p.institution_id = :institution_id and p.contract_id = w.contract_id
      join contract c on c.institution_id = :institution_id and c.contract_id = w.contract_id
      join rules r on r.fund_id = p.fund_id
      cross join lateral (
        select min(i.due_on) filter (where i.due_on >= :day) as next_due_on,
          max(i.due_on) filter (where i.due_on < :day) as passed_on, max(i.due_on) as last_due_on,
          sum(i.profit_minor) filter (where i.due_on < :day) as passed_profit,
          sum(i.profit_minor)::bigint as whole
        from instalment i where i.institution_id = :institution_id
          and i.contract_id = p.contract_id and i.generation = p.generation
      ) d
      where d.last_due_on is not null
    ), place as (
      select c.*, coalesce(c.next_due_on, c.last_due_on) as due_on,
        case when c.next_due_on is not null then c.passed_on else (
          select max(i.due_on) from instalment i where i.institution_id = :institution_id
            and i.contract_id = c.contract_id and i.generation = c.generation
            and i.due_on < c.last_due_on) end as previous,
        coalesce(case when c.next_due_on is not null then c.passed_profit else (
          select sum(i.profit_minor) from instalment i where i.institution_id = :institution_id
            and i.contract_id = c.contract_id and i.generation = c.generation
            and i.due_on < c.last_due_on) end, 0)::bigint as before
      from course c offset 0
    )
    select :institution_id, p.contract_id, p.generation, p.policy_id, p.renegotiated_on,
      case when p.renegotiated_on is null or p.cure_dues = 0 then p.renegotiated_on else (
        select i.due_on from instalment i where i.institution_id = :institution_id
          and i.contract_id = p.contract_id and i.generation = p.generation
          and i.due_on > p.renegotiated_on
        order by i.due_on offset greatest(p.cure_dues, 1) - 1 limit 1) end,
      coalesce(p.previous, '-infinity'),
      case when p.due_on = p.last_due_on then 'infinity' else p.due_on end,
      p.accrues, p.owes_goods,
      case when p.is_straight then least(p.disbursed_on, p.last_due_on - 1)
        else least(coalesce(p.previous, p.disbursed_on), p.due_on - 1) end,
      case when p.is_straight then p.last_due_on else p.due_on end,
      case when p.is_straight then p.whole else r.profit end,
      case when p.is_straight then 0 else p.before end,
      coalesce(r.year, 0), coalesce(r.life, 0)
    from place p cross join lateral (
      select sum(l.profit_minor) filter (where l.due_on = p.due_on)::bigint as profit,
        div(sum(l.principal_minor * (cast(:years as bigint[]))[l.at]::numeric),
          greatest(sum(l.principal_minor), 1)) as year,
        div(sum(l.principal_minor * (cast(:lives as bigint[]))[l.at]::numeric),
          greatest(sum(l.principal_minor), 1)) as life
      from (
        select i.due_on, i.profit_minor, i.principal_minor,
          p.share * cast(:months as integer) + least(greatest(((i.due_on
            - least(coalesce(p.previous, p.disbursed_on), p.due_on - 1)) * 4800 + 73050)
            / 146100, 1), cast(:months as integer)) as at
        from instalment i where i.institution_id = :institution_id
          and i.contract_id = p.contract_id and i.generation = p.generation
          and i.due_on >= p.due_on
      ) l
    ) r
    order by p.contract_id
    on conflict (institution_id, contract_id) do update set generation = excluded.generation,
      policy_id = excluded.policy_id, renegotiated_on = excluded.renegotiated_on,
      cured_on = excluded.cured_on, since = excluded.since, until = excluded.until,
      accrues = excluded.accrues, owes_goods = excluded.owes_goods,
      starts_on = excluded.starts_on, due_on = excluded.due_on,
      profit_minor = excluded.profit_minor, before_minor = excluded.before_minor,
      loss_year = excluded.loss_year, loss_life = excluded.loss_life
""")


async def refresh_windows(
    session: AsyncSession,
    contract_ids: Sequence[UUID],
    *,
    day: date,
    rules: str,
    policies: Mapping[FundId, DatedPolicy],
) -> None:
    """Make the windows of contracts anew for a day; nothing else of them is touched."""
    shares = _Shares()
    contracts: list[UUID] = []
    numbers: list[int] = []
    for row in await queries.rates(session, contract_ids):
        number = shares.number(policies[FundId(row.fund_id)], row.effective_annual_rate)
        contracts += row.contract_ids
        numbers += [number] * len(row.contract_ids)
    await session.execute(
        REFRESH,
        {
            "institution_id": tenancy.institution_of(session),
            "day": day,
            "rules": rules,
            "never_accrue": sorted(accrual.NEVER_ACCRUES),
            "owe_goods": sorted(provisioning.GOODS_OWED),
            "contracts": contracts,
            "shares": numbers,
            "months": provisioning.MONTHS_MAX,
            "years": shares.years,
            "lives": shares.lives,
        },
    )


@dataclass(slots=True)
class _Shares:
    """The shares of a principal lost within a year and within its life, by months ahead.

    Those of one policy and rate stand behind each other, and are found by their number; where no
    loss is expected there are none, and the number is beyond the last.
    """

    numbers: dict[tuple[UUID, Decimal], int] = field(default_factory=dict)
    years: list[int] = field(default_factory=list)
    lives: list[int] = field(default_factory=list)

    def number(self, dated: DatedPolicy, rate: Decimal) -> int:
        """Give the number of the shares by a policy's assumptions, discounted by a yearly rate."""
        loss = dated.policy.loss
        if loss is None:
            return NOWHERE
        key = dated.policy_id, provisioning.discount_rate(rate)
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers)
            year = provisioning.shares(loss.performing, loss=loss, effective_rate=rate)
            life = provisioning.shares(loss.underperforming, loss=loss, effective_rate=rate)
            within = provisioning.MONTHS_IN_YEAR
            self.years += year[1:within] + (year[within],) * (len(year) - within)
            self.lives += life[1:]
        return self.numbers[key]
