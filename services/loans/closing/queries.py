"""What rules close a day, what was closed, and how does a portfolio stand on a day?

The arithmetic of a portfolio is that of `domain/day_close.py`, contract by contract in whole minor
units, written so that no product leaves 64 bits: x n / d is (x / d) n + (x % d) n / d. A property
test holds the two against each other; what is summed is only ever a contract's own rounded figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.closing.tables import (
    ClosingPolicyRow,
    DayCloseBookRow,
    DayCloseFigureRow,
    DayCloseRow,
)
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.closing_policy import ClosingPolicy, DatedPolicy
from services.loans.domain.day_close import Stock
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import FundId, ProductId

Book = tuple[FundId, ProductId]


class DayCloseUnknown(RafidError):
    """The day has not been closed"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No close of {day} is known."
    day: date


async def policies(session: AsyncSession) -> list[ClosingPolicyRow]:
    """Return every rule of closing that was given, in the order of giving."""
    statement = (
        select(ClosingPolicyRow)
        .where(ClosingPolicyRow.institution_id == tenancy.institution_of(session))
        .order_by(ClosingPolicyRow.policy_id)
    )
    return list(await session.scalars(statement))


def dated(row: ClosingPolicyRow) -> DatedPolicy:
    """Give a row as the domain knows it."""
    return DatedPolicy(
        policy_id=row.policy_id,
        fund_id=None if row.fund_id is None else FundId(row.fund_id),
        starts_on=row.starts_on,
        policy=ClosingPolicy.from_json(row.members),
    )


FUNDS = text("""
    select fund_id, kind, currency from fund where institution_id = :institution_id
    order by fund_id
""")


async def funds(session: AsyncSession) -> dict[FundId, FundAccounts]:
    """Return every fund with the accounts that it has."""
    values = {"institution_id": tenancy.institution_of(session)}
    return {
        FundId(row.fund_id): FundAccounts(
            fund_id=FundId(row.fund_id), kind=FundKind(row.kind), currency=row.currency
        )
        for row in await session.execute(FUNDS, values)
    }


MODES = text("""
    select distinct on (product_id) product_id, mode_of_finance from product_version
    where institution_id = :institution_id order by product_id, version desc
""")


async def modes(session: AsyncSession) -> dict[ProductId, str]:
    """Return the mode of finance of each product."""
    values = {"institution_id": tenancy.institution_of(session)}
    found = await session.execute(MODES, values)
    return {ProductId(row.product_id): row.mode_of_finance for row in found}


async def last_close(
    session: AsyncSession, *, day: date | None = None, known_at: datetime | None = None
) -> DayCloseRow | None:
    """Return the newest close, of one day where it is named, as far as it was known then."""
    statement = select(DayCloseRow).where(
        DayCloseRow.institution_id == tenancy.institution_of(session)
    )
    if day is not None:
        statement = statement.where(DayCloseRow.day == day)
    if known_at is not None:
        statement = statement.where(DayCloseRow.recorded_at <= known_at)
    return await session.scalar(statement.order_by(DayCloseRow.run.desc()).limit(1))


async def close_of(
    session: AsyncSession, day: date, *, known_at: datetime | None
) -> tuple[DayCloseRow, Sequence[DayCloseBookRow], Sequence[DayCloseFigureRow]]:
    """Return a day's newest close with its books and figures. Raises DayCloseUnknown."""
    found = await last_close(session, day=day, known_at=known_at)
    if found is None:
        raise DayCloseUnknown(day=day)
    key = {"institution_id": found.institution_id, "run": found.run}
    books = select(DayCloseBookRow).filter_by(**key)
    figures = select(DayCloseFigureRow).filter_by(**key)
    of_book, row = (DayCloseBookRow.fund_id, DayCloseBookRow.product_id), DayCloseFigureRow
    of_figure = row.fund_id, row.product_id, row.bucket_from, row.stage
    return (
        found,
        (await session.scalars(books.order_by(*of_book))).all(),
        (await session.scalars(figures.order_by(*of_figure))).all(),
    )


async def stocks(session: AsyncSession, *, run: int) -> dict[Book, Stock]:
    """Return what the books show after a close."""
    statement = select(DayCloseBookRow).where(
        DayCloseBookRow.institution_id == tenancy.institution_of(session),
        DayCloseBookRow.run == run,
    )
    return {
        (FundId(row.fund_id), ProductId(row.product_id)): Stock(
            receivable=row.receivable_minor,
            unearned=row.unearned_minor,
            allowance=row.allowance_minor,
        )
        for row in await session.scalars(statement)
    }


# The next part of the portfolio: its last contract, or none where what is left is less than a part.
BOUND = text("""
    select contract_id from position
    where institution_id = :institution_id and contract_id > :after
    order by contract_id offset :size - 1 limit 1
""")


async def bound(session: AsyncSession, *, after: object, size: int) -> Any:
    """Return the last of so many contracts after one, or None."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "after": after,
        "size": size,
    }
    return await session.scalar(BOUND, values)


# One processor, memory to group a part, and plans for the part that is asked for. No nested loops
# over the portfolio: a window table that has just grown is believed to be small.
ALONE = text("""
    select set_config('max_parallel_workers_per_gather', '0', true),
      set_config('work_mem', '32MB', true), set_config('jit', 'off', true),
      set_config('plan_cache_mode', 'force_custom_plan', true),
      set_config('enable_sort', :loops, true), set_config('enable_nestloop', :loops, true)
""")


async def work_alone(session: AsyncSession, *, loops: bool = False) -> None:
    """Let the transaction's queries take one processor, and plan for parts of a portfolio."""
    await session.execute(ALONE, {"loops": "on" if loops else "off"})


MOMENT = text(
    "select clock_timestamp() as now, count(*) as many from position"
    " where institution_id = :institution_id"
)


async def moment(session: AsyncSession) -> Row[tuple[datetime, int]]:
    """Return this moment by the database's clock, and how many contracts there are."""
    values = {"institution_id": tenancy.institution_of(session)}
    return (await session.execute(MOMENT, values)).one()


RULES = """
  rules as (
    select * from jsonb_to_recordset(cast(cast(:rules as text) as jsonb)) as r(
      fund_id uuid, policy_id uuid, accrues boolean, non_accrual_after integer,
      risen_after integer, default_after integer,
      bucket_days integer[], minimums bigint[], default_loss bigint, has_loss boolean)
  )
"""

# Is a window not that of the contract, its policy and the day? A window that is not there is not.
NOT_HOLDING = """
  (w.contract_id is null or w.generation <> p.generation or w.policy_id <> r.policy_id
    or w.renegotiated_on is distinct from p.renegotiated_on
    or :day <= w.since or :day > w.until)
"""

STALE = text(f"""
    with {RULES}
    select array_agg(p.contract_id order by p.contract_id) as contract_ids
    from position p
    join rules r on r.fund_id = p.fund_id
    left join accrual_window w
      on w.institution_id = p.institution_id and w.contract_id = p.contract_id
      and w.contract_id > :after and w.contract_id <= :upto
    where p.institution_id = :institution_id
      and p.contract_id > :after and p.contract_id <= :upto
      and (p.status in ('active', 'renegotiated') or p.moved_on > :day) and {NOT_HOLDING}
""")

# By which rates the losses of contracts are discounted: those frozen at signing.
RATES = text("""
    select c.fund_id, c.effective_annual_rate, array_agg(c.contract_id) as contract_ids
    from unnest(cast(:contracts as uuid[])) as w(contract_id)
    join contract c on c.institution_id = :institution_id and c.contract_id = w.contract_id
    group by c.fund_id, c.effective_annual_rate
""")

# A contract whose newest movement lies after the day stands as its history says; the profit it
# had received by then is what it has received less what came later.
STANDING = """
  standing as (
    select p.contract_id, p.fund_id, p.product_id, p.currency, p.generation, p.renegotiated_on,
      p.outstanding_principal_minor as outstanding, p.oldest_open_due_on as oldest,
      p.paid_profit_minor as received
    from position p
    where p.institution_id = :institution_id
      and p.contract_id > :after and p.contract_id <= :upto
      and p.moved_on <= :day and p.status in ('active', 'renegotiated')
      and (p.generation_from is null or p.generation_from <= :day)
    union all
    select p.contract_id, p.fund_id, p.product_id, p.currency, p.generation, p.renegotiated_on,
      h.outstanding_principal_minor, h.oldest_open_due_on,
      p.paid_profit_minor - coalesce((
        select sum(m.profit_minor) from repayment m
        where m.institution_id = p.institution_id and m.contract_id = p.contract_id
          and m.received_on > :day), 0)::bigint
    from position p
    cross join lateral (
      select b.* from position_history b
      where b.institution_id = p.institution_id and b.contract_id = p.contract_id
        and b.valid_from <= :day
      order by b.valid_from desc, b.version desc limit 1
    ) h
    where p.institution_id = :institution_id
      and p.contract_id > :after and p.contract_id <= :upto
      and p.moved_on > :day and h.status in ('active', 'renegotiated')
      and (p.generation_from is null or p.generation_from <= :day)
  )
"""

# Steps of one contract: how late it is; where that puts it; what it has earned (half to even);
# what may be lost (a half up); what the books show. `offset 0` keeps the planner from writing the
# same bucket and the same product out again wherever a later step names it.
PARTS = f"""
  late as (
    select p.*, r.non_accrual_after, r.risen_after, r.default_after, r.bucket_days, r.minimums,
      r.default_loss, r.has_loss, {NOT_HOLDING} as is_stale, w.accrues and r.accrues as earns,
      w.owes_goods, w.cured_on, w.before_minor, w.loss_year, w.loss_life,
      w.due_on - w.starts_on as days, w.profit_minor,
      least(greatest(:day - w.starts_on, 0), w.due_on - w.starts_on)::bigint as passed,
      coalesce(greatest(:day - p.oldest, 0), 0) as days_late
    from standing p
    join rules r on r.fund_id = p.fund_id
    left join accrual_window w
      on w.institution_id = :institution_id and w.contract_id = p.contract_id
      and w.contract_id > :after and w.contract_id <= :upto
  ), placed as (
    select *, width_bucket(days_late, bucket_days) as bucket,
      renegotiated_on is not null and :day >= renegotiated_on
        and (cured_on is null or :day < cured_on or days_late > 0) as is_restructured,
      2 * (profit_minor % days) * passed + days as doubled
    from late offset 0
  ), earning as (
    select *, case when bucket = 0 then 0 else bucket_days[bucket] end as bucket_from,
      case when days_late > default_after then 3
        when is_restructured or days_late > risen_after then 2 else 1 end as stage,
      (profit_minor / days) * passed + doubled / (2 * days) as quotient
    from placed
  ), earned as (
    select *,
      case when earns then before_minor + quotient - case
        when doubled % (2 * days) = 0 and quotient % 2 = 1 then 1 else 0 end else 0 end as earned,
      case when earns then received else 0 end as received_profit,
      case when owes_goods or not has_loss then 0 when stage = 1 then loss_year
        when stage = 2 then loss_life else default_loss end as loss,
      case when owes_goods or cardinality(minimums) = 0 then 0
        else minimums[bucket + 1] end as least_share
    from earning
  ), part as (
    select *,
      greatest(earned - received_profit, 0) as open_profit,
      greatest(received_profit - earned, 0) as unearned,
      (outstanding / 1000000000) * loss
        + ((outstanding % 1000000000) * loss + 500000000) / 1000000000 as expected_loss,
      (outstanding / 1000000000) * least_share
        + ((outstanding % 1000000000) * least_share + 500000000) / 1000000000 as minimum
    from earned
  )
"""

# Contracts that the domain looks at one by one: those that another agreement holds of since the
# day, those without a window, those named.
ONE_BY_ONE = text("""
    select p.contract_id, p.fund_id, p.product_id, p.currency, p.renegotiated_on,
      h.outstanding_principal_minor as outstanding, h.oldest_open_due_on as oldest,
      p.paid_profit_minor - coalesce((
        select sum(m.profit_minor) from repayment m
        where m.institution_id = p.institution_id and m.contract_id = p.contract_id
          and m.received_on > :day), 0)::bigint - coalesce((
        select sum(g.profit_minor) from contract_generation g
        where g.institution_id = p.institution_id and g.contract_id = p.contract_id
          and g.effective_on > :day), 0)::bigint as received,
      c.terms ->> 'mode_of_finance' as mode_of_finance, c.effective_annual_rate, c.servicing,
      cast(c.terms ->> 'disbursed_on' as date) as disbursed_on
    from position p
    join contract c on c.institution_id = p.institution_id and c.contract_id = p.contract_id
    cross join lateral (
      select b.* from position_history b
      where b.institution_id = p.institution_id and b.contract_id = p.contract_id
        and b.valid_from <= :day
      order by b.valid_from desc, b.version desc limit 1
    ) h
    where p.institution_id = :institution_id and h.status in ('active', 'renegotiated')
      and (p.contract_id = any(cast(:contract_ids as uuid[]))
        or :with_anew and p.generation_from > :day)
    order by p.contract_id
""")

SUMS = text(f"""
    with {RULES}, {STANDING}, {PARTS}
    select fund_id, product_id, currency, bucket_from, stage, is_restructured,
      case when is_stale or days_late > 0 and product_id = any(cast(:anew as uuid[]))
        then contract_id end as without_window,
      count(*) as contracts, sum(outstanding) as outstanding, sum(earned) as earned,
      sum(case when days_late > non_accrual_after then 0 else open_profit end) as receivable,
      sum(unearned) as unearned,
      sum(case when days_late > non_accrual_after then open_profit else 0 end) as suspended,
      sum(expected_loss) as expected_loss, sum(minimum) as minimum,
      sum(greatest(expected_loss, minimum)) as allowance
    from part
    group by fund_id, product_id, currency, bucket_from, stage, is_restructured, without_window
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A day, the rules of each fund as JSON, and the contracts after one up to another."""

    day: date
    rules: str
    after: UUID
    upto: UUID


def _values(session: AsyncSession, cut: Cut) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "day": cut.day,
        "rules": cut.rules,
        "after": cut.after,
        "upto": cut.upto,
    }


async def stale(session: AsyncSession, cut: Cut) -> list[UUID]:
    """Return the contracts whose window is not that of the day, in the order of their ids."""
    return await session.scalar(STALE, _values(session, cut)) or []


async def rates(session: AsyncSession, contract_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Return the effective rates of contracts, by fund and rate."""
    values = {"institution_id": tenancy.institution_of(session), "contracts": list(contract_ids)}
    return (await session.execute(RATES, values)).all()


async def sums(session: AsyncSession, cut: Cut, *, anew: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Return the figures of a part of the portfolio by place.

    Late contracts of the products `anew`, whose overdue principal bears, are named one by one.
    """
    values = {**_values(session, cut), "anew": list(anew)}
    return (await session.execute(SUMS, values)).all()


async def one_by_one(
    session: AsyncSession, *, day: date, contract_ids: Sequence[UUID], with_anew: bool = False
) -> Sequence[Row[Any]]:
    """Return contracts as they stood on a day; with all that are agreed anew since, if asked."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "day": day,
        "contract_ids": list(contract_ids),
        "with_anew": with_anew,
    }
    return (await session.execute(ONE_BY_ONE, values)).all()
