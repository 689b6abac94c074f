"""An effect is a difference with its error, by whole areas; without a comparison there is none."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import impact
from services.scoring.domain.impact import AreasTooFew, ControlsEntangled, Effect, NoComparison

PROFITS = np.array([3.0, 5, 4, 6, 4, 2, 1, 3, 2, 2, 4, 0])
OFFERED = np.array([1.0] * 6 + [0.0] * 6)
AREAS = np.arange(12.0)


def effect(outcome: Any = PROFITS, **changes: Any) -> Effect:
    return impact.intention_to_treat(outcome, **{"treated": OFFERED, "area": AREAS} | changes)


def test_the_worked_number() -> None:
    found = effect()

    assert found.value == pytest.approx(2)
    assert found.error == pytest.approx(0.816497, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.202903, 3.797097), abs=1e-6)
    assert (found.control_mean, found.rows, found.areas) == (2, 12, 12)
    assert found.is_told_from_chance


def test_households_of_one_area_count_as_one_not_as_many() -> None:
    """The same rows ten times over, still twelve areas: nothing more is known."""
    one = effect()
    ten = effect(np.tile(PROFITS, 10), treated=np.tile(OFFERED, 10), area=np.tile(AREAS, 10))
    apart = effect(np.tile(PROFITS, 10), treated=np.tile(OFFERED, 10), area=np.arange(120.0))

    assert ten.value == pytest.approx(one.value)
    assert ten.error == pytest.approx(one.error, rel=0.06)
    assert apart.error < one.error / 2.5


def test_a_weight_counts_like_a_household_more() -> None:
    weighted = effect(weight=np.array([2.0] + [1.0] * 11))
    doubled = effect(
        np.append(PROFITS, PROFITS[0]),
        treated=np.append(OFFERED, 1.0),
        area=np.append(AREAS, 0.0),
    )

    assert weighted.value == pytest.approx(doubled.value)
    assert effect(weight=np.full(12, 7.0)).error == pytest.approx(effect().error)
    assert effect(weight=np.array([0.0] + [1.0] * 11)).rows == 11


def test_what_is_held_equal_explains_its_part() -> None:
    known = np.array([0.0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0])[:, None]
    moved = effect(PROFITS + 10 * known[:, 0], held_equal=known)

    assert moved.value == pytest.approx(effect(held_equal=known).value)
    assert moved.error == pytest.approx(effect(held_equal=known).error)


def test_rows_with_a_blank_are_left_out() -> None:
    holed = np.append(PROFITS, np.nan)
    found = effect(holed, treated=np.append(OFFERED, 1.0), area=np.append(AREAS, 99.0))

    assert found == effect()


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"treated": np.ones(12)}, NoComparison),
        ({"treated": np.zeros(12)}, NoComparison),
        ({"treated": OFFERED * 2}, NoComparison),
        ({"outcome": np.full(12, np.nan)}, NoComparison),
        ({"area": AREAS // 2}, AreasTooFew),
        ({"held_equal": OFFERED[:, None] * 3}, ControlsEntangled),
        ({"held_equal": np.ones((12, 1))}, ControlsEntangled),
        ({"held_equal": np.zeros((12, 1))}, ControlsEntangled),
    ],
)
def test_what_no_effect_can_be_read_from_is_refused(
    changes: dict[str, Any], refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        effect(**changes)


@given(
    outcome=st.lists(st.floats(-1e4, 1e4), min_size=12, max_size=12),
    shift=st.floats(-1e3, 1e3),
    scale=st.floats(0.1, 50),
    seed=st.randoms(use_true_random=False),
)
@settings(max_examples=40)
def test_other_names_units_and_orders_change_nothing_else(
    outcome: list[float], shift: float, scale: float, seed: Any
) -> None:
    places = list(range(12))
    seed.shuffle(places)
    plain = effect(np.array(outcome))
    moved = effect(
        scale * np.array(outcome)[places] + shift,
        treated=OFFERED[places],
        area=(AREAS * -3 + 100)[places],
    )

    assert moved.value == pytest.approx(scale * plain.value, rel=1e-6, abs=1e-6)
    assert moved.error == pytest.approx(scale * plain.error, rel=1e-6, abs=1e-6)


def test_an_offer_that_does_nothing_is_told_from_chance_one_time_in_twenty() -> None:
    random = np.random.default_rng(11)
    areas = np.repeat(np.arange(40.0), 15)
    told = 0
    for _ in range(200):
        offered = np.repeat(random.permutation([1.0, 0.0] * 20), 15)
        like = np.repeat(random.normal(size=40), 15)
        found = effect(like + random.normal(size=600), treated=offered, area=areas)
        told += found.is_told_from_chance
    assert 2 <= told <= 20
