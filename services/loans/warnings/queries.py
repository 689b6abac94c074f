"""Which loans ran on a day, what was known of each, and how is a month's grading divided?

A payment counts on its own day, and one that was taken back until the day on which that was
recorded. A plan counts from the day it holds, or from that on which it was agreed if that is
later. So what happens or is corrected after a day changes nothing of what was known on it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.early_warning import Running
from services.loans.warnings.tables import WarningPartRow
from shared import tenancy

# Members of a group are known as they are today: since when somebody belongs to it is not kept.
RUNNING = text("""
    select c.contract_id, c.branch_id, case when b.kind = 'person' then (
        select min(m.borrower_id::text)::uuid from borrower_member m
        where m.institution_id = c.institution_id and m.member_borrower_id = c.borrower_id)
        when b.kind is not null then c.borrower_id end as group_id
    from contract c
    left join borrower b
      on b.institution_id = c.institution_id and b.borrower_id = c.borrower_id
    cross join lateral (
      select h.status from position_history h where h.institution_id = c.institution_id
        and h.contract_id = c.contract_id and h.valid_from <= :as_of
      order by h.valid_from desc, h.version desc limit 1
    ) stood
    where c.institution_id = :institution_id and stood.status in ('active', 'renegotiated')
      and (cast(:contract_ids as uuid[]) is null or c.contract_id = any(:contract_ids))
      and (cast(:after as uuid) is null or c.contract_id > :after)
    order by c.contract_id limit :limit
""")
STARTED = text("""
    select contract_id, min(valid_from) as day from position_history
    where institution_id = :institution_id and contract_id = any(:contract_ids)
      and valid_from <= :as_of and status in ('active', 'renegotiated') group by 1
""")
DUES = """
    select i.contract_id, i.due_on as day,
      sum(i.principal_minor + i.profit_minor + i.fee_minor + i.penalty_minor)::bigint as figure
    from instalment i
    where i.institution_id = :institution_id and i.contract_id = any(:contract_ids)
      and i.generation = coalesce((
        select max(g.generation) from contract_generation g
        where g.institution_id = i.institution_id and g.contract_id = i.contract_id
          and g.effective_on <= :as_of
          and (g.recorded_at at time zone :zone)::date <= :as_of), 1)
    group by 1, 2
"""
MOVED = """
    select r.contract_id, r.received_on as day, r.amount_minor as figure from repayment r
    where r.institution_id = :institution_id and r.contract_id = any(:contract_ids)
      and r.received_on <= :as_of and r.reverses_repayment_id is null and not exists (
        select from repayment b where b.institution_id = r.institution_id
          and b.reverses_repayment_id = r.repayment_id
          and (b.recorded_at at time zone :zone)::date <= :as_of)
    union all
    select e.contract_id, o.effective_on, e.moved_minor + e.forgiven_minor
    from order_effect e join contract_order o
      on o.institution_id = e.institution_id and o.order_id = e.order_id
    where e.institution_id = :institution_id and e.contract_id = any(:contract_ids)
      and o.effective_on <= :as_of and (e.recorded_at at time zone :zone)::date <= :as_of
      and e.moved_minor + e.forgiven_minor <> 0
    union all
    select s.contract_id, s.taken_on, s.settled_minor from deal_step s
    where s.institution_id = :institution_id and s.contract_id = any(:contract_ids)
      and s.taken_on <= :as_of and s.settled_minor <> 0
"""
BURDENS = """
    select c.contract_id, a.assessed_at, (a.assessed_at at time zone :zone)::date as day,
      (a.answer #>> '{affordability,debt_service_share}')::numeric as figure
    from contract c join application_assessment a
      on a.institution_id = c.institution_id and a.application_id = c.application_id
    where c.institution_id = :institution_id and c.contract_id = any(:contract_ids)
      and (a.assessed_at at time zone :zone)::date <= :as_of
      and a.answer #>> '{affordability,debt_service_share}' is not null
"""


def _of_each(facts: str, *, order: str = "day, figure") -> TextClause:
    """One row for each contract with its days and figures beside each other, in an order."""
    return text(f"""
        select contract_id, array_agg(day order by {order}), array_agg(figure order by {order})
        from ({facts}) as facts group by contract_id
    """)


DUES_OF_EACH = _of_each(DUES)
MOVED_OF_EACH = _of_each(MOVED)
BURDENS_OF_EACH = _of_each(BURDENS, order="assessed_at")
OFFICERS = text("""
    select u.branch_id, count(*) as officers from staff s cross join unnest(s.branch_ids)
      as u(branch_id)
    where s.institution_id = :institution_id and s.deactivated_at is null
      and 'officer' = any(s.roles) group by 1
""")
NAMED = text("""
    select c.contract_id, c.reference, c.branch_id, c.borrower_id,
      b.reference as borrower_reference, b.name_ar, b.name_latin, a.officer_id,
      (select min(t.number) from borrower_phone t where t.institution_id = c.institution_id
        and t.borrower_id = c.borrower_id) as phone
    from contract c
    join borrower b on b.institution_id = c.institution_id and b.borrower_id = c.borrower_id
    left join application a
      on a.institution_id = c.institution_id and a.application_id = c.application_id
    where c.institution_id = :institution_id and c.contract_id = any(:contract_ids)
      and (cast(:branch_ids as uuid[]) is null or c.branch_id = any(:branch_ids))
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known of a running loan on a day; amounts in minor units of its currency."""

    running: Running
    started_on: date
    dues: Sequence[tuple[date, int]]
    moved: Sequence[tuple[date, int]]
    burdens: Sequence[tuple[date, Decimal]]


async def running(
    session: AsyncSession,
    *,
    as_of: date,
    after: UUID | None = None,
    limit: int | None = None,
    contract_ids: Collection[UUID] | None = None,
) -> list[Running]:
    """Return the loans that ran on a day, by their ids."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "as_of": as_of,
        "after": after,
        "limit": limit,
        "contract_ids": None if contract_ids is None else list(contract_ids),
    }
    return [
        Running(contract_id=row.contract_id, branch_id=row.branch_id, group_id=row.group_id)
        for row in await session.execute(RUNNING, values)
    ]


async def known(
    session: AsyncSession, loans: Sequence[Running], *, as_of: date, zone: str
) -> list[Known]:
    """Return what was known of some loans on a day of the institution's."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": [loan.contract_id for loan in loans],
        "as_of": as_of,
        "zone": zone,
    }
    started = {row.contract_id: row.day for row in await session.execute(STARTED, values)}

    async def of_each(query: TextClause) -> Mapping[UUID, list[tuple[date, Any]]]:
        rows = await session.execute(query, values)
        return {of: list(zip(days, figures, strict=True)) for of, days, figures in rows}

    dues, moved = await of_each(DUES_OF_EACH), await of_each(MOVED_OF_EACH)
    burdens = await of_each(BURDENS_OF_EACH)
    return [
        Known(
            running=loan,
            started_on=started[loan.contract_id],
            dues=[due for due in dues.get(loan.contract_id, ()) if due[1] > 0],
            moved=moved.get(loan.contract_id, ()),
            burdens=burdens.get(loan.contract_id, ()),
        )
        for loan in loans
    ]


async def officers(session: AsyncSession) -> dict[UUID, int]:
    """Return how many officers work for each branch that somebody is named for."""
    values = {"institution_id": tenancy.institution_of(session)}
    return {row.branch_id: row.officers for row in await session.execute(OFFICERS, values)}


async def named(
    session: AsyncSession,
    contract_ids: Collection[UUID],
    *,
    branch_ids: Collection[UUID] | None,
) -> dict[UUID, Row[Any]]:
    """Return whose some loans are, and who looks after them, within the branches seen."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
        "branch_ids": None if branch_ids is None else list(branch_ids),
    }
    return {row.contract_id: row for row in await session.execute(NAMED, values)}


async def parts(session: AsyncSession, month: date) -> list[WarningPartRow]:
    """Return the parts of a month in their order."""
    query = (
        select(WarningPartRow)
        .where(
            WarningPartRow.institution_id == tenancy.institution_of(session),
            WarningPartRow.month == month,
        )
        .order_by(WarningPartRow.part)
    )
    return list((await session.scalars(query)).all())


async def newest_month(session: AsyncSession) -> date | None:
    """Return the newest month of which some part is graded."""
    query = (
        select(WarningPartRow.month)
        .where(
            WarningPartRow.institution_id == tenancy.institution_of(session),
            WarningPartRow.graded_at.is_not(None),
        )
        .order_by(WarningPartRow.month.desc())
        .limit(1)
    )
    return (await session.scalars(query)).first()
