"""Spans are half-open, month steps keep their day, day counts are those of their definers."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import cast

import pytest

from shared.periods import (
    DayCount,
    Frequency,
    MonthEndRule,
    Period,
    PeriodReversed,
    add_months,
    add_periods,
    days_between,
    days_in_month,
    year_fraction,
)

JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))


def test_a_span_holds_its_start_and_not_its_end() -> None:
    assert date(2026, 1, 1) in JANUARY
    assert date(2026, 1, 31) in JANUARY
    assert date(2026, 2, 1) not in JANUARY
    assert date(2025, 12, 31) not in JANUARY
    assert JANUARY.days == 31


@pytest.mark.parametrize("end", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_span_ends_after_it_starts(end: date) -> None:
    with pytest.raises(PeriodReversed) as refused:
        Period(date(2026, 1, 1), end)
    assert refused.value.fields() == {"start": "2026-01-01", "end": end.isoformat()}


@pytest.mark.parametrize(
    ("start", "end", "overlapping"),
    [
        (date(2026, 1, 31), date(2026, 3, 1), True),
        (date(2026, 2, 1), date(2026, 3, 1), False),
        (date(2025, 12, 1), date(2026, 1, 1), False),
        (date(2025, 12, 1), date(2026, 1, 2), True),
        (date(2026, 1, 10), date(2026, 1, 11), True),
    ],
)
def test_spans_overlap_where_a_day_is_in_both(start: date, end: date, overlapping: bool) -> None:  # noqa: FBT001
    other = Period(start, end)

    assert JANUARY.overlaps(other) is overlapping
    assert other.overlaps(JANUARY) is overlapping


@pytest.mark.parametrize(
    ("start", "months", "rule", "reached"),
    [
        (date(2026, 1, 31), 1, "clamp", date(2026, 2, 28)),
        (date(2026, 1, 31), 2, "clamp", date(2026, 3, 31)),
        (date(2024, 1, 31), 1, "clamp", date(2024, 2, 29)),
        (date(2026, 2, 28), 1, "clamp", date(2026, 3, 28)),
        (date(2026, 2, 28), 1, "end_of_month", date(2026, 3, 31)),
        (date(2026, 2, 27), 1, "end_of_month", date(2026, 3, 27)),
        (date(2026, 1, 30), 1, "end_of_month", date(2026, 2, 28)),
        (date(2026, 1, 31), 1, "next_month", date(2026, 3, 1)),
        (date(2026, 1, 31), 2, "next_month", date(2026, 3, 31)),
        (date(2026, 12, 15), 1, "clamp", date(2027, 1, 15)),
        (date(2026, 1, 15), -1, "clamp", date(2025, 12, 15)),
        (date(2026, 3, 31), -13, "clamp", date(2025, 2, 28)),
        (date(2026, 1, 31), 0, "next_month", date(2026, 1, 31)),
        (date(2025, 12, 31), 2, "next_month", date(2026, 3, 1)),
    ],
)
def test_a_month_later_is_the_same_day_where_there_is_one(
    start: date, months: int, rule: MonthEndRule, reached: date
) -> None:
    assert add_months(start, months, rule) == reached


@pytest.mark.parametrize(
    ("frequency", "reached"),
    [
        ("daily", date(2026, 2, 2)),
        ("weekly", date(2026, 2, 14)),
        ("biweekly", date(2026, 2, 28)),
        ("monthly", date(2026, 3, 31)),
        ("quarterly", date(2026, 7, 31)),
        ("half_yearly", date(2027, 1, 31)),
        ("yearly", date(2028, 1, 31)),
    ],
)
def test_two_periods_later(frequency: Frequency, reached: date) -> None:
    assert add_periods(date(2026, 1, 31), 2, frequency=frequency) == reached


def test_periods_follow_the_rule_of_month_ends() -> None:
    reached = add_periods(
        date(2026, 2, 28), 1, frequency="quarterly", month_end_rule="end_of_month"
    )

    assert reached == date(2026, 5, 31)


def test_the_days_of_a_month() -> None:
    assert [days_in_month(date(year, 2, 1)) for year in (2024, 2026, 2100)] == [29, 28, 28]


# By hand from the formulas of ISDA 2006 Definitions, section 4.16 (g) and (f).
@pytest.mark.parametrize(
    ("start", "end", "european", "american"),
    [
        (date(2007, 1, 15), date(2007, 1, 30), 15, 15),
        (date(2007, 1, 15), date(2007, 2, 15), 30, 30),
        (date(2007, 9, 30), date(2008, 3, 31), 180, 180),
        (date(2007, 9, 30), date(2007, 10, 31), 30, 30),
        (date(2007, 1, 15), date(2007, 1, 31), 15, 16),
        (date(2007, 1, 31), date(2007, 2, 28), 28, 28),
        (date(2007, 2, 28), date(2007, 3, 31), 32, 33),
        (date(2006, 8, 31), date(2007, 2, 28), 178, 178),
    ],
)
def test_a_month_of_thirty_days_by_both_ways(
    start: date, end: date, european: int, american: int
) -> None:
    assert days_between(start, end, day_count="30/360") == european
    assert days_between(start, end, day_count="30u/360") == american


@pytest.mark.parametrize("day_count", ["act/360", "act/364", "act/365", "act/act"])
def test_the_other_ways_count_real_days(day_count: DayCount) -> None:
    assert days_between(date(2024, 1, 31), date(2024, 3, 1), day_count=day_count) == 30
    assert days_between(date(2024, 3, 1), date(2024, 1, 31), day_count=day_count) == -30


@pytest.mark.parametrize(
    ("day_count", "years"),
    [
        ("30/360", Fraction(60, 360)),
        ("30u/360", Fraction(61, 360)),
        ("act/360", Fraction(61, 360)),
        ("act/364", Fraction(61, 364)),
        ("act/365", Fraction(61, 365)),
        ("act/act", Fraction(61, 365)),
    ],
)
def test_a_part_of_a_year(day_count: DayCount, years: Fraction) -> None:
    found = year_fraction(date(2026, 5, 1), date(2026, 7, 1), day_count=day_count)
    if day_count == "30u/360":
        found = year_fraction(date(2026, 4, 29), date(2026, 6, 30), day_count=day_count)

    assert abs(Fraction(found) - years) < Fraction(1, 10**45)


def test_days_of_leap_years_weigh_less_by_isda() -> None:
    # ISDA, "EMU and market conventions: recent developments" (1998), example of Actual/Actual:
    # 1 November 2003 to 1 May 2004 is 61/365 + 121/366.
    found = year_fraction(date(2003, 11, 1), date(2004, 5, 1), day_count="act/act")

    assert abs(Fraction(found) - Fraction(61, 365) - Fraction(121, 366)) < Fraction(1, 10**45)


def test_a_span_of_years_is_a_whole_number_of_years() -> None:
    assert year_fraction(date(2023, 1, 1), date(2026, 1, 1), day_count="act/act") == 3


def test_a_span_backwards_is_negative() -> None:
    start, end = date(2023, 12, 31), date(2024, 1, 2)

    forth = year_fraction(start, end, day_count="act/act")
    back = year_fraction(end, start, day_count="act/act")

    assert back == forth.copy_negate()
    assert forth > Decimal(0)


def test_an_unknown_day_count_is_refused() -> None:
    with pytest.raises(ValueError, match="act/999"):
        year_fraction(date(2026, 1, 1), date(2026, 2, 1), day_count=cast("DayCount", "act/999"))
