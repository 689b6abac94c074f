"""How is an opinion formed and kept? The same assessment id has one opinion, for good."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, text
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

KEEP = text("""
    insert into assessment (institution_id, assessment_id, application_id, branch_id, card_id,
      card_version, engine, points, grade, advice, inputs, opinion, actor_id, assessed_at)
    select :institution_id, a.assessment_id, a.application_id, a.branch_id, a.card_id,
      a.card_version, a.engine, a.points, a.grade, a.advice, a.inputs::jsonb, a.opinion::jsonb,
      a.actor_id, a.assessed_at
    from unnest(cast(:assessment_id as uuid[]), cast(:application_id as uuid[]),
      cast(:branch_id as uuid[]), cast(:card_id as text[]), cast(:card_version as text[]),
      cast(:engine as text[]), cast(:points as int[]), cast(:grade as text[]),
      cast(:advice as text[]), cast(:inputs as text[]), cast(:opinion as text[]),
      cast(:actor_id as uuid[]), cast(:assessed_at as timestamptz[]))
      as a(assessment_id, application_id, branch_id, card_id, card_version, engine, points, grade,
        advice, inputs, opinion, actor_id, assessed_at)
    on conflict do nothing returning assessment_id
""")
COLUMNS = tuple(sorted(KEEP.compile().params.keys() - {"institution_id"}))
JSON = frozenset({"inputs", "opinion"})


class AssessmentIdReused(RafidError):
    """The assessment id stands for another request"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{assessment_id} was assessed with other inputs; a new request needs a new id."
    assessment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An application, as it is kept, with who asks for an opinion of it, and when."""

    inputs: Inputs
    actor: Actor
    at: datetime

    @property
    def assessment_id(self) -> UUID:
        """The id that the opinion has for good."""
        return UUID(self.inputs["assessment_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """An opinion that is not kept yet, with its card, and what tried cards say."""

    asked: Asked
    opinion: Mapping[str, Any]
    card: Scorecard
    shadows: tuple[Shadow, ...] = ()


Outcome = AssessmentRow | RafidError
"""The opinion that is kept, or why there is none."""


def inputs_of(requests: Sequence[AssessmentRequest]) -> list[Inputs]:
    """Write requests as the inputs that are kept. Raises AssessmentIdReused for a repeated id."""
    inputs = [request.model_dump(mode="json") for request in requests]
    by_id: dict[str, Inputs] = {}
    for item in inputs:
        if by_id.setdefault(item["assessment_id"], item) != item:
            raise AssessmentIdReused(assessment_id=UUID(item["assessment_id"]))
    return list(by_id.values())


def form_opinions(
    asked: Sequence[Asked], *, card: Scorecard, tried: Sequence[Scorecard] = ()
) -> list[Formed | RafidError]:
    """Judge each application for itself: arithmetic only, fit for a thread of its own."""
    return [_formed(one, card, tried) for one in asked]


def _formed(asked: Asked, card: Scorecard, tried: Sequence[Scorecard]) -> Formed | RafidError:
    try:
        opinion = assessment.opinion_of(asked.inputs, card=card)
    except RafidError as error:
        return error
    shadows = tuple(shadow.score(other, inputs=asked.inputs, opinion=opinion) for other in tried)
    return Formed(asked=asked, opinion=opinion, card=card, shadows=shadows)


async def keep_opinions(
    session: AsyncSession, formed: Sequence[Formed]
) -> dict[UUID, AssessmentRow]:
    """Keep opinions in one statement and tell of each; what is kept already stays as it is.

    Gives the row under each id; it is another's where one was kept meanwhile.
    """
    rows = {item.asked.assessment_id: _row(session, item) for item in formed}
    new = set((await session.execute(KEEP, _columns(session, rows.values()))).scalars())
    fresh = [item for item in formed if item.asked.assessment_id in new]
    tried = [
        _shadow_columns(session, item.asked.inputs, of) for item in fresh for of in item.shadows
    ]
    if tried:
        await session.execute(insert(ShadowScoreRow).values(tried))
    if fresh:
        await feed.publish_all(session, [_told(item) for item in fresh])
    overtaken = rows.keys() - new
    return {**rows, **(await queries.assessments_by_id(session, overtaken) if overtaken else {})}


def _row(session: AsyncSession, formed: Formed) -> AssessmentRow:
    """The row as it will be; it is not added to the session."""
    inputs, opinion = formed.asked.inputs, formed.opinion
    return AssessmentRow(
        institution_id=tenancy.institution_of(session),
        assessment_id=formed.asked.assessment_id,
        application_id=UUID(inputs["application_id"]),
        branch_id=UUID(inputs["branch_id"]) if inputs["branch_id"] else None,
        card_id=formed.card.card_id,
        card_version=formed.card.version,
        engine=assessment.ENGINE,
        points=opinion["points"],
        grade=opinion["grade"],
        advice=opinion["advice"],
        inputs=inputs,
        opinion=opinion,
        actor_id=formed.asked.actor.id,
        assessed_at=formed.asked.at,
    )


def _columns(session: AsyncSession, rows: Iterable[AssessmentRow]) -> dict[str, object]:
    values: dict[str, list[object]] = {name: [] for name in COLUMNS}
    for row in rows:
        for name, column in values.items():
            value = getattr(row, name)
            column.append(orjson.dumps(value).decode() if name in JSON else value)
    return {"institution_id": tenancy.institution_of(session), **values}


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
    inputs, opinion = formed.asked.inputs, formed.opinion
    event = AssessmentMade(
        assessment_id=formed.asked.assessment_id,
        application_id=UUID(inputs["application_id"]),
        card_id=formed.card.card_id,
        card_version=formed.card.version,
        points=opinion["points"],
        grade=opinion["grade"],
        advice=opinion["advice"],
    )
    return Told(event, event.application_id)
