"""What do the bodies of offers look like?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.scoring.assessments.tables import AssessmentRow
from services.scoring.offers.tables import OfferOutcomeRow
from shared.clients.scoring import OfferOut
from shared.schemas import Body

Outcome = Literal["accepted", "declined", "expired", "withdrawn"]


class OutcomeIn(Body):
    """What became of the menu; `line` where it was accepted, a reason as a code if there is one."""

    outcome: Outcome
    line: Annotated[int, Field(ge=1, le=100)] | None = None
    reason_code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = None


class OutcomeOut(Body):
    """One thing that became of a menu."""

    outcome: Outcome
    line: int | None
    reason_code: str | None
    actor_id: UUID
    recorded_at: datetime


class MenuOut(Body):
    """The menu of an assessment, and everything that became of it, the oldest first."""

    assessment_id: UUID
    application_id: UUID
    menu: list[OfferOut]
    outcomes: list[OutcomeOut]

    @classmethod
    def of(cls, row: AssessmentRow, outcomes: Sequence[OfferOutcomeRow]) -> Self:
        """Write the rows."""
        return cls(
            assessment_id=row.assessment_id,
            application_id=row.application_id,
            menu=[OfferOut.model_validate(line) for line in row.opinion["menu"]],
            outcomes=[
                OutcomeOut.model_validate(
                    {
                        "outcome": item.outcome,
                        "line": item.line,
                        "reason_code": item.reason_code,
                        "actor_id": item.actor_id,
                        "recorded_at": item.recorded_at,
                    }
                )
                for item in outcomes
            ],
        )
