"""Is the rate of some days of a period exactly what the day rules say?"""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from services.loans.domain.course import span_rates
from services.loans.domain.course.plan import (
    CountedOver,
    DayRules,
    LeapRule,
    MonthLength,
    Unit,
    YearLength,
)
from services.loans.domain.course.span_rates import Measure

RATE = Fraction(12, 100)
JANUARY = (date(2024, 1, 1), date(2024, 2, 1))


def measure(unit: Unit = Unit.MONTHS, every: int = 1, **rules: Any) -> Measure:
    return Measure(
        rules=DayRules(**rules),
        every=every,
        unit=unit,
        origin=date(2024, 1, 1),
    )


def whole(of: Measure, period: tuple[date, date] = JANUARY) -> Fraction:
    return span_rates.of_days(of, RATE, period, *period)


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (YearLength.DAYS_360, 360),
        (YearLength.DAYS_364, 364),
        (YearLength.DAYS_365, 365),
        (YearLength.ACTUAL, 366),
    ],
)
def test_real_days_are_divided_by_the_length_of_the_year(year: YearLength, days: int) -> None:
    assert whole(measure(year=year)) == RATE * 31 / days


def test_a_month_of_thirty_days_bears_the_same_whatever_its_length() -> None:
    of = measure(year=YearLength.DAYS_360, month=MonthLength.DAYS_30)
    february = (date(2024, 2, 1), date(2024, 3, 1))

    assert whole(of) == whole(of, february) == Fraction(1, 100)


def test_part_of_a_month_of_thirty_days_bears_its_part_of_the_real_days() -> None:
    of = measure(year=YearLength.DAYS_360, month=MonthLength.DAYS_30)

    found = span_rates.to_due(of, RATE, JANUARY, JANUARY[0], date(2024, 1, 11))

    assert found == Fraction(1, 100) * 10 / 31


def test_a_period_over_the_years_end_is_split_after_the_last_of_december() -> None:
    period = (date(2023, 12, 15), date(2024, 1, 15))

    assert whole(measure(), period) == RATE * (Fraction(16, 365) + Fraction(15, 366))


def test_where_the_first_day_bears_the_year_turns_on_the_first_of_january() -> None:
    period = (date(2023, 12, 15), date(2024, 1, 15))

    found = whole(measure(first_day_bears=True), period)

    assert found == RATE * (Fraction(17, 365) + Fraction(14, 366))


def test_with_the_leap_day_rule_only_its_own_period_counts_over_366() -> None:
    of = measure(leap=LeapRule.FEBRUARY_29_ONLY)
    february = (date(2024, 2, 1), date(2024, 3, 1))

    assert whole(of) == RATE * 31 / 365
    assert whole(of, february) == RATE * 29 / 366


def test_the_leap_day_rule_does_not_split_a_period_without_one() -> None:
    period = (date(2024, 12, 15), date(2025, 1, 15))

    found = whole(measure(leap=LeapRule.FEBRUARY_29_ONLY), period)

    assert found == RATE * 31 / 365


@pytest.mark.parametrize(("unit", "every", "parts"), [(Unit.MONTHS, 1, 12), (Unit.WEEKS, 2, 26)])
def test_whole_periods_bear_their_part_of_the_year(unit: Unit, every: int, parts: int) -> None:
    of = measure(unit=unit, every=every, over=CountedOver.PERIODS)

    assert whole(of) == RATE / parts


def test_whole_periods_of_days_bear_their_days() -> None:
    of = measure(unit=Unit.DAYS, every=31, over=CountedOver.PERIODS, year=YearLength.DAYS_365)

    assert whole(of) == RATE * 31 / 365


def test_an_irregular_period_is_measured_in_months_and_a_part_of_the_next() -> None:
    of = measure(year=YearLength.DAYS_360, month=MonthLength.DAYS_30)

    assert span_rates.units_in(of, date(2024, 1, 15), date(2024, 2, 29)) == 1 + Fraction(14, 29)
    assert span_rates.units_in(of, date(2024, 1, 10), date(2024, 3, 10)) == 2


def test_a_month_end_that_was_lost_still_ends_a_regular_period() -> None:
    of = Measure(rules=DayRules(), every=1, unit=Unit.MONTHS, origin=date(2024, 1, 31))

    assert span_rates.units_in(of, date(2024, 2, 29), date(2024, 3, 31)) == 1


def test_the_rate_to_the_due_date_has_nineteen_decimals() -> None:
    of = measure(year=YearLength.DAYS_360, month=MonthLength.DAYS_30)
    rate = Fraction(7, 100)

    found = span_rates.to_due(of, rate, JANUARY, *JANUARY)

    assert found == Fraction(58_333_333_333_333_333, 10**19)


def test_no_days_bear_nothing() -> None:
    of = measure()

    assert span_rates.to_due(of, RATE, JANUARY, JANUARY[0], JANUARY[0]) == 0
    assert span_rates.to_due(of, RATE, JANUARY, JANUARY[1], JANUARY[1]) == 0
    assert span_rates.of_days(of, RATE, (JANUARY[0],) * 2, JANUARY[0], JANUARY[0]) == 0


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (Unit.DAYS, date(2024, 2, 2)),
        (Unit.WEEKS, date(2024, 2, 14)),
        (Unit.MONTHS, date(2024, 3, 31)),
        (Unit.YEARS, date(2026, 1, 31)),
    ],
)
def test_a_step_goes_so_many_units_on(unit: Unit, expected: date) -> None:
    assert span_rates.step(date(2024, 1, 31), 2, unit) == expected


def test_each_year_that_a_period_holds_is_divided_by_its_own_length() -> None:
    period = (date(2023, 7, 1), date(2025, 3, 1))
    parts = Fraction(183, 365) + Fraction(366, 366) + Fraction(60, 365)
    by_first_day = Fraction(184, 365) + Fraction(366, 366) + Fraction(59, 365)

    assert whole(measure(), period) == RATE * parts
    assert whole(measure(first_day_bears=True), period) == RATE * by_first_day
    assert whole(measure(), (date(2024, 12, 1), date(2025, 2, 1))) == RATE * (
        Fraction(30, 366) + Fraction(32, 365)
    )
