"""Which opinions were given?"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assessments.tables import AssessmentRow
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, AssessmentId
from shared.schemas import Page


class AssessmentNotFound(RafidError):
    """There is no such assessment"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "No assessment {assessment_id} is kept here."
    assessment_id: UUID


async def assessment(
    session: AsyncSession, assessment_id: AssessmentId, *, actor: Actor
) -> AssessmentRow:
    """One opinion that the actor may see. Raises AssessmentNotFound."""
    query = _seen_by(actor, session).where(AssessmentRow.assessment_id == assessment_id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise AssessmentNotFound(assessment_id=assessment_id)
    return row


async def assessments_of(
    session: AsyncSession, application_id: ApplicationId, *, page: Page, actor: Actor
) -> list[AssessmentRow]:
    """The opinions on an application that the actor may see, one more than the page holds."""
    query = _seen_by(actor, session).where(AssessmentRow.application_id == application_id)
    if page.after is not None:
        query = query.where(AssessmentRow.assessment_id > page.after)
    query = query.order_by(AssessmentRow.assessment_id).limit(page.limit + 1)
    return list((await session.execute(query)).scalars())


async def assessments_by_id(
    session: AsyncSession, assessment_ids: Collection[UUID]
) -> dict[UUID, AssessmentRow]:
    """Those of the opinions that are kept already, by their id."""
    query = select(AssessmentRow).where(
        AssessmentRow.institution_id == tenancy.institution_of(session),
        AssessmentRow.assessment_id.in_(assessment_ids),
    )
    return {row.assessment_id: row for row in (await session.execute(query)).scalars()}


def _seen_by(actor: Actor, session: AsyncSession) -> Select[AssessmentRow]:
    query = select(AssessmentRow).where(
        AssessmentRow.institution_id == tenancy.institution_of(session)
    )
    if actor.branch_ids is None:
        return query
    return query.where(or_(False, AssessmentRow.branch_id.in_(actor.branch_ids)))
