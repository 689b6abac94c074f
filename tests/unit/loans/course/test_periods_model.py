"""Does the model of a course hold where its periods have nothing left to bear or to give up?"""

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

import pytest

from services.loans.domain.course import instalments, model_moves, model_views
from services.loans.domain.course.periods_model import Model, Period
from services.loans.domain.course.plan import Unit
from services.loans.domain.course.span_rates import Measure
from tests.courses import BY_MONTH, START, day

DUES = (START, day("02-01"), day("03-01"), day("04-01"))


def model_of(rate: Fraction = Fraction(0)) -> Model:
    """300 paid out on 1 January in three months."""
    model = Model(
        measure=Measure(rules=BY_MONTH, every=1, unit=Unit.MONTHS, origin=START),
        annual_rate=rate,
        periods=[Period(*days) for days in pairwise(DUES)],
        changes=[],
        multiple=1,
        rounding="half_even",
    )
    model_moves.disburse(model, START, 300)
    return model


@pytest.mark.parametrize("before", [1, 30])
def test_before_its_first_day_a_course_bears_nothing(before: int) -> None:
    whole = model_of(Fraction(12, 10))
    twin = model_views.cut_at(whole, START - timedelta(days=before))

    assert [tally.profit for tally in whole.rebalance()] == [30, 21, 11]
    assert [(tally.profit, tally.earned) for tally in twin.rebalance()] == [(0, 0)] * 3


@pytest.mark.parametrize(
    ("paid", "rest", "left"),
    [
        # What is too much comes out of the last ones first.
        ((0, 0, 0), -150, [100, 50, 0]),
        # A period that is settled keeps its instalment, and the one before it gives.
        ((0, 0, 100), -150, [50, 0, 100]),
        # No more is given up than is there.
        ((0, 0, 0), -500, [0, 0, 0]),
        # Where more was paid of a period than it asks, nothing before it gives.
        ((0, 0, 120), -150, [100, 100, 100]),
        ((0, 0, 0), 0, [100, 100, 100]),
    ],
)
def test_what_is_too_much_leaves_the_last_periods_that_have_earned_nothing(
    paid: tuple[int, int, int], rest: int, left: list[int]
) -> None:
    model = model_of()
    for period, amount in zip(model.periods, paid, strict=True):
        period.instalment, period.paid_principal = 100, amount

    instalments._drop_unearned(model, model.tally(), rest)

    assert [period.instalment for period in model.periods] == left


def test_a_period_that_has_earned_profit_gives_nothing_up() -> None:
    model = model_of(Fraction(12, 10))
    asked = [period.instalment for period in model.periods]

    instalments._drop_unearned(model, model.tally(), -50)

    assert [period.instalment for period in model.periods] == asked
