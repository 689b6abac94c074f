"""Which runs are there, what do they propose, and which of it does not stand any more?"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, literal, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.scoring.assessments.tables import AssessmentRow
from services.scoring.assignments.tables import (
    AssignmentFundRow,
    AssignmentLineRow,
    AssignmentRunRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.schemas import Page

MOVED_MAX = 100


class AssignmentRunNotFound(RafidError):
    """There is no such run of the assignment"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "No run {run_id} is kept here."
    run_id: UUID


class FundNotAssigned(RafidError):
    """No approved run spoke of this fund"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "What one more unit in the fund {fund_id} is worth was found by no approved run."
    fund_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An application of a run that is not as it was: changed, financed or assessed anew."""

    application_id: UUID
    code: str


async def run(session: AsyncSession, run_id: UUID) -> AssignmentRunRow:
    """One run. Raises AssignmentRunNotFound."""
    query = _runs(session).where(AssignmentRunRow.run_id == run_id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise AssignmentRunNotFound(run_id=run_id)
    return row


async def locked_run(session: AsyncSession, run_id: UUID) -> AssignmentRunRow:
    """One run, locked with every run that waits: decisions of an institution follow each other.

    Raises AssignmentRunNotFound.
    """
    waiting = (
        _runs(session)
        .where(AssignmentRunRow.status == "proposed")
        .order_by(AssignmentRunRow.run_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    await session.execute(waiting)
    query = (
        _runs(session)
        .where(AssignmentRunRow.run_id == run_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise AssignmentRunNotFound(run_id=run_id)
    return row


async def find_run(session: AsyncSession, *, input_hash: str) -> AssignmentRunRow | None:
    """The run that was made from this input, if there is one."""
    query = _runs(session).where(AssignmentRunRow.input_hash == input_hash)
    return (await session.execute(query)).scalar_one_or_none()


async def runs(session: AsyncSession, *, page: Page) -> list[AssignmentRunRow]:
    """Runs in the order in which they were made, one more than the page holds."""
    query = _runs(session)
    if page.after is not None:
        query = query.where(AssignmentRunRow.run_id > page.after)
    query = query.order_by(AssignmentRunRow.run_id).limit(page.limit + 1)
    return list((await session.execute(query)).scalars())


async def funds_of(session: AsyncSession, run_id: UUID) -> list[AssignmentFundRow]:
    """What a run would do to each fund."""
    query = (
        select(AssignmentFundRow)
        .where(
            AssignmentFundRow.institution_id == tenancy.institution_of(session),
            AssignmentFundRow.run_id == run_id,
        )
        .order_by(AssignmentFundRow.fund_id)
    )
    return list((await session.execute(query)).scalars())


async def lines_of(session: AsyncSession, run_id: UUID, *, page: Page) -> list[AssignmentLineRow]:
    """What a run proposes, by the applications' ids, one more than the page holds."""
    query = select(AssignmentLineRow).where(
        AssignmentLineRow.institution_id == tenancy.institution_of(session),
        AssignmentLineRow.run_id == run_id,
    )
    if page.after is not None:
        query = query.where(AssignmentLineRow.application_id > page.after)
    query = query.order_by(AssignmentLineRow.application_id).limit(page.limit + 1)
    return list((await session.execute(query)).scalars())


async def moved_of(session: AsyncSession, row: AssignmentRunRow) -> Sequence[Moved]:
    """Applications of a run that are not as they were when it was made, at most a hundred.

    "changed": a later run was given other figures of it; "financed": a run that was approved
    since finances it; "assessed": it has a newer assessment.
    """
    line, other, others = AssignmentLineRow, aliased(AssignmentLineRow), aliased(AssignmentRunRow)
    of_run = and_(line.institution_id == row.institution_id, line.run_id == row.run_id)
    in_others = (
        select(line.application_id)
        .join(
            other,
            and_(
                other.institution_id == line.institution_id,
                other.application_id == line.application_id,
                other.run_id != line.run_id,
            ),
        )
        .join(
            others,
            and_(others.institution_id == other.institution_id, others.run_id == other.run_id),
        )
        .where(of_run)
    )
    changed = in_others.where(
        others.run_id > row.run_id, other.input_hash != line.input_hash
    ).add_columns(literal("changed").label("code"))
    financed = in_others.where(
        others.status == "approved", others.decided_at >= row.made_at, other.fund_id.is_not(None)
    ).add_columns(literal("financed").label("code"))
    assessed = (
        select(line.application_id, literal("assessed").label("code"))
        .join(
            AssessmentRow,
            and_(
                AssessmentRow.institution_id == line.institution_id,
                AssessmentRow.application_id == line.application_id,
            ),
        )
        .where(of_run, AssessmentRow.assessed_at > row.made_at)
    )
    every = union(changed, financed, assessed).subquery()
    query = select(every).order_by(every.c.application_id, every.c.code).limit(MOVED_MAX)
    return [
        Moved(application_id=application_id, code=code)
        for application_id, code in await session.execute(query)
    ]


async def worth_of(
    session: AsyncSession, fund_id: UUID
) -> tuple[AssignmentRunRow, AssignmentFundRow]:
    """The newest approved run that spoke of a fund, and what it said. Raises FundNotAssigned."""
    query = (
        select(AssignmentRunRow, AssignmentFundRow)
        .join(
            AssignmentFundRow,
            and_(
                AssignmentFundRow.institution_id == AssignmentRunRow.institution_id,
                AssignmentFundRow.run_id == AssignmentRunRow.run_id,
            ),
        )
        .where(
            AssignmentRunRow.institution_id == tenancy.institution_of(session),
            AssignmentRunRow.status == "approved",
            AssignmentFundRow.fund_id == fund_id,
        )
        .order_by(AssignmentRunRow.as_of.desc(), AssignmentRunRow.run_id.desc())
        .limit(1)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise FundNotAssigned(fund_id=fund_id)
    return found[0], found[1]


def _runs(session: AsyncSession) -> Select[AssignmentRunRow]:
    return select(AssignmentRunRow).where(
        AssignmentRunRow.institution_id == tenancy.institution_of(session)
    )
