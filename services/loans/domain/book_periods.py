"""Which months and years do the books have, and when may one be closed?"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from shared import periods
from shared.errors import JsonValue, Kind, RafidError, Sentence

MONTHS: Final = 12
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_YEAR: Final = re.compile(r"[0-9]{4}", re.ASCII)
_EARLIEST, _LATEST = 1900, 2199


class PeriodNameUnknown(RafidError):
    """The books have no such period"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "{name} is no month (2026-03) and no year (2026) of the books."
    name: str


class PeriodNotReady(RafidError):
    """The period cannot be closed yet"""

    kind = Kind.RULE
    service = "loans"
    detail = "{name} stays open: {reason}."
    name: str
    reason: Sentence
    checks: tuple["Check", ...]


class PeriodClosedAlready(RafidError):
    """The period is closed already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{name} is closed; a closed period is never opened again. Correct it on an open day."
    name: str


class PeriodNotProposed(RafidError):
    """Nobody proposed to close the period"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{name} is closed by two: one proposes it, and another closes it. Nobody proposed it."
    name: str


class PeriodMakerCloses(RafidError):
    """Nobody closes a period on their own word"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever proposed to close {name} cannot close it."
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPeriod:
    """A month or a year of the books by name, with its first and last day."""

    name: str
    starts_on: date
    ends_on: date

    @property
    def is_year(self) -> bool:
        """Whether it is a year."""
        return "-" not in self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be so before a period is closed; `found` counts what stands against."""

    code: str
    told: Sentence
    found: int

    @property
    def holds(self) -> bool:
        """Whether it is so."""
        return self.found == 0

    def to_json(self) -> JsonValue:
        """The check as a member of a problem and of what is kept."""
        return {"check": self.code, "told": self.told, "found": self.found, "holds": self.holds}

    def to_text(self) -> str:
        """The check as words inside a sentence."""
        return f"{self.told} ({self.found})"


TOLD: Final = {
    "entries_by_hand": Sentence("entries by hand wait for a second person"),
    "orders": Sentence("orders wait for a second person"),
    "payments": Sentence("payments are on their way"),
    "trial_balance": Sentence("debits and credits differ"),
    "numbering": Sentence("entries wait for their number in the chain"),
    "day_close": Sentence("the last day has not been closed"),
    "chart": Sentence("accounts have no number in the institution's chart"),
    "reconciled": Sentence("real accounts differ from their statement of the last day, or lack it"),
    "months": Sentence("months of the year are open"),
}


def named(name: str, *, year_starts_month: int = 1) -> BookPeriod:
    """The period of a name; a year is named after the one in which it begins.

    Where years begin in July, 2026 is 1 July 2026 to 30 June 2027. Raises `PeriodNameUnknown`.
    """
    month = _MONTH.fullmatch(name)
    if month is not None and _EARLIEST <= int(month[1]) <= _LATEST:
        return _spanning(name, date(int(month[1]), int(month[2]), 1), months=1)
    if _YEAR.fullmatch(name) and _EARLIEST <= int(name) <= _LATEST:
        return _spanning(name, date(int(name), year_starts_month, 1), months=MONTHS)
    raise PeriodNameUnknown(name="".join(filter(str.isprintable, name))[:20])


def of_year(year: BookPeriod) -> tuple[BookPeriod, ...]:
    """The months of a year of the books, in order."""
    starts = [periods.add_months(year.starts_on, number) for number in range(MONTHS)]
    return tuple(named(f"{day.year:04d}-{day.month:02d}") for day in starts)


def year_of(day: date, *, year_starts_month: int = 1) -> BookPeriod:
    """The year of the books in which a day lies: 15 March 2026 in July years lies in 2025."""
    year = day.year if day.month >= year_starts_month else day.year - 1
    return named(f"{year:04d}", year_starts_month=year_starts_month)


def require_ready(period: BookPeriod, checks: Iterable[Check]) -> None:
    """Refuse to close a period while anything stands against it. Raises `PeriodNotReady`."""
    failing = tuple(check for check in checks if not check.holds)
    if failing:
        raise PeriodNotReady(name=period.name, reason=failing[0].told, checks=failing)


def require_two(period: BookPeriod, *, proposers: Collection[UUID], closer: UUID) -> None:
    """Refuse who would close a period on nobody's word, or on their own alone.

    Raises `PeriodNotProposed`, `PeriodMakerCloses`.
    """
    if not proposers:
        raise PeriodNotProposed(name=period.name)
    if set(proposers) == {closer}:
        raise PeriodMakerCloses(name=period.name)


def _spanning(name: str, starts_on: date, *, months: int) -> BookPeriod:
    ends_on = periods.add_months(starts_on, months) - timedelta(days=1)
    return BookPeriod(name=name, starts_on=starts_on, ends_on=ends_on)
