"""How long is it from one day to another, and which day lies so many periods later?"""

from calendar import isleap, monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Final, Literal

from shared.errors import InvalidValue, JsonValue

MonthEndRule = Literal["clamp", "end_of_month", "next_month"]
Frequency = Literal["daily", "weekly", "biweekly", "monthly", "quarterly", "half_yearly", "yearly"]
DayCount = Literal["30/360", "30u/360", "act/360", "act/364", "act/365", "act/act"]

PRECISION: Final = 50  # digits of a year's fraction: far more than any amount has
SHORTEST_MONTH: Final = 28
MIN_DAY, MAX_DAY = date(1900, 1, 1), date(2200, 12, 31)
"""The days that anybody may name: far from where dates end, so that no reckoning does."""

_DAYS: Final[Mapping[Frequency, int]] = {"daily": 1, "weekly": 7, "biweekly": 14}
_MONTHS: Final[Mapping[Frequency, int]] = {
    "monthly": 1,
    "quarterly": 3,
    "half_yearly": 6,
    "yearly": 12,
}


class PeriodReversed(InvalidValue):
    """A span must end after it starts"""

    detail = "The span from {start} to {end} does not end after it starts."
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `start` on and before `end`. Raises `PeriodReversed`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise PeriodReversed(start=self.start, end=self.end)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def days(self) -> int:
        """The number of its days."""
        return (self.end - self.start).days

    def overlaps(self, other: "Period") -> bool:
        """Whether some day is in both; spans that only touch have none."""
        return self.start < other.end and other.start < self.end

    def to_json(self) -> JsonValue:
        """Give the span as it travels: two members, the end excluded."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}

    def to_text(self) -> str:
        """Give the span as it stands in a sentence (ISO 8601)."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


def add_months(start: date, months: int, month_end_rule: MonthEndRule = "clamp") -> date:
    """Give the same day so many months later (earlier, where negative).

    Where the month has no such day: `clamp` takes its last day, `next_month` the first day of the
    month after. `end_of_month` is `clamp`, and a start on a month's last day stays on last days.
    Steps are counted from the start, so a day that was lost comes back: 31 January plus one month
    is 28 February, plus two is 31 March. 28 February plus one is 28 March, by `end_of_month` 31.
    """
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    last = monthrange(year, month)[1]
    if month_end_rule == "end_of_month" and start.day == days_in_month(start):
        return date(year, month, last)
    if start.day <= last:
        return date(year, month, start.day)
    if month_end_rule == "next_month":
        return date(year, month, last) + timedelta(days=1)
    return date(year, month, last)


def add_periods(
    start: date, count: int, *, frequency: Frequency, month_end_rule: MonthEndRule = "clamp"
) -> date:
    """Give the day so many periods later: 31 January 2026 plus 2 `monthly` is 31 March 2026."""
    if frequency in _DAYS:
        return start + timedelta(days=_DAYS[frequency] * count)
    return add_months(start, _MONTHS[frequency] * count, month_end_rule)


def days_in_month(day: date) -> int:
    """Give the number of days of the month a day is in."""
    return monthrange(day.year, day.month)[1]


def days_between(start: date, end: date, *, day_count: DayCount = "act/365") -> int:
    """Count the days after `start` up to `end`, negative where `end` is earlier.

    `30/360` is 30E/360, the Eurobond basis (ISDA 2006 Definitions, section 4.16(g)): the 31st
    counts as the 30th, so the parts of a span sum to the whole. `30u/360` is the bond basis of the
    United States (section 4.16(f)): an end on the 31st counts as the 30th only where the start is
    on the 30th or 31st. The others count real days.
    Worked: 30 January to 31 March 2026 is 60 by both; 15 January to 31 March 75 and 76.
    """
    if not day_count.startswith("30"):
        return (end - start).days
    first = min(start.day, 30)
    last = end.day
    if last == 31 and (day_count == "30/360" or first == 30):  # noqa: PLR2004 - days of a month
        last = 30
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first


def year_fraction(start: date, end: date, *, day_count: DayCount) -> Decimal:
    """Give the length of a span in years by a day count; raises `ValueError` for an unknown one.

    `act/act` is the one of ISDA (2006 Definitions, section 4.16(b)): the days in leap years over
    366, the others over 365. Worked: 31 December 2023 to 2 January 2024 is 1/365 + 1/366.
    """
    with localcontext(prec=PRECISION):
        if day_count == "act/act":
            return _actual_years(start, end)
        try:
            basis = _BASES[day_count]
        except KeyError:
            raise ValueError(f"no day count is called {day_count}") from None
        return Decimal(days_between(start, end, day_count=day_count)) / basis


def _actual_years(start: date, end: date) -> Decimal:
    if end < start:
        return -_actual_years(end, start)
    years = Decimal(0)
    while start.year < end.year:
        next_year = date(start.year + 1, 1, 1)
        years += Decimal((next_year - start).days) / _days_in_year(start.year)
        start = next_year
    return years + Decimal((end - start).days) / _days_in_year(start.year)


def _days_in_year(year: int) -> int:
    return 366 if isleap(year) else 365


_BASES: Final[Mapping[str, int]] = {
    "30/360": 360,
    "30u/360": 360,
    "act/360": 360,
    "act/364": 364,
    "act/365": 365,
}
