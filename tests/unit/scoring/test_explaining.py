"""The way to a better opinion is the shortest that really leads there."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain import card_form, explaining, scorecard
from services.scoring.domain.scorecard import Advice
from tests.scoring_cases import a_card, a_choice, a_number, expert_card

CARD = expert_card()


def opinion(card: scorecard.Scorecard, values: dict[str, Any]) -> dict[str, Any]:
    found = scorecard.score(card, values=values)
    return {
        "points": found.points,
        "breakdown": [
            {"characteristic": item.characteristic, "points": item.points}
            for item in found.contributions
        ],
    }


@given(st.data())
def test_each_way_taken_reaches_the_better_advice_and_nothing_less_does(
    data: st.DataObject,
) -> None:
    used = {
        item.id: data.draw(
            st.sampled_from(sorted({*item.points, *(item.levels or {}).values(), item.missing}))
        )
        for item in CARD.characteristics
    }
    points = sum(used.values())
    grade = next(grade for grade in CARD.grades if points >= grade.floor)
    told = {
        "points": points,
        "breakdown": [{"characteristic": name, "points": own} for name, own in used.items()],
    }

    ways = explaining.ways_to_better(told, card=CARD)

    assert len(ways) <= explaining.WAYS_MAX
    assert (ways == ()) or grade.advice is not Advice.OFFER
    floors = [item.floor for item in CARD.grades if item.advice is Advice.OFFER]
    for way in ways:
        assert way.advice is Advice.OFFER
        assert way.points == points + sum(step.gained for step in way.steps) >= min(floors)
        assert len({step.characteristic for step in way.steps}) == len(way.steps)
        for step in way.steps:
            assert way.points - step.gained < min(floors), "a step that is not needed"
            item = next(item for item in CARD.characteristics if item.id == step.characteristic)
            assert used[item.id] + step.gained in {*item.points, *(item.levels or {}).values()}


def test_a_grade_that_offers_needs_no_way() -> None:
    best = {"points": CARD.points_max, "breakdown": []}

    assert explaining.ways_to_better(best, card=CARD) == ()


def test_the_bounds_of_the_better_bin_are_named() -> None:
    card = card_form.scorecard_of(a_card(a_number(), a_choice()))
    told = opinion(card, {"months_in_business": "5", "training_done": False})

    found = [
        [(step.characteristic, step.gained, step.at_least, step.below) for step in way.steps]
        for way in explaining.ways_to_better(told, card=card)
    ]

    assert found == [[("months_in_business", 10, "24", None)]]


def test_two_steps_are_named_where_one_does_not_suffice() -> None:
    card = card_form.scorecard_of(a_card(a_number(), a_choice(), grades=[
        {"grade": "A", "from": 14, "advice": "offer"},
        {"grade": "B", "from": 0, "advice": "refer"},
    ]))  # fmt: skip
    told = opinion(card, {"months_in_business": "5", "training_done": False})

    [way] = explaining.ways_to_better(told, card=card)

    assert {step.characteristic for step in way.steps} == {"months_in_business", "training_done"}
    assert (way.points, way.advice) == (16, Advice.OFFER)


def test_what_nobody_can_reach_in_three_steps_has_no_way() -> None:
    far = {
        "points": 0,
        "breakdown": [
            {"characteristic": item.id, "points": item.points_max} for item in CARD.characteristics
        ],
    }

    assert explaining.ways_to_better(far, card=CARD) == ()


@pytest.mark.requirement("A1.5")
def test_training_done_brings_its_published_weight_and_no_more() -> None:
    item = next(item for item in CARD.characteristics if item.id == "training_done")
    without = {other.id: None for other in CARD.characteristics} | {"training_done": False}
    done = without | {"training_done": True}

    gained = (
        scorecard.score(CARD, values=done).points - scorecard.score(CARD, values=without).points
    )

    assert gained == item.points_max == 3
    assert any(
        reason.characteristic == "training_done"
        for reason in scorecard.score(
            CARD,
            values={
                other.id: None if other.id == "training_done" else _best(other)
                for other in CARD.characteristics
            }
            | {"training_done": False},
        ).reasons
    )


def _best(item: scorecard.Characteristic) -> str:
    if item.levels is not None:
        return max(item.levels, key=lambda level: (item.levels or {})[level])
    place = item.points.index(max(item.points))
    return str(item.cuts[place - 1]) if place else "-1"
