"""What is told of a loan fits itself, or is refused."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.scoring.domain.outcome import LoanOutcome

DAY, LATER, TODAY = date(2026, 1, 5), date(2026, 8, 5), date(2026, 11, 22)
GOOD: dict[str, Any] = {"lent_on": DAY, "result": "good", "observed_on": LATER}


def told(decision: str = "lent", **members: Any) -> LoanOutcome:
    own: dict[str, Any] = {"application_id": UUID(int=1), "decision": decision, "decided_on": DAY}
    return LoanOutcome(**(own | members))


@pytest.mark.parametrize(
    "outcome", [told(), told("refused"), told(lent_on=DAY), told(**GOOD), told(decided_on=TODAY)]
)
def test_what_fits_is_sound(outcome: LoanOutcome) -> None:
    assert outcome.is_sound(today=TODAY)


@pytest.mark.parametrize(
    "outcome",
    [
        told("refused", **GOOD),
        told("refused", lent_on=DAY),
        told(result="bad", observed_on=LATER),
        told(lent_on=DAY, result="bad"),
        told(lent_on=DAY, observed_on=LATER),
        told(decided_on=LATER, lent_on=DAY),
        told(**(GOOD | {"lent_on": LATER, "observed_on": DAY})),
        told(**(GOOD | {"observed_on": date(2026, 11, 23)})),
        told(decided_on=date(2027, 1, 1)),
    ],
)
def test_what_contradicts_itself_is_not(outcome: LoanOutcome) -> None:
    assert not outcome.is_sound(today=TODAY)
