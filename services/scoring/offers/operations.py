"""How is it kept what an applicant did with a menu?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assessments import queries as assessments
from services.scoring.assessments.tables import AssessmentRow
from services.scoring.domain import assessment, lifecycle, moving
from services.scoring.domain.lifecycle import OfferOutcome
from services.scoring.domain.scorecard import Scorecard
from services.scoring.models import queries as models
from services.scoring.offers import queries
from services.scoring.offers.tables import OfferOutcomeRow
from shared import feed
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.events import OfferOutcomeRecorded
from shared.ids import AssessmentId


class OfferLineUnknown(RafidError):
    """The menu has no such line"""

    kind = Kind.RULE
    service = "scoring"
    detail = "An accepted offer names a line from 1 to {lines}, every other none; it was {line}."
    line: int | None
    lines: int


class OutcomeMoved(RafidError):
    """Another outcome was recorded meanwhile"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "Read the offer and send the outcome again if it still holds."


async def judged(
    session: AsyncSession, assessment_id: AssessmentId, *, actor: Actor
) -> tuple[AssessmentRow, Scorecard]:
    """Give a kept assessment and the card that judged it. Raises AssessmentNotFound."""
    row = await assessments.assessment(session, assessment_id, actor=actor)
    version = await models.scorecard_version(session, card_id=row.card_id, version=row.card_version)
    return row, models.scorecard_of(version)


def what_if(
    inputs: Mapping[str, Any], *, card: Scorecard, member: str, value: object
) -> dict[str, Any]:
    """Judge the inputs as they are and with one member other; nothing is kept.

    Raises DocumentMalformed, MonthsTold, and whatever the changed inputs are refused for.
    """
    changed = moving.with_change(inputs, member=member, value=value)
    before, after = (assessment.opinion_of(each, card=card) for each in (inputs, changed))
    found = moving.moved(before, after)
    lines = [dict(opinion)["menu"] for opinion in (before, after)]
    first, second = (line[0] if isinstance(line, list) and line else None for line in lines)
    return {
        "moved": [
            {"figure": item.figure, "before": item.before, "after": item.after} for item in found
        ],
        "before": first,
        "after": second,
        "menu": lines[1],
    }


async def record_outcome(
    session: AsyncSession,
    *,
    assessment_id: AssessmentId,
    outcome: OfferOutcome,
    line: int | None,
    reason_code: str | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Add what became of an offer; the same thing again changes nothing.

    Raises AssessmentNotFound, OfferLineUnknown, OutcomeRefused and OutcomeMoved.
    """
    assessed = await assessments.assessment(session, assessment_id, actor=actor)
    lines = len(assessed.opinion["menu"])
    is_known = line is not None and 1 <= line <= lines
    if is_known != (outcome is OfferOutcome.ACCEPTED) or (line is not None and not is_known):
        raise OfferLineUnknown(line=line, lines=lines)
    earlier = await queries.outcomes_of(session, assessment_id)
    newest = earlier[-1] if earlier else None
    if newest and (newest.outcome, newest.line, newest.reason_code) == (outcome, line, reason_code):
        return
    lifecycle.check_outcome(outcome, after=OfferOutcome(newest.outcome) if newest else None)
    statement = (
        insert(OfferOutcomeRow)
        .values(
            institution_id=assessed.institution_id,
            assessment_id=assessment_id,
            change=len(earlier) + 1,
            outcome=outcome.value,
            line=line,
            reason_code=reason_code,
            actor_id=actor.id,
            recorded_at=at,
        )
        .on_conflict_do_nothing()
        .returning(OfferOutcomeRow.change)
    )
    if (await session.execute(statement)).scalar_one_or_none() is None:
        raise OutcomeMoved
    event = OfferOutcomeRecorded(
        assessment_id=assessment_id,
        application_id=assessed.application_id,
        outcome=outcome.value,
        line=line,
    )
    await feed.publish(session, event, subject_id=assessed.application_id)
