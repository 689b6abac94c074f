"""How does a close know where a contract stands in its schedule, without reading all of it?"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import accrual, provisioning
from services.loans.domain.closing_policy import DatedPolicy
from services.loans.domain.provisioning import LossAssumptions
from shared import tenancy
from shared.ids import FundId

# Where a contract stands in its schedule on a day, from its instalments: what is next due (`due`),
# what was earned before it, and what share of the principals from there on may be lost. After the
# last due date the last one is next due, for ever.
REFRESH = text("""
    insert into accrual_window (institution_id, contract_id, generation, policy_id,
      renegotiated_on, cured_on, since, until, accrues, owes_goods, starts_on, due_on,
      profit_minor, before_minor, loss_year, loss_life)
    with rules as (
      select * from jsonb_to_recordset(cast(cast(:rules as text) as jsonb)) as r(
        fund_id uuid, policy_id uuid, is_straight boolean, cure_dues integer)
    ), wanted as materialized (
      select p.contract_id, p.generation, p.renegotiated_on, r.policy_id, r.is_straight,
        r.cure_dues, w.share, cast(c.terms ->> 'disbursed_on' as date) as disbursed_on,
        c.terms ->> 'mode_of_finance' <> all(cast(:never_accrue as text[])) as accrues,
        c.terms ->> 'mode_of_finance' = any(cast(:owe_goods as text[])) as owes_goods
      from unnest(cast(:contracts as uuid[]), cast(:shares as int[])) as w(contract_id, share)
      join position p on p.institution_id = :institution_id and p.contract_id = w.contract_id
        and p.contract_id between :first and :last
      join contract c on c.institution_id = :institution_id and c.contract_id = w.contract_id
        and c.contract_id between :first and :last
      join rules r on r.fund_id = p.fund_id
    ), share as materialized (
      select * from unnest(cast(:share_numbers as int[]), cast(:share_months as int[]),
        cast(:share_years as bigint[]), cast(:share_lives as bigint[]))
        as s(number, month, year, life)
    ), course as (
      select w.contract_id, min(i.due_on) filter (where i.due_on >= :day) as next_due_on,
        max(i.due_on) filter (where i.due_on < :day) as passed_on, max(i.due_on) as last_due_on,
        sum(i.profit_minor) filter (where i.due_on < :day) as passed_profit,
        sum(i.profit_minor) as whole
      from wanted w join instalment i on i.institution_id = :institution_id
        and i.contract_id = w.contract_id and i.generation = w.generation
        and i.contract_id between :first and :last
      group by w.contract_id
    ), place as materialized (
      select w.*, c.last_due_on, c.whole::bigint as whole,
        coalesce(c.next_due_on, c.last_due_on) as due_on,
        case when c.next_due_on is not null then c.passed_on else (
          select max(i.due_on) from instalment i where i.institution_id = :institution_id
            and i.contract_id = w.contract_id and i.generation = w.generation
            and i.due_on < c.last_due_on) end as previous,
        coalesce(case when c.next_due_on is not null then c.passed_profit else (
          select sum(i.profit_minor) from instalment i where i.institution_id = :institution_id
            and i.contract_id = w.contract_id and i.generation = w.generation
            and i.due_on < c.last_due_on) end, 0)::bigint as before
      from wanted w join course c on c.contract_id = w.contract_id
    ), rest as (
      select p.contract_id,
        sum(i.profit_minor) filter (where i.due_on = p.due_on)::bigint as profit,
        div(sum(i.principal_minor * s.year::numeric), greatest(sum(i.principal_minor), 1)) as year,
        div(sum(i.principal_minor * s.life::numeric), greatest(sum(i.principal_minor), 1)) as life
      from place p join instalment i on i.institution_id = :institution_id
        and i.contract_id = p.contract_id and i.generation = p.generation
        and i.due_on >= p.due_on and i.contract_id between :first and :last
      left join share s on s.number = p.share and s.month = least(greatest(
        ((i.due_on - least(coalesce(p.previous, p.disbursed_on), p.due_on - 1)) * 4800 + 73050)
          / 146100, 1), 600)
      group by p.contract_id
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
    from place p join rest r on r.contract_id = p.contract_id
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
    stale: Sequence[Row[Any]],
    *,
    day: date,
    rules: str,
    policies: Mapping[FundId, DatedPolicy],
) -> None:
    """Make the windows of contracts anew for a day; nothing else of them is touched."""
    numbers: dict[tuple[UUID, str], int] = {}
    shares: list[tuple[int, int, int, int]] = []
    contracts: list[UUID] = []
    chosen: list[int] = []
    for row in stale:
        dated = policies[FundId(row.fund_id)]
        key, loss = (dated.policy_id, row.annual_rate), dated.policy.loss
        if loss is not None and key not in numbers:
            numbers[key] = len(numbers)
            shares += _shares(numbers[key], loss, rate=Decimal(row.annual_rate))
        contracts += row.contract_ids
        chosen += [numbers.get(key, -1)] * len(row.contract_ids)
    names = ("share_numbers", "share_months", "share_years", "share_lives")
    columns = [list(column) for column in zip(*shares, strict=True)] or [[]] * len(names)
    await session.execute(
        REFRESH,
        {
            "institution_id": tenancy.institution_of(session),
            "day": day,
            "rules": rules,
            "never_accrue": sorted(accrual.NEVER_ACCRUES),
            "owe_goods": sorted(provisioning.GOODS_OWED),
            "first": min(contracts),
            "last": max(contracts),
            "contracts": contracts,
            "shares": chosen,
            **dict(zip(names, columns, strict=True)),
        },
    )


def _shares(
    number: int, loss: LossAssumptions, *, rate: Decimal
) -> list[tuple[int, int, int, int]]:
    """The share of a principal lost within a year and within its life, by months ahead."""
    year = provisioning.shares(loss.performing, loss=loss, annual_rate=rate)
    life = provisioning.shares(loss.underperforming, loss=loss, annual_rate=rate)
    return [
        (number, month, year[min(month, provisioning.MONTHS_IN_YEAR)], life[month])
        for month in range(1, provisioning.MONTHS_MAX + 1)
    ]
