"""How do applications that are asked about together share their round trips?

One transaction reads what is kept and which cards judge, a thread judges each application for
itself, one transaction keeps the opinions and tells of them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from services.scoring.assessments import operations, queries
from services.scoring.assessments.operations import Asked, AssessmentIdReused, Formed, Outcome
from services.scoring.assessments.tables import AssessmentRow
from services.scoring.models import operations as models
from services.scoring.models import queries as model_queries
from shared.db import Database, TenantDb
from shared.errors import RafidError
from shared.ids import InstitutionId

BATCH_MAX, FLUSHERS_MAX = 16, 2
"""Some 40 ms of arithmetic at a time; while one batch is judged, another is read or kept."""


class AssessmentBook:
    """Gives opinions on applications of one institution that arrived together."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def assess(
        self, institution_id: InstitutionId, asked: Sequence[Asked]
    ) -> Sequence[Outcome]:
        """Give each its opinion, or why it has none; what is refused fails alone."""
        first: dict[UUID, Asked] = {}
        for one in asked:
            first.setdefault(one.assessment_id, one)
        found = await assessed(TenantDb(self.database, institution_id), list(first.values()))
        return [_own(one, first[one.assessment_id], found[one.assessment_id]) for one in asked]


def _own(asked: Asked, judged: Asked, outcome: Outcome) -> Outcome:
    """What answers one of those asked together, of which one was judged for each id."""
    known = outcome.inputs if isinstance(outcome, AssessmentRow) else judged.inputs
    same = asked.inputs == known
    return outcome if same else AssessmentIdReused(assessment_id=asked.assessment_id)


async def assessed(
    db: TenantDb, asked: Sequence[Asked], *, is_whole: bool = False
) -> dict[UUID, Outcome]:
    """Read what is known, judge the rest outside of any transaction, keep it.

    With `is_whole` all are assessed or none: the first refusal is raised.
    """
    found: dict[UUID, Outcome] = {}
    async with db() as session:
        ids = [one.assessment_id for one in asked]
        found.update(await queries.assessments_by_id(session, ids))
        missing = [one for one in asked if one.assessment_id not in found]
        champion = await model_queries.find_champion(session) if missing else None
        tried = await model_queries.shadows(session) if missing else []
    _refuse(asked, found, is_whole=is_whole)
    if not missing:
        return found
    if champion is None:
        async with db.begin() as session:
            champion = await models.champion(session, actor=missing[0].actor, at=missing[0].at)
    judged = await asyncio.to_thread(
        operations.form_opinions,
        missing,
        card=model_queries.scorecard_of(champion),
        tried=[model_queries.scorecard_of(row) for row in tried],
    )
    for one, outcome in zip(missing, judged, strict=True):
        if isinstance(outcome, RafidError):
            found[one.assessment_id] = outcome
    _refuse(asked, found, is_whole=is_whole)
    if formed := [one for one in judged if isinstance(one, Formed)]:
        async with db.begin() as session:
            found.update(await operations.keep_opinions(session, formed))
            _refuse(asked, found, is_whole=is_whole)
    return found


def _refuse(asked: Sequence[Asked], found: Mapping[UUID, Outcome], *, is_whole: bool) -> None:
    known = [(one, found[one.assessment_id]) for one in asked if one.assessment_id in found]
    for outcome in [_own(one, one, outcome) for one, outcome in known if is_whole]:
        if isinstance(outcome, RafidError):
            raise outcome
