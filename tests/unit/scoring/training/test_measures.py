"""Each figure of a validation against a number worked by hand or an independent way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.training import measures

BAD = np.array([True, True, False, False])


def test_auc_counts_pairs_and_half_of_ties() -> None:
    assert measures.auc(np.array([2.0, 3, 1]), bad=np.array([True, False, False])) == 0.5
    assert measures.auc(np.array([2.0, 2]), bad=np.array([True, False])) == 0.5
    assert measures.auc(np.array([1.0, 2, 3, 4]), bad=BAD) == 1
    assert measures.auc(np.array([4.0, 3, 2, 1]), bad=BAD) == 0


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=40))
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[int, bool]]) -> None:
    score = np.array([float(points) for points, _ in pairs])
    bad = np.array([is_bad for _, is_bad in pairs])
    if bad.all() or not bad.any():
        return
    wins = sum((g > b) + (g == b) / 2 for g in score[~bad] for b in score[bad])

    assert measures.auc(score, bad=bad) == pytest.approx(wins / ((~bad).sum() * bad.sum()))


def test_ks_is_the_widest_gap_between_both_distributions() -> None:
    assert measures.ks(np.array([2.0, 3, 1]), bad=np.array([True, False, False])) == 0.5
    assert measures.ks(np.array([1.0, 2, 3, 4]), bad=BAD) == 1


def test_capture_counts_loans_at_the_edge_by_their_part() -> None:
    bad = np.zeros(10, dtype=bool)
    bad[[0, 6]] = True
    assert measures.capture(np.arange(10.0), bad=bad) == 0.5
    assert measures.capture(np.ones(10), bad=bad) == pytest.approx(0.1)


def test_psi_is_the_published_figure() -> None:
    """The worked number of the reference page on scoring: ten bins of a tenth each."""
    expected = np.array([0.08, 0.09, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.11, 0.12])

    assert measures.psi(np.full(10, 0.1), expected) == pytest.approx(0.010116, abs=5e-7)
    assert measures.psi(expected, expected) == 0


def test_psi_of_an_empty_bin_is_finite_and_large() -> None:
    assert 0.5 < measures.psi(np.array([50.0, 50, 0]), np.array([30.0, 30, 40])) < 10


def test_brier_and_calibration_error_of_a_right_statement() -> None:
    pd = np.full(10, 0.2)
    bad = np.arange(10) < 2
    assert measures.brier(pd, bad=bad) == pytest.approx(0.16)
    assert measures.calibration_error(pd, bad=bad, bins=1) == pytest.approx(0)
    assert measures.calibration_error(pd + 0.1, bad=bad, bins=1) == pytest.approx(0.1)


def test_jeffreys_bounds_hold_the_rate_and_touch_the_ends_only_there() -> None:
    low, high = measures.jeffreys(5, 100)
    assert low == pytest.approx(0.0189, abs=5e-4)
    assert high == pytest.approx(0.1062, abs=5e-4)
    assert measures.jeffreys(0, 20)[0] == 0
    assert measures.jeffreys(20, 20)[1] == 1


def test_a_better_score_is_found_better_and_the_same_is_not() -> None:
    random = np.random.default_rng(1)
    bad = random.uniform(size=800) < 0.3
    clear = random.normal(size=800) - 1.5 * bad
    noise = clear + random.normal(scale=3, size=800)

    better = measures.auc_difference(clear, noise, bad=bad, seed=4)
    same = measures.auc_difference(clear, clear, bad=bad, seed=4)

    assert better.low > 0
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert better == measures.auc_difference(clear, noise, bad=bad, seed=4)


def test_the_bootstrap_interval_holds_the_figure() -> None:
    random = np.random.default_rng(2)
    bad = random.uniform(size=400) < 0.4
    score = random.normal(size=400) - bad

    found = measures.bootstrapped_auc(score, bad=bad, seed=0)

    assert found.low < found.value < found.high
    assert found.value == measures.auc(score, bad=bad)
