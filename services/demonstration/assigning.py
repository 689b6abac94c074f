"""How is it decided which fund finances whom, of those who wait at the end of the history?"""

from datetime import datetime
from typing import Final
from uuid import UUID

from services.demonstration import founding
from services.demonstration import institution as plan
from services.demonstration.queries import Founded
from services.scoring.assignments import operations as runs
from services.scoring.assignments import queries
from shared.clients.assignment_runs import WeightsIn
from shared.db import TenantDb

WEIGHTS: Final = WeightsIn.model_validate({"social": {"women": "1", "youth": "0.5"}})
NOTE: Final = "محضر لجنة الائتمان"


async def approve(db: TenantDb, run_id: UUID, *, founded: Founded, at: datetime) -> None:
    """Approve a run as the committee, which did not make it; one that is decided stays so."""
    committee = founding.actor_of(founded, plan.COMMITTEE, institution_id=db.institution_id)
    async with db.begin() as session:
        if (await queries.run(session, run_id)).status == "proposed":
            await runs.decide_run(
                session, run_id, is_approved=True, note=NOTE, actor=committee, at=at
            )
