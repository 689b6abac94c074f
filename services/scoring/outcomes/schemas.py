"""What do the bodies of outcomes look like?"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.domain.outcome import LoanOutcome
from shared.schemas import Body, Day

BATCH_MAX = 500


class LoanOutcomeIn(Body):
    """What was decided on an application and, once it is known, how its loan ended.

    `bad` is what the lender's cards call so (90 days late within a year, by default).
    """

    application_id: UUID
    decision: Literal["lent", "refused"]
    decided_on: Day
    decided_by: UUID | None = None
    reason_code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = None
    lent_on: Day | None = None
    result: Literal["good", "bad"] | None = None
    observed_on: Day | None = None

    def outcome(self) -> LoanOutcome:
        """Return what was told, as the domain knows it."""
        return LoanOutcome(**self.model_dump())


class LoanOutcomesIn(Body):
    """Up to 500 applications at once, all or none."""

    outcomes: Annotated[list[LoanOutcomeIn], Field(min_length=1, max_length=BATCH_MAX)]


class LoanOutcomesOut(Body):
    """How many were new or changed; the others stood like this before."""

    recorded: int
    unchanged: int
