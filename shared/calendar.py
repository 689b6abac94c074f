"""Is it a working day there, and where does a date move that is none?

Feasts of the Hijri calendar are calculated by the Umm al-Qura tables. Where the new moon must be
seen the true day can differ by one or two; an institution then overrides the fact of the feast
with its dates.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal, Self, get_args

from hijridate import Gregorian, Hijri

from shared import rulebook
from shared.periods import MonthEndRule
from shared.rulebook import Fact

MovingRule = Literal["none", "next", "previous", "modified_following", "extend"]

_RULES: Final = frozenset(get_args(MovingRule))
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST_CLOSURE_DAYS: Final = 60
_HIJRA_YEAR: Final = 622
_MONTHS_IN_YEAR: Final = 12
_MONTHS: Final = (
    "Muharram",
    "Safar",
    "Rabi al-Awwal",
    "Rabi al-Thani",
    "Jumada al-Ula",
    "Jumada al-Akhira",
    "Rajab",
    "Shaban",
    "Ramadan",
    "Shawwal",
    "Dhu al-Qadah",
    "Dhu al-Hijjah",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HijriDate:
    """A day by the Umm al-Qura calendar."""

    year: int
    month: int
    day: int

    @classmethod
    def of(cls, day: date) -> Self:
        """Convert a day: 20 March 2026 is 1 Shawwal 1447.

        Raises `ValueError` outside the tables: from 1 August 1924 to 16 November 2077.
        """
        try:
            found = Gregorian.fromdate(day).to_hijri()
        except OverflowError:
            raise ValueError(f"the tables of the Hijri calendar do not hold {day}") from None
        return cls(year=found.year, month=found.month, day=found.day)

    @property
    def month_name(self) -> str:
        """The name of the month in English."""
        return _MONTHS[self.month - 1]

    def to_text(self) -> str:
        """Give the day as ISO 8601 would write it: 12 Ramadan 1447 is "1447-09-12"."""
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A public holiday on one day. `is_calculated`: the sighting of the moon may shift it."""

    on: date
    name: str
    fact_id: str
    is_calculated: bool


def hijri(day: date) -> HijriDate:
    """Give a day by the Umm al-Qura calendar; see `HijriDate.of`."""
    return HijriDate.of(day)


def add_hijri_months(start: date, months: int, month_end_rule: MonthEndRule = "clamp") -> date:
    """Give the same day of the Hijri month so many months later (earlier, where negative).

    A Hijri month has 29 or 30 days; where it has no thirtieth the rules are those of
    `periods.add_months`. Worked: 1 March 2026 is 12 Ramadan 1447, one month later is 12 Shawwal,
    31 March 2026. Raises `ValueError` outside the tables, to November 2077.
    """
    found = HijriDate.of(start)
    year, month = divmod(found.year * _MONTHS_IN_YEAR + found.month - 1 + months, _MONTHS_IN_YEAR)
    try:
        first = Hijri(year, month + 1, 1)
        last = first.month_length()
        opening = date(*first.to_gregorian().datetuple())
        ends = month_end_rule == "end_of_month" and found.day == _hijri_month_length(found)
    except OverflowError:
        raise ValueError(f"the tables of the Hijri calendar end before {year}") from None
    if ends:
        return opening + timedelta(days=last - 1)
    if month_end_rule == "next_month":
        return opening + timedelta(days=found.day - 1)
    return opening + timedelta(days=min(found.day, last) - 1)


def _hijri_month_length(day: HijriDate) -> int:
    return Hijri(day.year, day.month, 1).month_length()


def weekend(country: str, *, on: date, overrides: Sequence[Fact] = ()) -> frozenset[int]:
    """Give the days of rest of the week, Monday being 0. Raises `NoRule` for an unknown country.

    Worked: the Emirates rested on Friday and Saturday in 2021, on Saturday and Sunday from 2022.
    """
    value = rulebook.find("weekend", country=country, on=on, overrides=overrides).text
    return frozenset(_WEEKDAYS.index(day) for day in value.split())


def holidays(country: str, *, year: int, overrides: Sequence[Fact] = ()) -> tuple[Holiday, ...]:
    """Give the public holidays of a year (of our calendar) in their order."""
    return _holidays(country, year, tuple(overrides))


def is_working_day(day: date, *, country: str, overrides: Sequence[Fact] = ()) -> bool:
    """Whether work is done that day: neither weekend nor holiday. Raises `NoRule`."""
    return _is_working_day(day, country, tuple(overrides))


def move_date(day: date, *, rule: MovingRule, country: str, overrides: Sequence[Fact] = ()) -> date:
    """Give the working day to which a date moves that may be none.

    `next` is the first working day from it on, `previous` the last up to it. `modified_following`
    is the next, or the previous where the next lies in another month (ISDA 2006 Definitions,
    section 4.12). `extend` moves one date like `next`; `move_dates` says what it adds. `none`
    leaves the date as it is. Worked: Saturday 31 January 2026 in Morocco moves to 2 February by
    `next`, to 30 January by `previous` and by `modified_following`.
    Raises `NoRule` for an unknown country, `ValueError` for an unknown rule and where no work is
    done for two months.
    """
    if rule not in _RULES:
        raise ValueError(f"no rule moves a date {rule}")
    if rule == "none":
        return day
    if rule == "previous":
        return _nearest(day, -1, country, overrides)
    after = _nearest(day, 1, country, overrides)
    if rule == "modified_following" and after.month != day.month:
        return _nearest(day, -1, country, overrides)
    return after


def move_dates(
    days: Sequence[date], *, rule: MovingRule, country: str, overrides: Sequence[Fact] = ()
) -> tuple[date, ...]:
    """Move the dates of a schedule, each by itself; `extend` pushes the later ones along.

    By `extend` every delay is carried on to all dates after it, so that the days between two
    dates stay as agreed or grow: what daily collections need to stay one a day.
    """
    if rule != "extend":
        return tuple(
            move_date(day, rule=rule, country=country, overrides=overrides) for day in days
        )
    moved: list[date] = []
    delay = timedelta()
    for day in days:
        moved.append(move_date(day + delay, rule=rule, country=country, overrides=overrides))
        delay = moved[-1] - day
    return tuple(moved)


def _nearest(day: date, step: int, country: str, overrides: Sequence[Fact]) -> date:
    tried = day
    for _ in range(_LONGEST_CLOSURE_DAYS):
        if is_working_day(tried, country=country, overrides=overrides):
            return tried
        tried += timedelta(days=step)
    raise ValueError(f"no working day in {country} within two months of {day}")


@lru_cache(maxsize=16_384)
def _is_working_day(day: date, country: str, overrides: tuple[Fact, ...]) -> bool:
    if day.weekday() in weekend(country, on=day, overrides=overrides):
        return False
    return day not in _closed(country, day.year, overrides)


@lru_cache(maxsize=1_024)
def _closed(country: str, year: int, overrides: tuple[Fact, ...]) -> frozenset[date]:
    return frozenset(holiday.on for holiday in _holidays(country, year, overrides))


@lru_cache(maxsize=1_024)
def _holidays(country: str, year: int, overrides: tuple[Fact, ...]) -> tuple[Holiday, ...]:
    newer = [fact for fact in overrides if fact.topic == "holiday"]
    found = [
        _holiday(fact, on)
        for facts, later in ((rulebook.facts_of("holiday"), newer), (newer, ()))
        for fact in facts
        for on in _dates(fact, year)
        if _stands(fact, on, country) and not any(_replaces(new, fact, on) for new in later)
    ]
    return tuple(sorted(found, key=lambda holiday: (holiday.on, holiday.name)))


def _stands(fact: Fact, on: date, country: str) -> bool:
    return fact.holds(on=on, country=country, conditions={})


def _replaces(newer: Fact, fact: Fact, on: date) -> bool:
    return newer.id == fact.id and newer.holds(on=on, country=newer.country, conditions={})


def _holiday(fact: Fact, on: date) -> Holiday:
    return Holiday(
        on=on,
        name=str(fact.members["name"]),
        fact_id=fact.id,
        is_calculated=fact.members["rule"] == "hijri",
    )


def _dates(fact: Fact, year: int) -> list[date]:
    """Give the days of a holiday in a year: fixed by month and day, by the moon, or listed."""
    match fact.members:
        case {"rule": "fixed", "month": int(month), "day": int(day)}:
            starts = [date(year, month, day)]
        case {"rule": "hijri", "month": int(month), "day": int(day)}:
            starts = _hijri_starts(year, month, day)
        case {"rule": "dates", "dates": list(texts)}:
            starts = [date.fromisoformat(str(text)) for text in texts]
        case _:
            raise ValueError(f"{fact.id} does not say when the holiday is")
    length = fact.members.get("days", 1)
    days = [start + timedelta(days=more) for start in starts for more in range(int(str(length)))]
    return [day for day in days if day.year == year]


def _hijri_starts(year: int, month: int, day: int) -> list[date]:
    """Give the days of a Hijri month and day near a year; none outside the calendar's tables."""
    about = (year - _HIJRA_YEAR) * 33 // 32  # 33 lunar years are nearly 32 solar ones
    starts = []
    for hijri_year in range(about - 1, about + 3):
        with suppress(OverflowError):
            starts.append(date(*Hijri(hijri_year, month, day).to_gregorian().datetuple()))
    return starts
