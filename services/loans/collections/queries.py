"""Which contracts have something to collect on a day, and whom does one ask?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tenancy
from shared.errors import Kind, RafidError

LINES_MAX = 2_000


class SheetTooLong(RafidError):
    """The sheet would be too long"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "More than {most} contracts have something to collect; name a branch, group or officer."
    )
    most: int = LINES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFilter:
    """Whose contracts a sheet is about; None asks nothing."""

    on: date
    branch_id: UUID | None = None
    group_id: UUID | None = None
    officer_id: UUID | None = None
    branch_ids: Collection[UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A contract with its dues up to a day and all that was paid so far, in minor units."""

    contract_id: UUID
    reference: str
    currency: str
    borrower_id: UUID
    borrower_reference: str
    name_ar: str | None
    name_latin: str | None
    phone: str | None
    group_id: UUID | None
    officer_id: UUID | None
    dues: tuple[tuple[date, int], ...]
    paid: int


# A position knows its oldest open due, so that most contracts are left aside without their dues.
OPEN = text("""
    select c.contract_id, c.reference, c.currency::text as currency, c.borrower_id,
      b.reference as borrower_reference, b.name_ar, b.name_latin, g.group_id, a.officer_id,
      (select min(t.number) from borrower_phone t where t.institution_id = c.institution_id
        and t.borrower_id = c.borrower_id) as phone,
      i.due_on, i.total,
      p.paid_principal_minor + p.paid_profit_minor + p.paid_fee_minor + p.paid_penalty_minor
        + p.surplus_minor as paid
    from position p
    join contract c on c.institution_id = p.institution_id and c.contract_id = p.contract_id
    join borrower b on b.institution_id = c.institution_id and b.borrower_id = c.borrower_id
    left join application a
      on a.institution_id = c.institution_id and a.application_id = c.application_id
    left join lateral (
      select case when b.kind = 'person' then (
        select min(m.borrower_id::text)::uuid from borrower_member m
        where m.institution_id = c.institution_id and m.member_borrower_id = c.borrower_id)
        else c.borrower_id end as group_id
    ) g on true
    cross join lateral (
      select array_agg(d.due_on order by d.number) as due_on,
        array_agg(d.principal_minor + d.profit_minor + d.fee_minor + d.penalty_minor
          order by d.number) as total
      from instalment d where d.institution_id = p.institution_id
        and d.contract_id = p.contract_id and d.generation = p.generation and d.due_on <= :on
    ) i
    where p.institution_id = :institution_id and c.status = 'active'
      and p.oldest_open_due_on <= :on
      and (cast(:branch_ids as uuid[]) is null or c.branch_id = any(:branch_ids))
      and (cast(:branch_id as uuid) is null or c.branch_id = :branch_id)
      and (cast(:officer_id as uuid) is null or a.officer_id = :officer_id)
      and (cast(:group_id as uuid) is null or c.borrower_id = :group_id or exists (
        select from borrower_member m where m.institution_id = c.institution_id
          and m.borrower_id = :group_id and m.member_borrower_id = c.borrower_id))
    order by coalesce(b.name_sort, b.reference), c.reference limit :limit
""")


async def open_contracts(session: AsyncSession, wanted: SheetFilter) -> Sequence[Open]:
    """Return the contracts with something open up to a day, by the borrower's name.

    Raises SheetTooLong.
    """
    values = {
        "institution_id": tenancy.institution_of(session),
        "on": wanted.on,
        "branch_id": wanted.branch_id,
        "group_id": wanted.group_id,
        "officer_id": wanted.officer_id,
        "branch_ids": None if wanted.branch_ids is None else list(wanted.branch_ids),
        "limit": LINES_MAX + 1,
    }
    rows = (await session.execute(OPEN, values)).all()
    if len(rows) > LINES_MAX:
        raise SheetTooLong
    return [
        Open(
            contract_id=row.contract_id,
            reference=row.reference,
            currency=row.currency,
            borrower_id=row.borrower_id,
            borrower_reference=row.borrower_reference,
            name_ar=row.name_ar,
            name_latin=row.name_latin,
            phone=row.phone,
            group_id=row.group_id,
            officer_id=row.officer_id,
            dues=tuple(zip(row.due_on or (), row.total or (), strict=True)),
            paid=row.paid,
        )
        for row in rows
    ]
