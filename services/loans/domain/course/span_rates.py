"""What does one unit of principal cost over some days of a period?

The rate of a period is a fraction with 19 decimals (rounded half to even, as it is agreed on
paper: a third of a percent is 0.0033…33, never more), and only the profit itself is rounded again.
"""

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from services.loans.domain.course.plan import (
    CountedOver,
    DayRules,
    LeapRule,
    MonthLength,
    Unit,
    YearLength,
)
from shared.periods import MonthEndRule, add_months

RATE_DECIMALS = 19
_SCALE = 10**RATE_DECIMALS
_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 30, Unit.YEARS: 360}
_PERIODS_IN_YEAR = {Unit.WEEKS: 52, Unit.MONTHS: 12, Unit.YEARS: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How the days of one period become a share of the year's rate.

    `origin` is the first day of the whole course: a period is regular when it lies a whole number
    of steps (`every` `unit`) after it. `agreed` are periods whose length in years was agreed as
    it is, by first and due day: it holds exactly, and a part of one bears its part by days. Where
    `parts` of a period have lengths of their own, each bears its part.
    """

    rules: DayRules
    every: int
    unit: Unit
    origin: date
    month_end_rule: MonthEndRule = "clamp"
    agreed: Mapping[tuple[date, date], Fraction] = field(
        default_factory=lambda: MappingProxyType({}), compare=False
    )
    parts: Mapping[tuple[date, date], tuple[tuple[date, date, Fraction], ...]] = field(
        default_factory=lambda: MappingProxyType({}), compare=False
    )


def step(start: date, count: int, unit: Unit, rule: MonthEndRule = "clamp") -> date:
    """The day so many units later; months keep the day: 31 January, 28 February, 31 March."""
    if unit is Unit.DAYS:
        return start + timedelta(days=count)
    if unit is Unit.WEEKS:
        return start + timedelta(weeks=count)
    return add_months(start, 12 * count if unit is Unit.YEARS else count, rule)


def to_end(
    measure: Measure, rate: Fraction, period: tuple[date, date], start: date, end: date
) -> tuple[int, int]:
    """`to_due` as numerator and denominator; exact where the period's length was agreed."""
    years = measure.agreed.get(period)
    if years is None:
        found = to_due(measure, rate, period, start, end)
        return found.numerator, found.denominator
    length = (period[1] - period[0]).days
    if length == 0 or end <= start:
        return 0, 1
    if period in measure.parts:
        years = sum((_within(part, start, end) for part in measure.parts[period]), Fraction(0))
        return rate.numerator * years.numerator, rate.denominator * years.denominator
    above, below = rate.numerator * years.numerator, rate.denominator * years.denominator
    if start == period[0] and end == period[1]:
        return above, below
    return above * (end - start).days, below * length


def _within(part: tuple[date, date, Fraction], start: date, end: date) -> Fraction:
    """What of a part of a period, in years, lies between two days."""
    days = (min(part[1], end) - max(part[0], start)).days
    return part[2] * max(days, 0) / (part[1] - part[0]).days


@lru_cache(maxsize=65_536)
def to_due(
    measure: Measure, rate: Fraction, period: tuple[date, date], start: date, end: date
) -> Fraction:
    """The rate from `start` to `end`, as its part by days of the rate from `start` to the due date.

    Worked: 7 % a year, 30/360, period 1 to 31 January (30 days of 30): half of it, from day 0 to
    day 15, is 0.07 x 30/360 x 15/30.
    """
    days_left = (period[1] - start).days
    if days_left == 0 or end <= start:
        return Fraction(0)
    whole = _rate(measure, rate, period, start, period[1], units=units_in(measure, *period))
    return Fraction(round(whole * _SCALE) * (end - start).days, _SCALE * days_left)


def of_part(
    measure: Measure, rate: Fraction, period: tuple[date, date], start: date, end: date
) -> Fraction:
    """`of_days`, or the part of the period's length where that was agreed."""
    if period in measure.agreed:
        return Fraction(*to_end(measure, rate, period, start, end))
    return of_days(measure, rate, period, start, end)


@lru_cache(maxsize=65_536)
def of_days(
    measure: Measure, rate: Fraction, period: tuple[date, date], start: date, end: date
) -> Fraction:
    """The rate from `start` to `end` by itself: what the annuity is computed from."""
    return _rate(measure, rate, period, start, end, units=Fraction(measure.every))


def _rate(
    measure: Measure,
    rate: Fraction,
    period: tuple[date, date],
    start: date,
    end: date,
    *,
    units: Fraction,
) -> Fraction:
    length = (period[1] - period[0]).days
    if length == 0:
        return Fraction(0)
    rules, days = measure.rules, (end - start).days
    if rules.over is CountedOver.PERIODS and measure.unit in _PERIODS_IN_YEAR:
        return rate * measure.every / _PERIODS_IN_YEAR[measure.unit] * days / length
    if _is_split(rules, period, start, end):
        return rate * _years(start, end, rules)
    if rules.month is MonthLength.ACTUAL:
        return rate * days / _year_length(rules, period, start)
    of_period = _DAYS[measure.unit] * units
    return rate * of_period / _year_length(rules, period, start) * days / length


def _is_split(rules: DayRules, period: tuple[date, date], start: date, end: date) -> bool:
    if rules.year is not YearLength.ACTUAL or start.year == end.year:
        return False
    return rules.leap is LeapRule.BY_CALENDAR_YEAR or holds_leap_day(*period)


def _years(start: date, end: date, rules: DayRules) -> Fraction:
    """Days in years, each part over the length of its own year.

    A period over the year's end is split after 31 December, or on 1 January where the first day
    bears and the last does not.
    """
    years, day = Fraction(0), start
    for year in range(start.year, end.year):
        turn = date(year + 1, 1, 1) if rules.first_day_bears else date(year, 12, 31)
        years += Fraction((turn - day).days, 366 if isleap(year) else 365)
        day = turn
    return years + Fraction((end - day).days, 366 if isleap(end.year) else 365)


def _year_length(rules: DayRules, period: tuple[date, date], start: date) -> int:
    if rules.year is not YearLength.ACTUAL:
        return int(rules.year.value)
    if not isleap(start.year):
        return 365
    if rules.leap is LeapRule.FEBRUARY_29_ONLY and not holds_leap_day(*period):
        return 365
    return 366


def holds_leap_day(start: date, end: date) -> bool:
    """Whether some 29 February lies after `start` and not after `end`."""
    return any(
        isleap(year) and start < date(year, 2, 29) <= end
        for year in range(start.year, end.year + 1)
    )


@lru_cache(maxsize=65_536)
def units_in(measure: Measure, start: date, due: date) -> Fraction:
    """How many units a period holds: `every` when it is regular, else counted from its start.

    Worked, months: 15 January to 29 February 2024 is 1 + 14/29 (15 February to 15 March is 29
    days).
    """
    unit = measure.unit
    if _is_regular(measure, start, due):
        return Fraction(measure.every)
    whole = 0
    while step(start, whole + 1, unit) <= due:
        whole += 1
    reached = step(start, whole, unit)
    if reached == due:
        return Fraction(whole)
    return whole + Fraction((due - reached).days, (step(start, whole + 1, unit) - reached).days)


def _is_regular(measure: Measure, start: date, due: date) -> bool:
    unit, rule = measure.unit, measure.month_end_rule
    count = 1
    while (day := step(measure.origin, count, unit, rule)) < due:
        count += 1
    return day == due and step(measure.origin, count - measure.every, unit, rule) == start
