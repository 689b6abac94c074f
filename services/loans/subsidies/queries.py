"""Which subsidies are there, how do they stand, and what did they pay?"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.subsidising import Measure, Subsidy
from services.loans.subsidies.tables import SubsidyPaymentRow, SubsidyRow
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.schemas import Page

State = Literal["proposed", "in_force", "under_review"]


class SubsidyUnknown(RafidError):
    """There is no such subsidy"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No subsidy has the id {subsidy_id}."
    subsidy_id: UUID


def state_of(row: SubsidyRow) -> State:
    """Tell where a subsidy stands; one whose condition was lost is under review."""
    if row.approved_by is None:
        return "proposed"
    return "in_force" if row.lost_on is None else "under_review"


def subsidy_of(row: SubsidyRow) -> Subsidy:
    """Give a row as the domain knows it."""
    return Subsidy(
        measure=Measure(row.measure),
        part=row.part,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        cap=None if row.cap_minor is None else Money(row.cap_minor, row.currency),
        lost_on=row.lost_on,
    )


async def subsidy(session: AsyncSession, subsidy_id: UUID, *, lock: bool = False) -> SubsidyRow:
    """Return a subsidy, locked if asked. Raises SubsidyUnknown."""
    statement = select(SubsidyRow).where(
        SubsidyRow.institution_id == tenancy.institution_of(session),
        SubsidyRow.subsidy_id == subsidy_id,
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
        statement = statement.execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise SubsidyUnknown(subsidy_id=subsidy_id)
    return row


async def subsidies(
    session: AsyncSession, *, state: State | None, contract_id: UUID | None, page: Page
) -> Sequence[SubsidyRow]:
    """Return a page of subsidies, one more than fits."""
    statement = select(SubsidyRow).where(
        SubsidyRow.institution_id == tenancy.institution_of(session)
    )
    if contract_id is not None:
        statement = statement.where(SubsidyRow.contract_id == contract_id)
    if state == "proposed":
        statement = statement.where(SubsidyRow.approved_by.is_(None))
    elif state is not None:
        lost = SubsidyRow.lost_on.is_not(None) if state == "under_review" else None
        kept = SubsidyRow.lost_on.is_(None)
        statement = statement.where(
            SubsidyRow.approved_by.is_not(None), kept if lost is None else lost
        )
    if page.after is not None:
        statement = statement.where(SubsidyRow.subsidy_id > page.after)
    statement = statement.order_by(SubsidyRow.subsidy_id).limit(page.limit + 1)
    return (await session.scalars(statement)).all()


async def beside(session: AsyncSession, row: SubsidyRow) -> list[Subsidy]:
    """Return the approved subsidies of the same contract, without one's own."""
    statement = select(SubsidyRow).where(
        SubsidyRow.institution_id == row.institution_id,
        SubsidyRow.contract_id == row.contract_id,
        SubsidyRow.subsidy_id != row.subsidy_id,
        SubsidyRow.approved_by.is_not(None),
    )
    return [subsidy_of(one) for one in await session.scalars(statement)]


async def payments(session: AsyncSession, subsidy_id: UUID) -> Sequence[SubsidyPaymentRow]:
    """Return what was paid on a subsidy, by instalment."""
    statement = select(SubsidyPaymentRow).where(
        SubsidyPaymentRow.institution_id == tenancy.institution_of(session),
        SubsidyPaymentRow.subsidy_id == subsidy_id,
    )
    return (await session.scalars(statement.order_by(SubsidyPaymentRow.number))).all()
