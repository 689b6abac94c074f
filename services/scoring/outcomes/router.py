"""Where is it told what became of applications?"""

from typing import Annotated

from fastapi import APIRouter

from services.scoring.deps import Db, Now
from services.scoring.outcomes import operations
from services.scoring.outcomes.schemas import LoanOutcomesIn, LoanOutcomesOut
from shared.auth import Actor, Role, require

router = APIRouter(tags=["models"])

MayTell = Annotated[Actor, require(Role.ADMINISTRATOR, Role.SERVICE)]


@router.post("/scoring/v1/models/outcomes")
async def record_outcomes(
    body: LoanOutcomesIn, db: Db, now: Now, actor: MayTell
) -> LoanOutcomesOut:
    """Tell what was decided and how loans ended; the same thing again changes nothing."""
    told = [item.outcome() for item in body.outcomes]
    async with db.begin() as session:
        recorded = await operations.record(session, told, actor=actor, at=now)
    return LoanOutcomesOut(recorded=recorded, unchanged=len(body.outcomes) - recorded)
