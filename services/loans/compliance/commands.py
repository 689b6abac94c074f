"""What does somebody enter of a breach that was found?"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that was found."""

    event: str
    description: str
    root_cause: str | None
    found_by: str
    occurred_on: date
    found_on: date
    fund_id: UUID
    contract_id: UUID | None
    step_id: UUID | None
    amount: Money
