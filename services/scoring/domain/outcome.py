"""What may be said of an application that was decided, and of the loan that followed?"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanOutcome:
    """A decision (`lent`, `refused`) with its day and, once known, how the loan ended."""

    application_id: UUID
    decision: str
    decided_on: date
    decided_by: UUID | None = None
    reason_code: str | None = None
    lent_on: date | None = None
    result: str | None = None
    observed_on: date | None = None

    def is_sound(self, *, today: date) -> bool:
        """Whether the members fit each other: decided, lent, observed in this order, by today.

        Worked: "refused" with a result is not sound, "lent" with none yet is.
        """
        days = (self.lent_on, self.observed_on)
        if self.decision == "refused" and (self.result is not None or any(days)):
            return False
        if (self.result is None) != (self.observed_on is None):
            return False
        if self.result is not None and self.lent_on is None:
            return False
        in_order = [day for day in (self.decided_on, *days, today) if day is not None]
        return in_order == sorted(in_order)
