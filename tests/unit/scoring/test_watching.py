"""Cards are watched: what chance explains gives no alarm, what it does not explain gives one."""

from datetime import date

import numpy as np
import pytest

from services.scoring.domain import watching
from services.scoring.domain.watching import Judged, Pair, Ranking

ON = date(2026, 11, 22)
OLD, YOUNG = date(2026, 1, 10), date(2026, 6, 10)


def pairs(n: int, *, better: bool, lent_on: date = OLD) -> list[Pair]:
    """Loans of which every fourth is bad; the challenger knows, or says the contrary."""
    random = np.random.default_rng(3)
    return [
        Pair(
            champion=int(random.integers(0, 100)),
            challenger=int(random.integers(0, 100)) + (40 if better is not is_bad else -40),
            is_bad=is_bad,
            lent_on=lent_on,
        )
        for i in range(n)
        for is_bad in [i % 4 == 0]
    ]


@pytest.mark.parametrize(("rows", "limit"), [(1000, 0.043), (100, 0.238)])
def test_the_limit_of_psi_is_that_of_the_published_distribution(rows: int, limit: float) -> None:
    """Yurdakul and Naranjo 2020: chi2(9) at 99 % is 21.666."""
    found = watching.psi_limit(10, rows=rows, reference_rows=1000)

    assert found == pytest.approx(limit, abs=0.0005)


def test_the_same_scores_have_not_moved() -> None:
    found = watching.score_shift(list(range(1000)), reference=list(range(1000)))

    assert found is not None
    assert found.psi == pytest.approx(0, abs=1e-9)
    assert (found.bins, found.is_alarm) == (10, False)


def test_few_scores_have_to_move_further_than_many() -> None:
    then = list(range(100)) * 10
    moved = [score // 2 for score in then]
    some = [0, 0, *range(0, 100, 10), 0, 1]
    many, few = [watching.score_shift(now, reference=then) for now in (moved, some)]

    assert many is not None
    assert few is not None
    assert many.is_alarm
    assert few.psi > watching.PSI_LIMIT
    assert few.limit > few.psi
    assert not few.is_alarm


def test_a_card_of_one_score_has_no_limit_and_no_alarm() -> None:
    found = watching.score_shift([7] * 50, reference=[7] * 50)

    assert found is not None
    assert (found.psi, found.is_alarm) == (0, False)


@pytest.mark.parametrize(("now", "then"), [([], [1]), ([1], [])])
def test_without_rows_nothing_is_said(now: list[int], then: list[int]) -> None:
    assert watching.score_shift(now, reference=then) is None
    assert watching.part_shift("sector", now, reference=then) is None


def test_a_characteristic_whose_answers_changed_gives_alarm() -> None:
    found = watching.part_shift("sector", [1] * 900 + [9] * 100, reference=[1] * 500 + [9] * 500)

    assert found is not None
    assert (found.of, found.bins, found.is_alarm) == ("sector", 2, True)
    assert found.psi == pytest.approx(0.8789, abs=0.0001)  # 0.4 ln(0.9/0.5) + 0.4 ln(0.5/0.1)


def test_points_nobody_had_before_are_a_bin_of_their_own() -> None:
    found = watching.part_shift("sector", [5] * 100, reference=[1] * 100)

    assert found is not None
    assert found.is_alarm


def test_a_grade_is_calibrated_within_the_interval_of_jeffreys() -> None:
    """5 of 100: 0.0193 to 0.1061 (scipy 1.17, betaincinv)."""
    bad = [True] * 5 + [False] * 95
    sound, wrong = [
        watching.calibration(["A"] * 100, pd=[pd] * 100, bad=bad)[0] for pd in (0.05, 0.20)
    ]

    assert (round(sound.low, 4), round(sound.high, 4)) == (0.0193, 0.1061)
    assert (sound.is_alarm, wrong.is_alarm) == (False, True)


def test_grades_are_told_apart_in_order() -> None:
    found = watching.calibration(["B", "A", "B"], pd=[0.2, 0.1, 0.4], bad=[True, False, False])

    assert [(item.grade, item.loans, item.bad) for item in found] == [("A", 1, 0), ("B", 2, 1)]
    assert found[1].stated == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("now", "then", "is_alarm"),
    [
        (0.41, 0.5, False),
        (0.40, 0.5, True),
        (None, 0.5, False),
        (0.1, None, False),
        (0.1, 0, False),
    ],
)
def test_a_gini_that_lost_a_fifth_gives_alarm(
    now: float | None, then: float | None, *, is_alarm: bool
) -> None:
    found = Ranking(gini=now, loans=1, reference_gini=then, reference_loans=1)

    assert found.is_alarm is is_alarm


def test_fewer_than_ten_bad_loans_have_no_gini() -> None:
    bad = [True] * 9 + [False] * 100

    assert watching.gini(list(range(109)), bad=bad) is None
    assert watching.gini([*range(109), -1], bad=[*bad, True]) == pytest.approx(1.0)


def judged(advice: str, *, lent: bool, bad: bool | None = None, officer: str = "a") -> Judged:
    return Judged(officer=officer, advice=advice, is_lent=lent, is_bad=bad)


def test_overrides_are_told_by_officer_with_their_end() -> None:
    found = watching.overrides(
        [
            judged("decline", lent=True, bad=True),
            judged("decline", lent=True),
            judged("offer", lent=False),
            judged("offer", lent=True, bad=False),
            judged("refer", lent=True, bad=True),
            judged("decline", lent=False, officer="b"),
        ]
    )

    first, second = found
    assert (first.high_side, first.high_side_known, first.high_side_bad) == (2, 1, 1)
    assert (first.low_side, first.followed_known, first.followed_bad) == (1, 1, 0)
    assert (first.rate, first.is_alarm) == (0.6, True)
    assert (second.officer, second.rate, second.is_alarm) == ("b", 0, False)


def test_a_challenger_that_knows_more_is_better() -> None:
    found = watching.compare(pairs(200, better=True), on=ON)

    assert (found.loans, found.bad, found.months_matured) == (200, 50, 10)
    assert found.difference is not None
    assert found.difference.low > 0
    assert found.is_better


def test_a_challenger_that_is_worse_is_not() -> None:
    found = watching.compare(pairs(200, better=False), on=ON)

    assert found.difference is not None
    assert found.difference.high < 0
    assert not found.is_better


def test_the_same_loans_in_another_order_give_the_same_interval() -> None:
    some = pairs(120, better=True)

    assert watching.compare(some, on=ON) == watching.compare(some[::-1], on=ON)


def test_loans_younger_than_six_months_prove_nothing() -> None:
    found = watching.compare(pairs(200, better=True, lent_on=YOUNG), on=ON)

    assert (found.loans, found.difference, found.is_better) == (0, None, False)


def test_too_few_bad_loans_prove_nothing() -> None:
    found = watching.compare(pairs(36, better=True), on=ON)

    assert (found.bad, found.difference, found.is_better) == (9, None, False)


@pytest.mark.parametrize(
    ("end", "months"), [(date(2026, 7, 14), 5), (date(2026, 7, 15), 6), (date(2027, 1, 15), 12)]
)
def test_months_are_whole_ones(end: date, months: int) -> None:
    assert watching.months_between(date(2026, 1, 15), end) == months
