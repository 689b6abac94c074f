"""Measures of a fund, by the worked numbers of their formulas.

Sources: revolving funds practice (lent since the start / capital, lent in a year / average
capital), donors' practice (lent / committed), Core Principles for Effective Zakat Supervision
(BNM, BAZNAS, IRTI, 2016).
"""

from decimal import Decimal

import pytest

from services.loans.domain import fund_measures as measures

LAGS = [(400, 100_000), (10, 300_000), (40, 600_000)]


def test_the_worked_numbers() -> None:
    assert measures.multiplier(disbursed=25_000_000, paid_in=10_000_000) == Decimal("2.5")
    assert measures.velocity(
        disbursed=3_000_000, opening=10_000_000, closing=11_000_000, days=73
    ) == Decimal("1.428571")
    assert measures.utilisation(disbursed=3_000_000, at_hand=1_000_000, came=4_000_000) == Decimal(
        "0.6"
    )
    assert measures.absorption(disbursed=25_000_000, committed=40_000_000) == Decimal("0.625")
    assert measures.allocation_to_collection(disbursed=900_000, received=1_000_000) == Decimal(
        "0.9"
    )
    assert measures.lag_percentile(LAGS, percent=50) == 40
    assert measures.lag_percentile(LAGS, percent=90) == 40
    assert measures.lag_percentile(LAGS, percent=91) == 400
    assert measures.share_over_period(LAGS) == Decimal("0.1")


def test_a_revolving_fund_that_loses_two_per_cent_a_cycle_lends_nine_times_its_capital() -> None:
    """Ten cycles at a loss of 2 %: (1 - 0.98^10) / 0.02 = 9.1464 times the capital."""
    capital, lent, fund = 10_000_000, 0, 10_000_000
    for _ in range(10):
        lent += fund
        fund = fund * 98 // 100
    found = measures.multiplier(disbursed=lent, paid_in=capital)
    assert found is not None
    assert found.quantize(Decimal("0.0001")) == Decimal("9.1464")


@pytest.mark.parametrize("whole", [0, -1])
def test_nothing_is_divided_by_nothing(whole: int) -> None:
    assert measures.multiplier(disbursed=5, paid_in=whole) is None
    assert measures.utilisation(disbursed=5, at_hand=whole, came=0) is None
    assert measures.velocity(disbursed=5, opening=whole, closing=0, days=30) is None
    assert measures.lag_percentile([(3, whole)], percent=50) is None
    assert measures.share_over_period([(3, whole)]) is None
    assert measures.lag_percentile([], percent=50) is None


def test_the_last_day_of_a_lunar_year_is_within_it() -> None:
    assert measures.share_over_period([(354, 1), (355, 1)]) == Decimal("0.5")


def test_each_percentile_needs_no_more_days_than_the_next() -> None:
    days = [measures.lag_percentile(LAGS, percent=percent) for percent in range(1, 101)]
    known = [day for day in days if day is not None]
    assert len(known) == len(days)
    assert known == sorted(known)
