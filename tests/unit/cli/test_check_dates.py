"""A case of due dates alone needs no principal; one of figures does."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.cli.checking import plans
from services.cli.checking.reading import Node, Unsupported
from services.loans.domain.course import fold
from tests.unit.cli.case_files import COURSE
from tests.unit.cli.test_check_schedules import check, last_line

DATES: dict[str, Any] = {
    **{name: COURSE[name] for name in ("id", "format", "source", "tags", "verified")},
    "tier": 1,
    "inputs": {
        "schedule_engine": "PROGRESSIVE",
        "number_of_installments": 3,
        "repayment_frequency": {"every": 1, "unit": "MONTHS"},
        "expected_disbursement_date": "2024-01-31",
    },
    "events": [],
    "schedule_columns": ["nr", "days", "due_date"],
    "checkpoints": [
        {
            "after_event": 0,
            "check": "full",
            "rows": [[1, 29, "2024-02-29"], [2, 31, "2024-03-31"], [3, 30, "2024-04-30"]],
        }
    ],
}


def test_due_dates_are_compared_without_a_principal(tmp_path: Path) -> None:
    result = check(tmp_path, DATES)
    assert last_line(result) == "matched 1 of 1 counted, 0 unsupported", result.stdout


def test_a_wrong_due_date_is_found_without_a_principal(tmp_path: Path) -> None:
    point = DATES["checkpoints"][0]
    wrong = [*point["rows"][:2], [3, 30, "2024-05-01"]]
    result = check(tmp_path, {**DATES, "checkpoints": [{**point, "rows": wrong}]})

    assert last_line(result) == "matched 0 of 1 counted, 0 unsupported"
    assert "theirs 2024-05-01, ours 2024-04-30" in result.stdout


@pytest.mark.parametrize("principal", [None, "3.00", "999999.99"])
def test_the_dates_are_those_of_any_principal(principal: str | None) -> None:
    inputs = {**DATES["inputs"], **({} if principal is None else {"principal": principal})}
    plan = plans.plan_of(Node({**DATES, "inputs": inputs}))
    rows = fold.course(plan, (), as_of=date(2024, 1, 31)).rows
    assert [row.due_on.day for row in rows if row.number] == [29, 31, 30]


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule_columns": ["nr", "days", "due_date", "principal"]},
        {"checkpoints": [{"after_event": 0, "check": "full", "totals": {"principal": "3.00"}}]},
        {"checkpoints": [{"after_event": 0, "check": "full", "total_outstanding": "3.00"}]},
        {"checkpoints": [{"after_event": 0, "check": "full", "loan_status": "ACTIVE"}]},
        {"events": [{"seq": 1, "kind": "disburse", "date": "2024-01-31", "amount": "3.00"}]},
    ],
)
def test_figures_without_a_principal_are_unsupported_and_never_guessed(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(Unsupported, match="whose principal is not stated"):
        plans.plan_of(Node({**DATES, **changes}))
