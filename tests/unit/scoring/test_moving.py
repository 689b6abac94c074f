"""One thing changed: only that one, and only what differs is told."""

import copy
from typing import Any

import pytest

from services.scoring.domain import assessment, moving
from services.scoring.domain.documents import DocumentMalformed
from services.scoring.domain.moving import MonthsTold
from tests.scoring_cases import amount, expert_card, make_inputs

EXPERT = expert_card()


def opinion(inputs: dict[str, Any]) -> dict[str, Any]:
    return dict(assessment.opinion_of(inputs, card=EXPERT))


def test_only_the_one_member_is_changed_and_the_kept_inputs_never() -> None:
    inputs = make_inputs()
    before = copy.deepcopy(inputs)

    changed = moving.with_change(inputs, member="household/sales", value=amount("900.000"))

    assert inputs == before
    assert changed["household"]["sales"] == amount("900.000")
    assert {**changed, "household": inputs["household"]} == inputs
    assert moving.with_change(inputs, member="term_months", value=9)["term_months"] == 9


def test_a_part_that_was_not_told_has_no_member_to_change() -> None:
    with pytest.raises(DocumentMalformed):
        moving.with_change(make_inputs(), member="season/buffer", value=amount("1.000"))


def test_nothing_changed_moves_nothing() -> None:
    found = opinion(make_inputs())

    assert moving.moved(found, found) == ()


def test_less_sales_move_the_capacity_and_are_told_as_before_and_after() -> None:
    inputs = make_inputs()
    fewer = moving.with_change(inputs, member="household/sales", value=amount("700.000"))

    found = {item.figure: item for item in moving.moved(opinion(inputs), opinion(fewer))}

    capacity = found["affordability/capacity"]
    assert (capacity.before, capacity.after) == (amount("355.000"), amount("163.000"))
    assert "grade" not in found


def test_a_line_that_is_gone_has_no_figures() -> None:
    inputs = make_inputs()
    poor = moving.with_change(inputs, member="household/household_costs", value=amount("900.000"))

    found = {item.figure: item for item in moving.moved(opinion(inputs), opinion(poor))}

    assert found["best/amount"].after is None
    assert found["advice"].after == "decline"
    assert found["feasible"].after == 0


@pytest.mark.parametrize("name", ["sales", "other_income", "debt_service"])
def test_where_months_were_told_the_ordinary_one_is_not_changed_in_silence(name: str) -> None:
    """The opinion reads the months: another ordinary month would move nothing at all."""
    month = make_inputs()["household"]
    inputs = make_inputs(season={"months": [month] * 12, "buffer": amount("0.000")})

    with pytest.raises(MonthsTold) as refusal:
        moving.with_change(inputs, member=f"household/{name}", value=amount("1.000"))

    assert refusal.value.member == name
    saved = moving.with_change(inputs, member="season/buffer", value=amount("900.000"))
    assert saved["season"]["buffer"] == amount("900.000")
