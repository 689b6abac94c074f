"""Bins run one way, hold enough loans, and say what their weights are."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.scorecard import ANY_OTHER_LEVEL, Direction
from services.scoring.domain.training import bins
from services.scoring.domain.training.bins import (
    Bin,
    CharacteristicConstant,
    OneClassOnly,
    Rules,
)


def numbers(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_the_weight_of_evidence_of_a_bin_is_the_log_of_two_shares() -> None:
    woe = bins.weight_of_evidence(Bin(good=90, bad=10), whole=Bin(good=700, bad=300))

    assert woe == pytest.approx(1.306677, abs=1e-6)


def test_risk_runs_one_way_through_the_bins_even_where_the_file_wavers() -> None:
    random = np.random.default_rng(3)
    values = random.uniform(0, 1, 4000)
    waver = 0.3 - 0.2 * values + 0.08 * np.sin(25 * values)
    bad = random.uniform(size=4000) < waver

    found = bins.bin_numbers("x", values, bad=bad, direction=Direction.UP, rules=Rules())

    rates = [part.bad_rate for part in found.bins]
    assert len(rates) > 2
    assert all(later < earlier for earlier, later in pairwise(rates))
    assert all(part.count >= 200 for part in found.bins)
    assert len(found.bins) <= 6


def test_a_number_against_its_direction_is_one_bin_that_tells_nothing() -> None:
    values = np.linspace(0, 1, 1000)
    bad = np.arange(1000) >= 700

    against = bins.bin_numbers("x", values, bad=bad, direction=Direction.UP, rules=Rules())
    along = bins.bin_numbers("x", values, bad=bad, direction=Direction.DOWN, rules=Rules())

    assert len(against.bins) == 1
    assert abs(against.information_value) < 1e-6
    assert along.information_value > 1


@given(seed=st.integers(0, 10_000), blank=st.floats(0, 0.6))
def test_every_loan_is_in_one_bin_and_none_is_counted_twice(seed: int, blank: float) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 12, 300).astype(float)
    values[random.uniform(size=300) < blank] = np.nan
    bad = random.uniform(size=300) < 0.3
    if np.isnan(values).all() or bad.all() or not bad.any():
        return

    found = bins.bin_numbers("x", values, bad=bad, direction=Direction.DOWN, rules=Rules())

    assert sum((part.count for part in found.bins), found.missing_bin.count) == 300
    assert sum((part.bad for part in found.bins), found.missing_bin.bad) == bad.sum()
    assert found.missing <= max(found.woe)
    weights = found.weights(values)
    for i, (low, high) in enumerate(pairwise([-np.inf, *found.cuts, np.inf])):
        assert set(weights[(values >= low) & (values < high)]) <= {found.woe[i]}


def test_few_unknown_values_weigh_as_the_worst_known_bin() -> None:
    values = np.array([*np.linspace(0, 1, 400), *[np.nan] * 10])
    bad = np.array([i % 4 == 0 or i < 60 for i in range(400)] + [False] * 10)

    found = bins.bin_numbers("x", values, bad=bad, direction=Direction.UP, rules=Rules())

    assert found.missing == min(found.woe)


def test_many_unknown_values_have_a_weight_of_their_own_and_never_the_best() -> None:
    values = np.array([*np.linspace(0, 1, 400), *[np.nan] * 100])
    bad = np.array([i % 2 == 0 for i in range(400)] + [False] * 100)

    found = bins.bin_numbers("x", values, bad=bad, direction=Direction.UP, rules=Rules())

    assert found.missing == max(found.woe)


def test_rare_levels_stand_together_with_those_that_the_file_does_not_hold() -> None:
    levels = np.array(["often"] * 60 + ["also"] * 36 + ["rare"] * 2 + ["seldom"] * 2)
    bad = np.array([i % 3 == 0 for i in range(60)] + [i % 9 == 0 for i in range(36)] + [True] * 4)

    found = bins.bin_levels("x", levels, bad=bad, rules=Rules())

    group = next(group for group in found.groups if ANY_OTHER_LEVEL in group)
    assert {"rare", "seldom"} <= set(group)
    assert found.weights(np.array(["never seen"]))[0] == found.weights(np.array(["rare"]))[0]


def test_levels_of_like_risk_are_merged_until_there_are_few() -> None:
    random = np.random.default_rng(5)
    levels = random.choice(list("abcdefghij"), 5000)
    risk = {level: 0.1 + 0.08 * (i // 2) for i, level in enumerate("abcdefghij")}
    bad = random.uniform(size=5000) < np.array([risk[level] for level in levels])

    found = bins.bin_levels("x", levels, bad=bad, rules=Rules(bins_max=3))

    assert len(found.groups) == 3
    rates = [part.bad_rate for part in found.bins]
    assert rates == sorted(rates)
    assert sorted(level for group in found.groups for level in group) == list("abcdefghij")


@pytest.mark.parametrize("bad", [[True] * 4, [False] * 4])
def test_one_class_teaches_nothing(bad: list[bool]) -> None:
    with pytest.raises(OneClassOnly) as refused:
        bins.bin_numbers(
            "x", numbers(1, 2, 3, 4), bad=np.array(bad), direction=Direction.UP, rules=Rules()
        )

    assert {refused.value.good, refused.value.bad} == {0, 4}


def test_a_column_without_difference_is_named() -> None:
    bad = np.array([True, False] * 20)
    with pytest.raises(CharacteristicConstant):
        bins.bin_numbers("x", np.ones(40), bad=bad, direction=Direction.UP, rules=Rules())
    with pytest.raises(CharacteristicConstant):
        bins.bin_levels("x", np.array(["same"] * 40), bad=bad, rules=Rules())
    with pytest.raises(CharacteristicConstant):
        bins.bin_numbers("x", np.full(40, np.nan), bad=bad, direction=Direction.UP, rules=Rules())


def test_a_value_that_is_only_known_or_not_still_tells() -> None:
    values = np.array([1.0] * 100 + [np.nan] * 100)
    bad = np.array([i % 10 == 0 for i in range(100)] + [i % 2 == 0 for i in range(100)])

    found = bins.bin_numbers("x", values, bad=bad, direction=Direction.UP, rules=Rules())

    assert found.missing < found.woe[0]
    assert found.information_value > 0.3
