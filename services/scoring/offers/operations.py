"""How is it kept what an applicant did with a menu?"""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assessments import queries as assessments
from services.scoring.domain import lifecycle
from services.scoring.domain.lifecycle import OfferOutcome
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
