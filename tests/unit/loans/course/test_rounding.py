"""Is a fraction of minor units made whole as its rounding says?"""

from decimal import Decimal
from typing import get_args

import pytest

from services.loans.domain.course import rounding
from services.loans.domain.course.allocation import _shares
from shared.money import Rounding

MODES: tuple[Rounding, ...] = get_args(Rounding)
BY_DECIMAL = {
    "half_even": "ROUND_HALF_EVEN",
    "half_up": "ROUND_HALF_UP",
    "half_down": "ROUND_HALF_DOWN",
    "up": "ROUND_UP",
    "down": "ROUND_DOWN",
    "ceiling": "ROUND_CEILING",
    "floor": "ROUND_FLOOR",
}


@pytest.mark.parametrize("mode", MODES)
def test_a_fraction_is_made_whole_as_decimals_are(mode: Rounding) -> None:
    fractions = [(top, bottom) for bottom in (1, 2, 3, 4, 7, 10) for top in range(3 * bottom + 1)]

    found = [rounding.whole(top, bottom, mode) for top, bottom in fractions]

    assert found == [
        int((Decimal(top) / bottom).quantize(Decimal(1), BY_DECIMAL[mode]))
        for top, bottom in fractions
    ]


@pytest.mark.parametrize(
    ("amount", "count", "share"),
    [(125, 2, 62), (127, 2, 64), (-125, 2, -62), (-127, 2, -64), (-7, 3, -2), (7, 3, 2), (0, 3, 0)],
)
def test_a_share_is_rounded_alike_on_both_sides_of_nothing(
    amount: int, count: int, share: int
) -> None:
    assert rounding.shared(amount, count) == share


@pytest.mark.parametrize(
    ("amount", "multiple", "found"),
    [(1_701, 100, 1_700), (33, 100, 33), (3, 2, 4), (5, 2, 4), (1, 2, 1), (7, 1, 7), (7, 0, 7)],
)
def test_an_amount_is_rounded_to_a_multiple_but_never_to_nothing(
    amount: int, multiple: int, found: int
) -> None:
    assert rounding.to_multiple(amount, multiple) == found


@pytest.mark.parametrize(
    ("amount", "count", "found"),
    [
        (7, 3, [2, 2, 3]),
        (8, 3, [3, 3, 2]),
        (3, 2, [2, 1]),
        (5, 2, [2, 3]),
        (6, 4, [2, 2, 2, 0]),
        (10, 4, [2, 2, 2, 4]),
        (9, 4, [2, 2, 2, 3]),
        (2, 3, [1, 1, 0]),
        (3, 5, [0, 0, 0, 0, 3]),
        (9, 1, [9]),
        (9, 0, []),
    ],
)
def test_equal_shares_are_rounded_half_to_even_and_the_last_takes_the_rest(
    amount: int, count: int, found: list[int]
) -> None:
    assert _shares(amount, count) == found
