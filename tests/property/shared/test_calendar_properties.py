"""No rule leaves a date on a day of rest, and month steps keep their order."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shared import calendar, periods
from shared.calendar import MovingRule
from shared.periods import DayCount, MonthEndRule

COUNTRIES = st.sampled_from(
    ("MA", "DZ", "TN", "EG", "JO", "SD", "YE", "PS", "MR", "SA", "AE", "AE-SH", "BH", "KW")
)
DAYS = st.dates(date(2015, 1, 1), date(2076, 12, 31))
RULES: st.SearchStrategy[MovingRule] = st.sampled_from(
    ("next", "previous", "modified_following", "extend")
)
MONTH_ENDS: st.SearchStrategy[MonthEndRule] = st.sampled_from(
    ("clamp", "end_of_month", "next_month")
)
ADDITIVE: st.SearchStrategy[DayCount] = st.sampled_from(
    ("30/360", "act/360", "act/364", "act/365", "act/act")
)


@given(day=DAYS, rule=RULES, country=COUNTRIES)
def test_a_moved_date_is_a_working_day(day: date, rule: MovingRule, country: str) -> None:
    moved = calendar.move_date(day, rule=rule, country=country)

    assert calendar.is_working_day(moved, country=country)
    if calendar.is_working_day(day, country=country):
        assert moved == day


@given(day=DAYS, country=COUNTRIES)
def test_a_date_moves_no_further_than_the_nearest_working_day(day: date, country: str) -> None:
    after = calendar.move_date(day, rule="next", country=country)
    before = calendar.move_date(day, rule="previous", country=country)
    between = [
        before + timedelta(days=step) for step in range(1, (after - before).days) if before < after
    ]

    assert before <= day <= after
    assert not any(calendar.is_working_day(each, country=country) for each in between)


@given(day=DAYS, country=COUNTRIES)
def test_modified_following_stays_in_its_month(day: date, country: str) -> None:
    moved = calendar.move_date(day, rule="modified_following", country=country)

    assert (moved.year, moved.month) == (day.year, day.month)


@given(
    days=st.lists(DAYS, min_size=1, max_size=20, unique=True).map(sorted),
    country=COUNTRIES,
)
def test_a_schedule_that_extends_never_brings_two_dates_together(
    days: list[date], country: str
) -> None:
    moved = calendar.move_dates(days, rule="extend", country=country)

    assert len(set(moved)) == len(days)
    assert list(moved) == sorted(moved)
    assert all(calendar.is_working_day(day, country=country) for day in moved)


@given(start=DAYS, months=st.integers(-600, 600), rule=MONTH_ENDS)
def test_a_month_step_reaches_its_month(start: date, months: int, rule: MonthEndRule) -> None:
    reached = periods.add_months(start, months, rule)
    index = start.year * 12 + start.month - 1 + months
    expected = (index // 12, index % 12 + 1)

    if rule == "next_month" and (reached.year, reached.month) != expected:
        assert reached.day == 1
        assert start.day > (reached - timedelta(days=1)).day
    else:
        assert (reached.year, reached.month) == expected
        assert reached.day == start.day or periods.days_in_month(reached) == reached.day


@given(start=DAYS, count=st.integers(0, 60), rule=MONTH_ENDS)
def test_later_periods_are_later(start: date, count: int, rule: MonthEndRule) -> None:
    steps = [
        periods.add_periods(start, number, frequency="monthly", month_end_rule=rule)
        for number in (count, count + 1)
    ]

    assert steps[0] < steps[1]


@given(days=st.tuples(DAYS, DAYS, DAYS).map(sorted), day_count=ADDITIVE)
def test_the_parts_of_a_span_sum_to_it(days: list[date], day_count: DayCount) -> None:
    first, middle, last = days

    def length(start: date, end: date) -> Fraction:
        return Fraction(periods.year_fraction(start, end, day_count=day_count))

    parts = length(first, middle) + length(middle, last)
    assert abs(parts - length(first, last)) < Fraction(1, 10**40)
