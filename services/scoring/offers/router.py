"""Where is a menu read, and where is it told what became of it?"""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assessments import queries as assessments
from services.scoring.deps import Db, Now
from services.scoring.domain.lifecycle import OfferOutcome
from services.scoring.offers import operations, queries
from services.scoring.offers.schemas import MenuOut, OutcomeIn, WhatIfIn, WhatIfOut
from shared.auth import Actor, Role, require
from shared.ids import AssessmentId

router = APIRouter(tags=["offers"])

MayRecord = Annotated[Actor, require(Role.OFFICER, Role.SERVICE)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.SERVICE)]


@router.get("/scoring/v1/offers/{assessment_id}")
async def read_offer(assessment_id: UUID, db: Db, actor: MayRead) -> MenuOut:
    """Read the menu of an assessment with what became of it."""
    async with db() as session:
        return await _menu(session, AssessmentId(assessment_id), actor)


@router.post("/scoring/v1/offers/{assessment_id}/outcome")
async def record_outcome(
    assessment_id: UUID, body: OutcomeIn, db: Db, now: Now, actor: MayRecord
) -> MenuOut:
    """Tell what became of a menu; the same thing again changes nothing."""
    async with db.begin() as session:
        await operations.record_outcome(
            session,
            assessment_id=AssessmentId(assessment_id),
            outcome=OfferOutcome(body.outcome),
            line=body.line,
            reason_code=body.reason_code,
            actor=actor,
            at=now,
        )
        return await _menu(session, AssessmentId(assessment_id), actor)


@router.post("/scoring/v1/offers/{assessment_id}/what-if")
async def ask_what_if(assessment_id: UUID, body: WhatIfIn, db: Db, actor: MayRead) -> WhatIfOut:
    """Ask what would move if one thing were other; nothing is kept.

    Judged by the card of the assessment as it was, and by today's engine before and after.
    """
    async with db() as session:
        kept, card = await operations.judged(session, AssessmentId(assessment_id), actor=actor)
    member, value = body.told()
    asked = await asyncio.to_thread(
        operations.what_if, kept.inputs, card=card, member=member, value=value
    )
    return WhatIfOut.model_validate({"assessment_id": assessment_id, "member": member, **asked})


async def _menu(session: AsyncSession, assessment_id: AssessmentId, actor: Actor) -> MenuOut:
    row = await assessments.assessment(session, assessment_id, actor=actor)
    return MenuOut.of(row, await queries.outcomes_of(session, assessment_id))
