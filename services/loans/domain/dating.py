"""By which calendar and steps do due dates follow each other, and which seasons are spared?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from services.loans.domain.contradictions import TermsInvalid, refuse_first
from shared.calendar import HijriDate

EVERY_MAX = 366
SEASONS_MAX = 12
MONTHS = 12
DAYS_OF_MONTH = 31
USUAL_WEIGHT = 100
WEIGHT_MAX = 1_000


class CalendarKind(StrEnum):
    """Whose months are counted; the Hijri ones by the Umm al-Qura tables."""

    GREGORIAN = "gregorian"
    HIJRI = "hijri"


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Days of every year, by either calendar, in which less, more or nothing falls due.

    From `first` to `last` (month, day), both included; a season may run over the turn of the year.
    `weight` is the percentage of a usual instalment; at 0 no instalment falls due and the dates
    that follow take its place. Raises `TermsInvalid`.
    """

    calendar: CalendarKind
    first: tuple[int, ...]
    last: tuple[int, ...]
    weight: int

    def __post_init__(self) -> None:
        refuse_first(
            self,
            {
                "first": _is_day(self.first),
                "last": _is_day(self.last),
                "weight": 0 <= self.weight <= WEIGHT_MAX,
            },
            within="seasons",
        )

    def holds(self, day: date) -> bool:
        """Whether a day lies in the season: by Ramadan's, 1 March 2026 (12 Ramadan) does."""
        if self.calendar is CalendarKind.HIJRI:
            hijri = HijriDate.of(day)
            found: tuple[int, ...] = (hijri.month, hijri.day)
        else:
            found = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= found <= self.last
        return found >= self.first or found <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Dating:
    """How due dates are counted.

    `every` so many steps of the frequency: 6 with daily is every six days. `days` are the two days
    of `twice_a_month`, 31 being the last. With `anchor_on` all steps are counted from that day, and
    the first that falls on or after the first due date is the first. Raises `TermsInvalid`.
    """

    every: int = 1
    calendar: CalendarKind = CalendarKind.GREGORIAN
    days: tuple[int, ...] = ()
    anchor_on: date | None = None
    seasons: tuple[Season, ...] = ()

    def __post_init__(self) -> None:
        refuse_first(
            self,
            {
                "every": 1 <= self.every <= EVERY_MAX,
                "days": not self.days or _are_two(self.days),
                "seasons": len(self.seasons) <= SEASONS_MAX,
            },
            within="dating",
        )

    def weight(self, day: date) -> int:
        """Give the percentage of a usual instalment that falls due on a day; 100 out of season."""
        weights = [season.weight for season in self.seasons if season.holds(day)]
        return min(weights, default=USUAL_WEIGHT)


def template(name: str) -> tuple[Season, ...]:
    """Give the seasons of a template. Raises `TermsInvalid` for a name that there is not."""
    if name not in TEMPLATES:
        raise TermsInvalid(member="dating.templates", value=name)
    return TEMPLATES[name]


def _are_two(days: tuple[int, ...]) -> bool:
    match days:
        case (first, second):
            return 1 <= first < second <= DAYS_OF_MONTH
        case _:
            return False


def _is_day(month_and_day: tuple[int, ...]) -> bool:
    match month_and_day:
        case (month, day):
            return 1 <= month <= MONTHS and 1 <= day <= DAYS_OF_MONTH
        case _:
            return False


def _hijri(first: tuple[int, int], last: tuple[int, int], weight: int) -> Season:
    return Season(calendar=CalendarKind.HIJRI, first=first, last=last, weight=weight)


def _only(first: tuple[int, int], last: tuple[int, int]) -> Season:
    """Everything out of a harvest: from the day after its last to the day before its first."""
    return Season(calendar=CalendarKind.GREGORIAN, first=first, last=last, weight=0)


# Seasons to start from, by name; a product may state its own days instead. Ramadan and the feasts
# are fixed in the Hijri year. Harvests lie at other times in other lands: these are the usual
# months of the eastern and southern Mediterranean, and of the date palm around the Gulf.
TEMPLATES: Mapping[str, tuple[Season, ...]] = MappingProxyType(
    {
        "no_instalment_in_ramadan": (_hijri((9, 1), (9, 30), 0),),
        "half_instalment_in_ramadan": (_hijri((9, 1), (9, 30), 50),),
        "no_instalment_at_feasts": (
            _hijri((9, 28), (10, 6), 0),
            _hijri((12, 6), (12, 14), 0),
        ),
        "half_instalment_before_feasts": (
            _hijri((9, 15), (10, 6), 50),
            _hijri((11, 25), (12, 14), 50),
        ),
        "wheat_harvest": (_only((9, 1), (5, 31)),),
        "olive_harvest": (_only((2, 1), (10, 31)),),
        "date_harvest": (_only((12, 1), (8, 31)),),
    }
)
