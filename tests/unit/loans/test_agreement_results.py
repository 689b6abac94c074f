"""A result is held to its threshold as it is, not as it is rounded; published figures hold."""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import agreement_results
from services.loans.domain.agreement_results import (
    COUNTED,
    FORMULAS,
    Comparison,
    Condition,
    Figure,
    Measure,
    ResultNotMeasurable,
    ThresholdNotPossible,
)

DAY = date(2026, 3, 1)


def share(measure: Measure, numerator: int, denominator: int) -> Figure:
    return Figure(
        measure=measure,
        as_of=DAY,
        numerator=Decimal(numerator),
        denominator=Decimal(denominator),
    )


def at(measure: Measure, comparison: Comparison, limit: str, code: str = "") -> Condition:
    return Condition(
        number=1, measure=measure, comparison=comparison, threshold=Decimal(limit), code=code
    )


# Balances 1000, 800, 600, 400, 200 and 500, late by 0, 5, 35, 65, 120 and 0 days. Whole balances
# of what is late over all: CGAP/SEEP, Microfinance Consensus Guidelines, 2003.
@pytest.mark.parametrize(
    ("measure", "late", "published"),
    [(Measure.PAR30, 1200, "0.342857"), (Measure.PAR90, 200, "0.057143")],
)
def test_portfolio_at_risk_is_as_published(measure: Measure, late: int, published: str) -> None:
    assert share(measure, late, 3500).value == Decimal(published)


def test_a_share_is_compared_before_it_is_rounded() -> None:
    figure = share(Measure.PAR30, 1200, 3500)  # 0.34285714…
    assert not agreement_results.is_met(
        at(Measure.PAR30, Comparison.AT_MOST, "0.342857"), figure=figure
    )
    assert agreement_results.is_met(
        at(Measure.PAR30, Comparison.AT_MOST, "0.342858"), figure=figure
    )


@pytest.mark.parametrize(
    ("comparison", "limit", "met"),
    [
        (Comparison.AT_LEAST, "0.8", True),
        (Comparison.AT_LEAST, "0.800001", False),
        (Comparison.AT_MOST, "0.8", True),
        (Comparison.AT_MOST, "0.799999", False),
    ],
)
def test_the_threshold_itself_is_enough(*, comparison: Comparison, limit: str, met: bool) -> None:
    condition = at(Measure.ABSORPTION, comparison, limit)
    assert agreement_results.is_met(condition, figure=share(Measure.ABSORPTION, 4, 5)) is met


@pytest.mark.parametrize(
    ("measure", "limit", "code"),
    [
        (Measure.PAR30, "1.01", ""),
        (Measure.PAR90, "2", ""),
        (Measure.PAR30, "-0.1", ""),
        (Measure.BORROWERS, "2.5", ""),
        (Measure.DISBURSED, "NaN", ""),
        (Measure.TOLD, "3", ""),
        (Measure.PAR30, "0.1", "jobs"),
    ],
)
def test_a_threshold_that_nothing_can_reach_is_refused(
    measure: Measure, limit: str, code: str
) -> None:
    with pytest.raises(ThresholdNotPossible):
        at(measure, Comparison.AT_LEAST, limit, code)


def test_more_may_be_paid_out_than_was_received_where_it_comes_back() -> None:
    condition = at(Measure.ABSORPTION, Comparison.AT_LEAST, "1.5")
    assert agreement_results.is_met(condition, figure=share(Measure.ABSORPTION, 3, 2))


def test_a_share_of_nothing_is_no_result() -> None:
    figure = share(Measure.PAR30, 0, 0)
    with pytest.raises(ResultNotMeasurable):
        _ = figure.value
    with pytest.raises(ResultNotMeasurable):
        agreement_results.is_met(at(Measure.PAR30, Comparison.AT_MOST, "0"), figure=figure)


def test_every_measure_has_a_formula_and_only_what_is_told_is_not_counted() -> None:
    assert set(FORMULAS) == set(Measure)
    assert set(Measure) - COUNTED == {Measure.TOLD}
