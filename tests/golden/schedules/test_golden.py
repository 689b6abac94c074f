"""Do the schedules we keep as examples still come out, each as its source gives it?"""

import json
from pathlib import Path
from typing import Any

import pytest

from services.loans.domain import schedule
from services.loans.domain.terms import Terms
from shared.money import Money

FILES = sorted(Path(__file__).parent.glob("*.json"))


def test_there_are_enough_examples() -> None:
    assert len(FILES) >= 15


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_schedule_comes_out_as_its_source_gives_it(path: Path) -> None:
    case: dict[str, Any] = json.loads(path.read_text("utf-8"))
    terms = Terms.from_json(case["terms"])

    ours = [
        (one.number, one.due_on.isoformat(), one.principal, one.profit)
        for one in schedule.schedule(terms)
    ]

    assert ours == [
        (number, due, Money.parse(principal, terms.currency), Money.parse(profit, terms.currency))
        for number, due, principal, profit in case["rows"]
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_schedule_names_its_source(path: Path) -> None:
    source = json.loads(path.read_text("utf-8"))["source"]

    assert {"project", "commit", "path"} <= source.keys() or {"rule", "checked"} <= source.keys()
