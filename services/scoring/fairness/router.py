"""Where are protected traits handed in, and where does the audit tell what it found?"""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.scoring.assessments import queries as assessments
from services.scoring.assessments.queries import Scored
from services.scoring.deps import Db, Now
from services.scoring.domain import equity
from services.scoring.domain.equity import Case
from services.scoring.fairness import operations, queries
from services.scoring.fairness.schemas import EquityOut, FairnessOut, TraitsIn, TraitsOut
from services.scoring.outcomes import queries as outcomes
from services.scoring.outcomes.tables import LoanOutcomeRow
from shared.auth import Actor, Role, require
from shared.schemas import Day

router = APIRouter(tags=["fairness"])

DAYS = 365
MayTell = Annotated[Actor, require(Role.ADMINISTRATOR, Role.SERVICE)]
MayAudit = Annotated[Actor, require(Role.AUDITOR)]


@router.post("/scoring/v1/fairness/traits")
async def record_traits(body: TraitsIn, db: Db, now: Now, actor: MayTell) -> TraitsOut:
    """Hand in traits of applicants; no route gives those of one person back."""
    told = [item.model_dump() for item in body.traits]
    async with db.begin() as session:
        await operations.record_traits(session, told, actor=actor, at=now)
    return TraitsOut(recorded=len(told))


@router.get("/scoring/v1/fairness")
async def audit(db: Db, now: Now, _actor: MayAudit, on: Day | None = None) -> FairnessOut:
    """Audit the decisions of the twelve months before a day, trait by trait, month by month.

    Who is of which group is read as it was known that day.
    """
    until = on or now.date()
    since = until - timedelta(days=DAYS)
    end = datetime.combine(until, time.max, tzinfo=UTC)
    async with db() as session:
        decided = await outcomes.outcomes_until(session, until)
        opinions = await assessments.opinions_until(session, end)
        groups = await queries.groups(session, known_at=end)
    recent = {key: row for key, row in decided.items() if row.decided_on > since}
    found = await asyncio.to_thread(
        lambda: [
            equity.audit(trait, cases=_cases(recent, opinions, of, until))
            for trait, of in groups.items()
        ]
    )
    return FairnessOut(
        since=since,
        on=until,
        decided=len(recent),
        traits=[EquityOut.of(item) for item in found],
    )


def _cases(
    decided: dict[UUID, LoanOutcomeRow],
    opinions: dict[UUID, Scored],
    groups: dict[UUID, str],
    on: date,
) -> list[Case]:
    return [
        Case(
            group=groups[key],
            month=f"{row.decided_on:%Y-%m}",
            is_approved=row.decision == "lent",
            is_favoured=opinion is not None and opinion.advice == "offer",
            pd=None if opinion is None else float(opinion.pd),
            is_bad=outcomes.is_bad(row, on=on),
        )
        for key, row in decided.items()
        if key in groups
        for opinion in [opinions.get(key)]
    ]
