"""What do the bodies of offers look like?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.scoring.assessments.tables import AssessmentRow
from services.scoring.offers.tables import OfferOutcomeRow
from shared.clients.scoring import OfferOut
from shared.clients.scoring_requests import GraceMonths, Months, Objective
from shared.schemas import Body, MoneyBody

HOUSEHOLD = ("other_income", "sales", "business_costs", "household_costs", "debt_service")
MEMBERS = {
    **{name: f"household/{name}" for name in HOUSEHOLD},
    "subsidy_available": "price/subsidy_available",
    "buffer": "season/buffer",
}

Outcome = Literal["accepted", "declined", "expired", "withdrawn"]


class OutcomeIn(Body):
    """What became of the menu; `line` where it was accepted, a reason as a code if there is one."""

    outcome: Outcome
    line: Annotated[int, Field(ge=1, le=100)] | None = None
    reason_code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = None


class WhatIfIn(Body):
    """One thing that would be other; exactly one member is told.

    A part's members are named by it: `household` with only `sales` changes the sales.
    """

    amount: MoneyBody | None = None
    term_months: Months | None = None
    grace_months: GraceMonths | None = None
    objective: Objective | None = None
    other_income: MoneyBody | None = None
    sales: MoneyBody | None = None
    business_costs: MoneyBody | None = None
    household_costs: MoneyBody | None = None
    debt_service: MoneyBody | None = None
    subsidy_available: MoneyBody | None = None
    buffer: MoneyBody | None = None

    @model_validator(mode="after")
    def _is_one_change(self) -> Self:
        if len(self.model_fields_set) != 1 or self.told()[1] is None:
            raise PydanticCustomError("one_change", "tell exactly one thing that would be other")
        return self

    def told(self) -> tuple[str, Any]:
        """Give the member of the kept inputs that changes, and its value as it is kept."""
        (name,) = self.model_fields_set
        value = self.model_dump(mode="json")[name]
        return MEMBERS.get(name, name), value


class MovedOut(Body):
    """One figure before and after: amounts and numbers as in an assessment, null where none is."""

    figure: str
    before: JsonValue
    after: JsonValue


class WhatIfOut(Body):
    """What would move; the lines are the best ones before and after. Nothing of it is kept."""

    assessment_id: UUID
    member: str
    moved: list[MovedOut]
    before: OfferOut | None
    after: OfferOut | None
    menu: list[OfferOut]


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
