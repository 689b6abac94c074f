"""Running loans with dated facts, as the domain and as the door of scoring know them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.scoring.domain.warning.facts import Due, LoanFacts, Payment
from services.scoring.domain.warning.signals import months_before
from shared import ids

Json = dict[str, Any]

AS_OF = date(2026, 3, 31)
DUE = 100


def plan(months: int = 12, *, first: date = date(2025, 10, 1)) -> list[Due]:
    """An instalment of 100 on the first of each month."""
    return [Due(due_on=months_before(first, -n), amount_minor=DUE) for n in range(months)]


def loan(*, paid: int = 6, days: int = 0, **changes: Any) -> LoanFacts:
    """A loan of twelve instalments of which `paid` were paid, each `days` after its day."""
    dues = plan()
    payments = [
        Payment(paid_on=due.due_on + timedelta(days=days), amount_minor=DUE) for due in dues[:paid]
    ]
    plain = LoanFacts(
        loan_id=ids.new(),
        branch_id=None,
        group_id=None,
        disbursed_on=date(2025, 9, 1),
        dues=dues,
        payments=payments,
    )
    return replace(plain, **changes)


def body(loans: list[LoanFacts], *, as_of: date = AS_OF, **more: Any) -> Json:
    """A batch of them as it is sent."""
    return {
        "batch_id": str(ids.new()),
        "as_of": as_of.isoformat(),
        "loans": [sent(item) for item in loans],
    } | more


def sent(item: LoanFacts) -> Json:
    """One of them as it is sent."""
    return {
        "loan_id": str(item.loan_id),
        "branch_id": _id(item.branch_id),
        "group_id": _id(item.group_id),
        "disbursed_on": item.disbursed_on.isoformat(),
        "dues": [
            {"due_on": d.due_on.isoformat(), "amount_minor": d.amount_minor} for d in item.dues
        ],
        "payments": [
            {"paid_on": p.paid_on.isoformat(), "amount_minor": p.amount_minor}
            for p in item.payments
        ],
    }


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)
