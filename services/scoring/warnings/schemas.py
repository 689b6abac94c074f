"""What do the bodies of warnings look like, and what do they say to the domain?"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import JsonValue

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
from services.scoring.warnings.tables import (
    WarningBatchRow,
    WarningCardRow,
    WarningMonthRow,
    WarningOutcomeRow,
    WarningRow,
)
from shared.clients.warnings import (
    BranchCapacityIn,
    CapacityIn,
    CardNamed,
    GradeName,
    LoanIn,
)
from shared.schemas import Body
from shared.texts import Language

Outcome = Literal["contacted", "rescheduled", "paid", "false_alarm"]


def facts_of(loan: LoanIn) -> LoanFacts:
    """Read a loan as the domain knows it."""
    return LoanFacts(
        loan_id=loan.loan_id,
        branch_id=loan.branch_id,
        group_id=loan.group_id,
        disbursed_on=loan.disbursed_on,
        dues=[Due(due_on=d.due_on, amount_minor=d.amount_minor) for d in loan.dues],
        payments=[Payment(paid_on=p.paid_on, amount_minor=p.amount_minor) for p in loan.payments],
        promises=[
            Promise(made_on=p.made_on, promised_for=p.promised_for, amount_minor=p.amount_minor)
            for p in loan.promises
        ],
        visits=[Visit(ended_on=v.ended_on, end=VisitEnd(v.end)) for v in loan.visits],
        milestones=[Milestone(due_on=m.due_on, reached_on=m.reached_on) for m in loan.milestones],
        burdens=[Burden(found_on=b.found_on, share=Decimal(b.share)) for b in loan.burdens],
        peak_months=loan.peak_months,
    )


def capacity_of(body: CapacityIn) -> Capacity:
    """Read a capacity as the domain knows it."""
    return Capacity(
        share=Decimal(body.share),
        red_part=Decimal(body.red_part),
        by_branch={item.branch_id: item.loans for item in body.branches},
    )


class WarningBatchOut(Body):
    """A batch as it was graded; `fallen` and `settled` are out of risk and have no grade.

    `waiting` are scored and have none before their month is ruled.
    """

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
    waiting: int

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
            waiting=counts.get("waiting", 0),
        )


class RuledBatchOut(Body):
    """How many loans of one batch have each grade."""

    batch_id: UUID
    red: int
    amber: int
    green: int


class WarningMonthOut(Body):
    """A month whose colours are ruled, with the capacity that ruled them."""

    month: date
    as_of: date
    card_hash: str
    capacity: CapacityIn
    batches: list[RuledBatchOut]
    ruled_at: datetime

    @classmethod
    def of(cls, row: WarningMonthRow, *, counts: Mapping[UUID, Mapping[str, int]]) -> Self:
        """Write a row with how many loans of each batch have each grade."""
        bounds = row.capacity["by_branch"].items()
        return cls(
            month=row.month,
            as_of=row.as_of,
            card_hash=row.card_hash,
            capacity=CapacityIn(
                share=row.capacity["share"],
                red_part=row.capacity["red_part"],
                branches=tuple(
                    BranchCapacityIn(branch_id=UUID(branch), loans=loans)
                    for branch, loans in bounds
                ),
            ),
            batches=[
                RuledBatchOut(
                    batch_id=batch_id,
                    red=counts[batch_id].get("red", 0),
                    amber=counts[batch_id].get("amber", 0),
                    green=counts[batch_id].get("green", 0),
                )
                for batch_id in row.batch_ids
            ],
            ruled_at=row.ruled_at,
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
