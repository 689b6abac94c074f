"""What do the bodies of warnings look like?"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from services.scoring.domain.warning.facts import (
    Burden,
    Due,
    LoanFacts,
    Milestone,
    Payment,
    Promise,
    Visit,
    VisitEnd,
)
from services.scoring.domain.warning.grading import Capacity
from services.scoring.models.schemas import CardId, CardVersion
from services.scoring.warnings.tables import (
    WarningBatchRow,
    WarningCardRow,
    WarningOutcomeRow,
    WarningRow,
)
from shared.schemas import Body, Day
from shared.texts import Language

LOANS_MAX = 5000
Minor = Annotated[int, Field(ge=1, le=10**15)]
Share = Annotated[str, Field(pattern=r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$", examples=["0.10"])]
Ratio = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,6})?$", examples=["0.35"])]
Outcome = Literal["contacted", "rescheduled", "paid", "false_alarm"]
GradeName = Literal["green", "amber", "red"]


class DueIn(Body):
    """An instalment of the plan, in minor units of the loan's currency."""

    due_on: Day
    amount_minor: Minor


class PaymentIn(Body):
    """Money that came in."""

    paid_on: Day
    amount_minor: Minor


class PromiseIn(Body):
    """What the borrower promised to have paid by a day."""

    made_on: Day
    promised_for: Day
    amount_minor: Minor


class VisitIn(Body):
    """A planned visit and how it ended."""

    ended_on: Day
    end: Literal["made", "missed_by_borrower", "not_made_by_officer"]


class MilestoneIn(Body):
    """A step of the project; without `reached_on` it is not reached."""

    due_on: Day
    reached_on: Day | None = None


class BurdenIn(Body):
    """The share of the income that all instalments take, as found on a day."""

    found_on: Day
    share: Ratio


class LoanIn(Body):
    """A running loan with its dated facts; what is dated after `as_of` is not read."""

    loan_id: UUID
    branch_id: UUID | None = None
    group_id: UUID | None = None
    disbursed_on: Day
    dues: Annotated[list[DueIn], Field(min_length=1, max_length=600)]
    payments: Annotated[list[PaymentIn], Field(max_length=2000)] = []
    promises: Annotated[list[PromiseIn], Field(max_length=200)] = []
    visits: Annotated[list[VisitIn], Field(max_length=200)] = []
    milestones: Annotated[list[MilestoneIn], Field(max_length=100)] = []
    burdens: Annotated[list[BurdenIn], Field(max_length=50)] = []
    peak_months: Annotated[list[Annotated[int, Field(ge=1, le=12)]], Field(max_length=12)] = []

    def facts(self) -> LoanFacts:
        """Read the loan as the domain knows it."""
        return LoanFacts(
            loan_id=self.loan_id,
            branch_id=self.branch_id,
            group_id=self.group_id,
            disbursed_on=self.disbursed_on,
            dues=[Due(due_on=d.due_on, amount_minor=d.amount_minor) for d in self.dues],
            payments=[
                Payment(paid_on=p.paid_on, amount_minor=p.amount_minor) for p in self.payments
            ],
            promises=[
                Promise(made_on=p.made_on, promised_for=p.promised_for, amount_minor=p.amount_minor)
                for p in self.promises
            ],
            visits=[Visit(ended_on=v.ended_on, end=VisitEnd(v.end)) for v in self.visits],
            milestones=[
                Milestone(due_on=m.due_on, reached_on=m.reached_on) for m in self.milestones
            ],
            burdens=[Burden(found_on=b.found_on, share=Decimal(b.share)) for b in self.burdens],
            peak_months=self.peak_months,
        )


class BranchCapacityIn(Body):
    """How many loans the officers of a branch can look after this month."""

    branch_id: UUID
    loans: Annotated[int, Field(ge=0, le=100_000)]


class CapacityIn(Body):
    """The share of loans that is looked after, the red part of it, and bounds by branch."""

    share: Share = "0.10"
    red_part: Share = "0.5"
    branches: Annotated[list[BranchCapacityIn], Field(max_length=1000)] = []

    def capacity(self) -> Capacity:
        """Read the capacity as the domain knows it."""
        return Capacity(
            share=Decimal(self.share),
            red_part=Decimal(self.red_part),
            by_branch={item.branch_id: item.loans for item in self.branches},
        )


class CardNamed(Body):
    """A version of a card of warnings."""

    card_id: CardId
    version: CardVersion


class WarningBatchIn(Body):
    """Loans to be graded by what was known on `as_of`; without a card the built-in one grades."""

    batch_id: UUID
    as_of: Day
    card: CardNamed | None = None
    capacity: CapacityIn = CapacityIn()
    loans: Annotated[list[LoanIn], Field(min_length=1, max_length=LOANS_MAX)]


class WarningBatchOut(Body):
    """A batch as it was graded; `fallen` and `settled` are out of risk and have no grade."""

    batch_id: UUID
    as_of: date
    card: CardNamed
    card_hash: str
    input_hash: str
    red: int
    amber: int
    green: int
    fallen: list[UUID]
    settled: list[UUID]
    made_at: datetime

    @classmethod
    def of(cls, row: WarningBatchRow, *, counts: dict[str, int]) -> Self:
        """Write a row with how many loans have each grade."""
        return cls(
            batch_id=row.batch_id,
            as_of=row.as_of,
            card=CardNamed(card_id=row.card_id, version=row.card_version),
            card_hash=row.card_hash,
            input_hash=row.input_hash,
            red=counts.get("red", 0),
            amber=counts.get("amber", 0),
            green=counts.get("green", 0),
            fallen=[UUID(item) for item in row.left_out["fallen"]],
            settled=[UUID(item) for item in row.left_out["settled"]],
            made_at=row.made_at,
        )


class WarningReasonOut(Body):
    """Why a loan stands where it stands, and what to do, in the reader's language."""

    characteristic: str
    lost: int
    text: str
    hint: str


class AlertOutcomeIn(Body):
    """What became of an alert."""

    outcome: Outcome


class AlertOutcomeOut(Body):
    """One thing that became of an alert."""

    outcome: Outcome
    actor_id: UUID
    recorded_at: datetime


class WarningOut(Body):
    """One loan of a batch: its place, grade, reasons, and what became of the alert."""

    warning_id: UUID
    batch_id: UUID
    loan_id: UUID
    branch_id: UUID | None
    rank: int
    grade: GradeName
    points: int
    pd: str
    signals: dict[str, str | None]
    reasons: list[WarningReasonOut]
    outcomes: list[AlertOutcomeOut]

    @classmethod
    def of(
        cls, row: WarningRow, outcomes: Sequence[WarningOutcomeRow], *, language: Language
    ) -> Self:
        """Write a row in one language."""
        return cls.model_validate(
            {
                "warning_id": row.warning_id,
                "batch_id": row.batch_id,
                "loan_id": row.loan_id,
                "branch_id": row.branch_id,
                "rank": row.rank,
                "grade": row.grade,
                "points": row.points,
                "pd": row.pd,
                "signals": row.signals,
                "reasons": [_reason(item, language) for item in row.reasons],
                "outcomes": [
                    {
                        "outcome": item.outcome,
                        "actor_id": item.actor_id,
                        "recorded_at": item.recorded_at,
                    }
                    for item in outcomes
                ],
            }
        )


class WarningCardOut(Body):
    """A version of a card of warnings; it grades once a second person has approved it."""

    card_id: str
    version: str
    hash: str
    document: dict[str, JsonValue]
    registered_by: UUID
    registered_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None

    @classmethod
    def of(cls, row: WarningCardRow) -> Self:
        """Write a row."""
        return cls(
            card_id=row.card_id,
            version=row.version,
            hash=row.hash,
            document=row.document,
            registered_by=row.registered_by,
            registered_at=row.registered_at,
            approved_by=row.approved_by,
            approved_at=row.approved_at,
        )


class WarningCardsOut(Body):
    """Every version of every card of warnings, the newest first."""

    cards: list[WarningCardOut]


def _reason(item: dict[str, Any], language: Language) -> dict[str, Any]:
    return {
        "characteristic": item["characteristic"],
        "lost": item["lost"],
        "text": item["text"][language],
        "hint": item["hint"][language],
    }
