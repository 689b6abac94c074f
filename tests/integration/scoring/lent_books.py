"""A loans service with one book, and reviews adopted on it, for tests of what follows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared import ids
from shared.auth import Role
from shared.clients.loans import LoansUnavailable
from shared.clients.review_books import (
    FIGURES,
    FREQUENCY,
    BookAsked,
    BookFoot,
    BookHead,
    ReviewBook,
)
from shared.ids import InstitutionId
from tests import review_plans
from tests.integration.scoring.desk import Caller, Desk

REVIEWS = "/scoring/v1/rate-reviews"
KNOWN = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = "2026-06-30"


@dataclass
class FakeBooks:
    """Loans with one book: so many loans of 1,000, so many of them late."""

    loans: int = 40
    late: int = 2
    currency: str = "JOD"
    rows: int = 0
    frequency: str = "monthly"
    answers: bool = True
    asked: list[BookAsked] = field(default_factory=list)

    async def book(self, asked: BookAsked, *, institution_id: InstitutionId) -> ReviewBook:
        del institution_id
        self.asked.append(asked)
        if not self.answers:
            raise LoansUnavailable(reason="ConnectError")
        cells: dict[str, Sequence[str]] = {
            "count": [str(self.loans)], "principal": ["1000"], "annual_rate": ["0.24"],
            "term": ["12"], "grace": ["0"], "fee_share": ["0"], "pd": ["0.05"],
            "income": ["300"], "debts": ["20"], "bad": [str(self.late)],
        }  # fmt: skip
        found = cells if self.loans else {name: [] for name in FIGURES}
        head = BookHead(
            as_of=asked.as_of, known_at=asked.known_at or KNOWN, currency=self.currency,
            figures=FIGURES, segments=tuple(asked.by), grouped=True,
        )  # fmt: skip
        return ReviewBook(
            head=head,
            foot=BookFoot(
                rows=self.rows or min(self.loans, 1), loans=self.loans, left_out=3, sha256="a" * 64
            ),
            figures=found,
            labels={name: [self._label(name)] if self.loans else [] for name in asked.by},
        )

    def _label(self, name: str) -> str:
        return self.frequency if name == FREQUENCY else name.upper()


def a_draft(**changes: Any) -> dict[str, Any]:
    half = {"name": "half", "changes": [{"annual_rate": {"times": "0.5"}}]}
    plan = review_plans.plan(caps=[], policies=[half])
    return plan | {"review_id": str(ids.new()), "from_loans": {"as_of": DAY}} | changes


async def adopted(scoring: Desk, manager: Caller) -> str:
    body = a_draft()
    assert (await manager.post(REVIEWS, body)).status_code == 201
    path = f"{REVIEWS}/{body['review_id']}"
    await manager.post(f"{path}/run", {})
    await manager.post(f"{path}/recommendation", {"policy": "half"})
    committee = scoring.caller(Role.APPROVER)
    answer = await committee.post(f"{path}/decision", {"outcome": "adopt", "note": "Minutes"})
    assert answer.status_code == 200, answer.text
    return path
