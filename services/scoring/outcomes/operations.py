"""How is it kept what became of applications? A correction is another row, the old one stays."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.outcome import LoanOutcome
from services.scoring.outcomes import queries
from services.scoring.outcomes.tables import LoanOutcomeRow
from shared import clock, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError


class LoanOutcomeContradicts(RafidError):
    """What is told of an application contradicts itself"""

    kind = Kind.RULE
    service = "scoring"
    detail = (
        "{application_id}: only a loan that was lent has a day of lending and a result, a result "
        "has both days, none before the one it follows, and none is yet to come."
    )
    application_id: UUID


class LoanOutcomeTwice(RafidError):
    """An application stands twice in one batch"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{application_id} stands twice; one batch says one thing of an application."
    application_id: UUID


class LoanOutcomesMoved(RafidError):
    """Somebody else told of the same applications meanwhile"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "Nothing was recorded; send the batch again if it still holds."


async def record(
    session: AsyncSession, told: Sequence[LoanOutcome], *, actor: Actor, at: datetime
) -> int:
    """Keep what became of applications, all or none; return how many were new or changed.

    Raises LoanOutcomeContradicts, LoanOutcomeTwice, LoanOutcomesMoved.
    """
    seen: set[UUID] = set()
    for item in told:
        if item.application_id in seen:
            raise LoanOutcomeTwice(application_id=item.application_id)
        seen.add(item.application_id)
        if not item.is_sound(today=clock.latest_day(at)):
            raise LoanOutcomeContradicts(application_id=item.application_id)
    earlier = await queries.outcomes_by_id(session, seen)
    rows = [
        {
            **asdict(item),
            "institution_id": tenancy.institution_of(session),
            "change": before.change + 1 if before else 1,
            "actor_id": actor.id,
            "recorded_at": at,
        }
        for item in told
        for before in [earlier.get(item.application_id)]
        if before is None or any(getattr(before, k) != v for k, v in asdict(item).items())
    ]
    if not rows:
        return 0
    statement = (
        insert(LoanOutcomeRow)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(LoanOutcomeRow.application_id)
    )
    if len((await session.execute(statement)).scalars().all()) != len(rows):
        raise LoanOutcomesMoved
    return len(rows)
