"""How does a close know where a contract stands in its schedule, without reading all of it?"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import accrual, provisioning
from services.loans.domain.closing_policy import ClosingPolicy, DatedPolicy
from shared import tenancy
from shared.ids import FundId

# Where a contract stands in its schedule on a day, from its instalments: the one next due, what
# was earned before it, and what share of the principals from there on may be lost.
REFRESH = text("""
    insert into accrual_window (institution_id, contract_id, generation, policy_id,
      renegotiated_on, cured_on, since, until, accrues, owes_goods, starts_on, due_on,
      profit_minor, before_minor, loss_year, loss_life)
    with wanted as (
      select * from unnest(cast(:contracts as uuid[]), cast(:generations as int[]),
          cast(:policies as uuid[]), cast(:renegotiated as date[]), cast(:disbursed as date[]),
          cast(:accrues as boolean[]), cast(:owes_goods as boolean[]),
          cast(:straight as boolean[]), cast(:cure_dues as int[]), cast(:shares as int[]))
        as w(contract_id, generation, policy_id, renegotiated_on, disbursed_on, accrues,
          owes_goods, is_straight, cure_dues, share)
    ), shares as (
      select * from jsonb_to_recordset(cast(cast(:tables as text) as jsonb))
        as s(number int, performing bigint[], underperforming bigint[])
    ), due as (
      select w.*, i.due_on, i.principal_minor, i.profit_minor,
        least(coalesce(lag(i.due_on) over course, w.disbursed_on), i.due_on - 1) as starts_on,
        lag(i.due_on) over course as previous, lead(i.due_on) over course as following,
        (sum(i.profit_minor) over course)::bigint - i.profit_minor as before,
        (sum(i.profit_minor) over loan)::bigint as whole, max(i.due_on) over loan as last_due_on
      from wanted w join instalment i on i.institution_id = :institution_id
        and i.contract_id = w.contract_id and i.generation = w.generation
      window course as (partition by w.contract_id order by i.number),
        loan as (partition by w.contract_id)
    ), present as (
      select * from due
      where (previous is null or :day > previous) and (:day <= due_on or following is null)
    ), loss as (
      select p.contract_id,
        div(sum(d.principal_minor * s.performing[1 + least(m.ahead, 12)]::numeric),
          greatest(sum(d.principal_minor), 1)) as year,
        div(sum(d.principal_minor * s.underperforming[1 + m.ahead]::numeric),
          greatest(sum(d.principal_minor), 1)) as life
      from present p
      join due d on d.contract_id = p.contract_id and d.due_on >= p.due_on
      join shares s on s.number = p.share
      cross join lateral (select least(greatest(
        ((d.due_on - p.starts_on) * 4800 + 73050) / 146100, 1), 600) as ahead) m
      group by p.contract_id
    )
    select :institution_id, p.contract_id, p.generation, p.policy_id, p.renegotiated_on,
      case when p.renegotiated_on is null then null
        when p.cure_dues = 0 then p.renegotiated_on else (
          select c.due_on from due c
          where c.contract_id = p.contract_id and c.due_on > p.renegotiated_on
          order by c.due_on offset greatest(p.cure_dues, 1) - 1 limit 1) end,
      coalesce(p.previous, '-infinity'),
      case when p.following is null then 'infinity' else p.due_on end,
      p.accrues, p.owes_goods,
      case when p.is_straight then least(p.disbursed_on, p.last_due_on - 1) else p.starts_on end,
      case when p.is_straight then p.last_due_on else p.due_on end,
      case when p.is_straight then p.whole else p.profit_minor end,
      case when p.is_straight then 0 else p.before end,
      coalesce(l.year, 0), coalesce(l.life, 0)
    from present p left join loss l on l.contract_id = p.contract_id
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
    stale: Sequence[Row[Any]],
    *,
    day: date,
    policies: Mapping[FundId, DatedPolicy],
) -> None:
    """Make the windows of contracts anew for a day; nothing else of them is touched."""
    held = [policies[FundId(row.fund_id)] for row in stale]
    numbers: dict[tuple[UUID, str], int] = {}
    tables: list[dict[str, object]] = []
    for row, dated in zip(stale, held, strict=True):
        key = dated.policy_id, row.annual_rate
        if dated.policy.loss is not None and key not in numbers:
            numbers[key] = len(tables)
            tables.append(_table(len(tables), dated.policy, annual_rate=row.annual_rate))
    straight = accrual.Recognition.STRAIGHT_LINE
    await session.execute(
        REFRESH,
        {
            "institution_id": tenancy.institution_of(session),
            "day": day,
            "tables": orjson.dumps(tables).decode(),
            "contracts": [row.contract_id for row in stale],
            "generations": [row.generation for row in stale],
            "policies": [dated.policy_id for dated in held],
            "renegotiated": [row.renegotiated_on for row in stale],
            "disbursed": [row.disbursed_on for row in stale],
            "accrues": [row.mode_of_finance not in accrual.NEVER_ACCRUES for row in stale],
            "owes_goods": [row.mode_of_finance in provisioning.GOODS_OWED for row in stale],
            "straight": [dated.policy.recognition is straight for dated in held],
            "cure_dues": [dated.policy.staging.cure_dues for dated in held],
            "shares": [
                numbers.get((dated.policy_id, row.annual_rate), -1)
                for row, dated in zip(stale, held, strict=True)
            ],
        },
    )


def _table(number: int, policy: ClosingPolicy, *, annual_rate: str) -> dict[str, object]:
    loss = policy.loss
    if loss is None:
        raise ValueError("a policy without expected loss has no shares")
    rate = Decimal(annual_rate)
    return {
        "number": number,
        "performing": provisioning.shares(loss.performing, loss=loss, annual_rate=rate),
        "underperforming": provisioning.shares(loss.underperforming, loss=loss, annual_rate=rate),
    }
