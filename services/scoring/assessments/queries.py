"""Which opinions were given?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assessments.tables import AssessmentRow
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, AssessmentId
from shared.schemas import Page

ROWS_MAX = 200_000
_SCORES = text("""
    select * from (
      select application_id, assessment_id, assessed_at, points, grade,
        (opinion ->> 'pd')::numeric as pd, advice, opinion -> 'breakdown' as breakdown
      from assessment
      where institution_id = :institution_id and card_id = :card_id and card_version = :version
        and assessed_at < :until
      union all
      select a.application_id, a.assessment_id, a.assessed_at, s.points, s.grade, s.pd, a.advice,
        s.breakdown
      from shadow_score s join assessment a using (institution_id, assessment_id)
      where s.institution_id = :institution_id and s.card_id = :card_id
        and s.card_version = :version and s.fault is null and a.assessed_at < :until
    ) scored
    order by assessed_at desc, assessment_id desc
    limit :most
""")
_OPINIONS = text("""
    select distinct on (application_id) application_id, assessment_id, assessed_at, points, grade,
      (opinion ->> 'pd')::numeric as pd, advice, opinion -> 'breakdown' as breakdown
    from assessment
    where institution_id = :institution_id and assessed_at < :until
    order by application_id desc, assessed_at desc, assessment_id desc
    limit :most
""")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What a card said of an application, as champion or in its shadow; `advice` is the whole's."""

    application_id: UUID
    assessment_id: UUID
    assessed_at: datetime
    points: int
    grade: str
    pd: Decimal
    advice: str
    breakdown: list[Any]


async def scores_of(
    session: AsyncSession, *, card_id: str, version: str, until: datetime
) -> list[Scored]:
    """The scores a version gave before a moment, the oldest first, at most 200,000 of the newest.

    Those of its time in shadow and of its time as champion stand side by side.
    """
    named = {
        "institution_id": tenancy.institution_of(session),
        "card_id": card_id,
        "version": version,
        "until": until,
        "most": ROWS_MAX,
    }
    rows = (await session.execute(_SCORES, named)).mappings()
    return [Scored(**row) for row in rows][::-1]


async def opinions_until(
    session: AsyncSession, until: datetime, *, most: int = ROWS_MAX
) -> dict[UUID, Scored]:
    """The newest opinion on each application before a moment, whichever card gave it.

    At most so many of the newest applications.
    """
    named = {
        "institution_id": tenancy.institution_of(session),
        "until": until,
        "most": most,
    }
    rows = (await session.execute(_OPINIONS, named)).mappings()
    return {row["application_id"]: Scored(**row) for row in rows}


async def assessments_after(
    session: AsyncSession, after: UUID | None, *, limit: int
) -> list[AssessmentRow]:
    """Kept opinions in the order of their ids, from one on; for the replay of all of them."""
    query = select(AssessmentRow).where(
        AssessmentRow.institution_id == tenancy.institution_of(session)
    )
    if after is not None:
        query = query.where(AssessmentRow.assessment_id > after)
    query = query.order_by(AssessmentRow.assessment_id).limit(limit)
    return list((await session.execute(query)).scalars())


def _seen_by(actor: Actor, session: AsyncSession) -> Select[AssessmentRow]:
    query = select(AssessmentRow).where(
        AssessmentRow.institution_id == tenancy.institution_of(session)
    )
    if actor.branch_ids is None:
        return query
    return query.where(or_(False, AssessmentRow.branch_id.in_(actor.branch_ids)))
