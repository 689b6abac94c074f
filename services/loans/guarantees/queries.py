"""What does a facility cover, how much of its cap is used, and how do its claims stand?"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.guaranteeing import Facility
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.guarantees.tables import ClaimRow, ClaimStepRow, CoverRow, FacilityRow
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId
from shared.money import Money
from shared.schemas import Page


class FacilityUnknown(RafidError):
    """There is no such guarantee facility"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No guarantee facility has the id {facility_id}."
    facility_id: UUID


class CoverUnknown(RafidError):
    """There is no such cover"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No cover of a guarantee has the id {cover_id}."
    cover_id: UUID


class ClaimUnknown(RafidError):
    """There is no such claim on a guarantor"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No claim on a guarantor has the id {claim_id}."
    claim_id: UUID


def facility_of(row: FacilityRow) -> Facility:
    """Give a row as the domain knows it."""
    return Facility(
        code=row.code,
        currency=row.currency,
        covered=row.covered,
        cap_each=Money(row.cap_each_minor, row.currency),
        cap_total=Money(row.cap_total_minor, row.currency),
        claim_after_days=row.claim_after_days,
        claim_within_days=row.claim_within_days,
        fee=row.fee,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        fund_id=None if row.fund_id is None else FundId(row.fund_id),
        product_ids=frozenset(row.product_ids),
    )


async def facility(session: AsyncSession, facility_id: UUID, *, lock: bool = False) -> FacilityRow:
    """Return a facility, locked if asked. Raises FacilityUnknown."""
    statement = select(FacilityRow).where(
        FacilityRow.institution_id == tenancy.institution_of(session),
        FacilityRow.facility_id == facility_id,
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
    row = await session.scalar(statement)
    if row is None:
        raise FacilityUnknown(facility_id=facility_id)
    return row


async def facilities(session: AsyncSession, *, page: Page) -> Sequence[FacilityRow]:
    """Return a page of facilities, one more than fits."""
    statement = select(FacilityRow).where(
        FacilityRow.institution_id == tenancy.institution_of(session)
    )
    if page.after is not None:
        statement = statement.where(FacilityRow.facility_id > page.after)
    statement = statement.order_by(FacilityRow.facility_id).limit(page.limit + 1)
    return (await session.scalars(statement)).all()


async def open_facilities(session: AsyncSession, *, on: date) -> list[tuple[Facility, Money]]:
    """Return the facilities that hold on a day, by code, each with what it covers now."""
    used_now = (
        select(CoverRow.facility_id, func.sum(CoverRow.amount_minor).label("used"))
        .where(
            CoverRow.institution_id == tenancy.institution_of(session),
            CoverRow.released_on.is_(None),
        )
        .group_by(CoverRow.facility_id)
        .subquery()
    )
    statement = (
        select(FacilityRow, func.coalesce(used_now.c.used, 0))
        .outerjoin(used_now, used_now.c.facility_id == FacilityRow.facility_id)
        .where(
            FacilityRow.institution_id == tenancy.institution_of(session),
            FacilityRow.starts_on <= on,
            or_(FacilityRow.ends_on.is_(None), FacilityRow.ends_on > on),
        )
        .order_by(FacilityRow.code)
    )
    rows = (await session.execute(statement)).all()
    return [(facility_of(row), Money(int(used), row.currency)) for row, used in rows]


async def used(session: AsyncSession, facility: FacilityRow) -> Money:
    """Return how much a facility covers now."""
    statement = select(func.coalesce(func.sum(CoverRow.amount_minor), 0)).where(
        CoverRow.institution_id == facility.institution_id,
        CoverRow.facility_id == facility.facility_id,
        CoverRow.released_on.is_(None),
    )
    return Money(int((await session.execute(statement)).scalar_one()), facility.currency)


async def standing_cover(session: AsyncSession, contract_id: UUID) -> CoverRow | None:
    """Return the cover of a contract that stands."""
    statement = _covers(session).where(
        CoverRow.contract_id == contract_id, CoverRow.released_on.is_(None)
    )
    return await session.scalar(statement)


async def cover(session: AsyncSession, cover_id: UUID, *, lock: bool = False) -> CoverRow:
    """Return a cover, locked if asked. Raises CoverUnknown."""
    statement = _covers(session).where(CoverRow.cover_id == cover_id)
    if lock:
        statement = statement.with_for_update(key_share=True)
        statement = statement.execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise CoverUnknown(cover_id=cover_id)
    return row


async def covers(session: AsyncSession, facility_id: UUID, *, page: Page) -> Sequence[CoverRow]:
    """Return a page of what a facility covers or has covered, one more than fits."""
    statement = _covers(session).where(CoverRow.facility_id == facility_id)
    if page.after is not None:
        statement = statement.where(CoverRow.cover_id > page.after)
    return (
        await session.scalars(statement.order_by(CoverRow.cover_id).limit(page.limit + 1))
    ).all()


def _covers(session: AsyncSession) -> Select[CoverRow]:
    return select(CoverRow).where(CoverRow.institution_id == tenancy.institution_of(session))


async def claim(session: AsyncSession, claim_id: UUID) -> ClaimRow:
    """Return a claim. Raises ClaimUnknown."""
    row = await session.get(ClaimRow, (tenancy.institution_of(session), claim_id))
    if row is None:
        raise ClaimUnknown(claim_id=claim_id)
    return row


async def claim_on(session: AsyncSession, cover_id: UUID) -> ClaimRow | None:
    """Return the claim on a cover."""
    return await session.scalar(
        select(ClaimRow).where(
            ClaimRow.institution_id == tenancy.institution_of(session),
            ClaimRow.cover_id == cover_id,
        )
    )


async def steps(session: AsyncSession, claim_id: UUID) -> Sequence[ClaimStepRow]:
    """Return a claim's steps in their order."""
    statement = select(ClaimStepRow).where(
        ClaimStepRow.institution_id == tenancy.institution_of(session),
        ClaimStepRow.claim_id == claim_id,
    )
    return (await session.scalars(statement.order_by(ClaimStepRow.number))).all()


def standing(steps: Sequence[ClaimStepRow]) -> list[ClaimStepRow]:
    """Give the steps that stand: neither taken back nor taking one back."""
    undone = {one.reverses_step_id for one in steps}
    return [one for one in steps if one.reverses_step_id is None and one.step_id not in undone]


ENTRIES = text("""
    select e.entry_id, e.kind, e.occurred_on, e.contract_id, l.fund_id, a.code, l.currency,
      l.amount_minor
    from journal_entry e
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    where e.institution_id = :institution_id and e.source_id = :step_id
    order by e.entry_id, l.line_no
""")


async def entries_of(session: AsyncSession, step_id: UUID) -> dict[EntryId, JournalEntry]:
    """Return what a step booked."""
    values = {"institution_id": tenancy.institution_of(session), "step_id": step_id}
    lines: defaultdict[EntryId, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(ENTRIES, values):
        lines[EntryId(row.entry_id)].append(row)
    return {
        entry_id: JournalEntry(
            kind=EntryKind(of[0].kind),
            occurred_on=of[0].occurred_on,
            contract_id=of[0].contract_id,
            lines=tuple(
                Line(
                    account_code=line.code,
                    fund_id=FundId(line.fund_id),
                    amount=Money(line.amount_minor, line.currency),
                )
                for line in of
            ),
        )
        for entry_id, of in lines.items()
    }


# What the borrower paid since an instant: repayments less those taken back, and what orders took in
# or gave back: a payoff, savings set off, a charge-back, a refund, what came after a write-off.
RECEIVED = text("""
    select (select coalesce(sum(r.amount_minor), 0) from repayment r
        where r.institution_id = :institution_id and r.contract_id = :contract_id
          and r.recorded_at > :since)
      + (select coalesce(sum(e.moved_minor + e.recovered_minor), 0) from order_effect e
        where e.institution_id = :institution_id and e.contract_id = :contract_id
          and e.recorded_at > :since) as minor
""")


async def received_since(session: AsyncSession, contract_id: UUID, *, since: datetime) -> int:
    """Return what was paid on a contract since an instant, in minor units."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "since": since,
    }
    return int((await session.execute(RECEIVED, values)).scalar_one())


HELD = text("""
    select l.fund_id, -sum(l.amount_minor)::bigint as minor from journal_entry e
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    where e.institution_id = :institution_id and e.contract_id = :contract_id
      and a.code = 'guarantee_received'
    group by l.fund_id having sum(l.amount_minor) <> 0 order by l.fund_id
""")


async def held_of_guarantors(session: AsyncSession, contract_id: UUID) -> dict[FundId, int]:
    """Return what each fund holds of what guarantors paid for a contract, in minor units."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return {FundId(row.fund_id): row.minor for row in await session.execute(HELD, values)}


POSITION = text("""
    select c.reference, c.status, p.outstanding_principal_minor, p.written_off_minor,
      p.oldest_open_due_on
    from contract c join position p
      on p.institution_id = c.institution_id and p.contract_id = c.contract_id
    where c.institution_id = :institution_id and c.contract_id = :contract_id
""")


async def standing_of(session: AsyncSession, contract_id: UUID) -> Row[Any]:
    """Return how a contract stands that is covered."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return (await session.execute(POSITION, values)).one()
