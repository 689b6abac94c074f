"""How is an opinion formed and kept? The same assessment id has one opinion, for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assessments import queries
from services.scoring.assessments.tables import AssessmentRow, ShadowScoreRow
from services.scoring.domain import assessment, shadow
from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.shadow import Shadow
from shared import feed, tenancy
from shared.auth import Actor
from shared.clients.scoring import AssessmentRequest
from shared.errors import Kind, RafidError
from shared.events import AssessmentMade
from shared.feed import Told

Inputs = Mapping[str, Any]


class AssessmentIdReused(RafidError):
    """The assessment id stands for another request"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{assessment_id} was assessed with other inputs; a new request needs a new id."
    assessment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """An opinion that is not kept yet, with its inputs, its card, and what tried cards say."""

    inputs: Inputs
    opinion: Mapping[str, Any]
    card: Scorecard
    shadows: tuple[Shadow, ...] = ()


def inputs_of(requests: Sequence[AssessmentRequest]) -> list[Inputs]:
    """Write requests as the inputs that are kept. Raises AssessmentIdReused for a repeated id."""
    inputs = [request.model_dump(mode="json") for request in requests]
    by_id: dict[str, Inputs] = {}
    for item in inputs:
        if by_id.setdefault(item["assessment_id"], item) != item:
            raise AssessmentIdReused(assessment_id=UUID(item["assessment_id"]))
    return list(by_id.values())


def form_opinions(
    inputs: Sequence[Inputs], *, card: Scorecard, tried: Sequence[Scorecard] = ()
) -> list[Formed]:
    """Judge each application for itself: arithmetic only, fit for a thread of its own."""
    return [_formed(item, card, tried) for item in inputs]


def _formed(inputs: Inputs, card: Scorecard, tried: Sequence[Scorecard]) -> Formed:
    opinion = assessment.opinion_of(inputs, card=card)
    shadows = tuple(shadow.score(other, inputs=inputs, opinion=opinion) for other in tried)
    return Formed(inputs=inputs, opinion=opinion, card=card, shadows=shadows)


async def keep_opinions(
    session: AsyncSession, formed: Sequence[Formed], *, actor: Actor, at: datetime
) -> None:
    """Keep opinions in one statement and tell of each; what is kept already stays as it is."""
    if not formed:
        return
    statement = (
        insert(AssessmentRow)
        .values([_columns(session, item, actor, at) for item in formed])
        .on_conflict_do_nothing()
        .returning(AssessmentRow.assessment_id)
    )
    new = set((await session.execute(statement)).scalars())
    tried = [
        _shadow_columns(session, item.inputs, of)
        for item in formed
        if UUID(item.inputs["assessment_id"]) in new
        for of in item.shadows
    ]
    if tried:
        await session.execute(insert(ShadowScoreRow).values(tried))
    told = [_told(item) for item in formed if UUID(item.inputs["assessment_id"]) in new]
    if told:
        await feed.publish_all(session, told)


async def kept_for(
    session: AsyncSession, inputs: Sequence[Inputs]
) -> tuple[dict[UUID, AssessmentRow], list[Inputs]]:
    """Return the rows that answer these inputs already, and the inputs without one.

    Raises AssessmentIdReused where a kept row had other inputs.
    """
    by_id = {UUID(item["assessment_id"]): item for item in inputs}
    rows = await queries.assessments_by_id(session, by_id.keys())
    for assessment_id, row in rows.items():
        if row.inputs != by_id[assessment_id]:
            raise AssessmentIdReused(assessment_id=assessment_id)
    return rows, [item for key, item in by_id.items() if key not in rows]


def _columns(
    session: AsyncSession, formed: Formed, actor: Actor, at: datetime
) -> dict[str, object]:
    inputs, opinion = formed.inputs, formed.opinion
    return {
        "institution_id": tenancy.institution_of(session),
        "assessment_id": UUID(inputs["assessment_id"]),
        "application_id": UUID(inputs["application_id"]),
        "branch_id": UUID(inputs["branch_id"]) if inputs["branch_id"] else None,
        "card_id": formed.card.card_id,
        "card_version": formed.card.version,
        "engine": assessment.ENGINE,
        "points": opinion["points"],
        "grade": opinion["grade"],
        "advice": opinion["advice"],
        "inputs": inputs,
        "opinion": opinion,
        "actor_id": actor.id,
        "assessed_at": at,
    }


def _shadow_columns(session: AsyncSession, inputs: Inputs, of: Shadow) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "assessment_id": UUID(inputs["assessment_id"]),
        "card_id": of.card.card_id,
        "card_version": of.card.version,
        "points": of.points,
        "grade": of.grade,
        "pd": of.pd,
        "breakdown": list(of.breakdown) if of.fault is None else None,
        "fault": of.fault,
    }


def _told(formed: Formed) -> Told:
    inputs, opinion = formed.inputs, formed.opinion
    event = AssessmentMade(
        assessment_id=UUID(inputs["assessment_id"]),
        application_id=UUID(inputs["application_id"]),
        card_id=formed.card.card_id,
        card_version=formed.card.version,
        points=opinion["points"],
        grade=opinion["grade"],
        advice=opinion["advice"],
    )
    return Told(event, event.application_id)
