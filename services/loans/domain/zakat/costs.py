"""What may the work on zakat cost, out of what was collected to date?"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.loans.domain.zakat import nisab
from services.loans.domain.zakat.rules import Period
from shared import calendar
from shared.errors import Kind, RafidError, Sentence
from shared.money import Money

MONTHS_OF_YEAR: Final = 12


class AmilCapExceeded(RafidError):
    """Zakat work would cost more than its share"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Of {asked} only {passes} passes: {share} of {collected} collected to date is {limit}, and"
        " {booked} is booked. Source: {source}."
    )
    asked: Money
    passes: Money
    limit: Money
    collected: Money
    booked: Money
    share: Decimal
    source: Sentence


class AppointmentMissing(RafidError):
    """Zakat work is paid on an appointment"""

    kind = Kind.RULE
    service = "loans"
    detail = "A cost of {purpose} names the authority's appointment and the record of the work."
    purpose: "CostPurpose"


class CostPurpose(StrEnum):
    """What may be paid as the work on zakat; lending, and bonuses by volume, are none of it."""

    WAGES = "wages"
    COLLECTION = "collection"
    KEEPING = "keeping"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What was collected and booked to date, and what the share of it leaves."""

    collected: Money
    booked: Money
    share: Decimal

    @property
    def limit(self) -> Money:
        """The share of what was collected: 12.5 % of 400,000.000 is 50,000.000."""
        collected = max(self.collected, Money.zero(self.collected.currency))
        return collected.times(self.share, rounding="floor")

    @property
    def passes(self) -> Money:
        """What may still be booked: 50,000.000 less 48,200.000 is 1,800.000."""
        return max(self.limit - self.booked, Money.zero(self.booked.currency))

    def require(self, asked: Money, *, source: str) -> None:
        """Raise `AmilCapExceeded` where a cost does not fit, saying how much of it would."""
        if asked > self.passes:
            raise AmilCapExceeded(
                asked=asked,
                passes=self.passes,
                limit=self.limit,
                collected=self.collected,
                booked=self.booked,
                share=self.share,
                source=Sentence(source),
            )


def require_appointed(purpose: CostPurpose, *, appointment: str | None, record: str | None) -> None:
    """Raise `AppointmentMissing` for wages without an appointment or a record of the work."""
    if purpose is CostPurpose.WAGES and not (appointment and record):
        raise AppointmentMissing(purpose=purpose)


def since(period: Period, *, on: date) -> date:
    """The first day of the span in which costs are held against collection.

    In the Hijri year of 1 March 2026 it is 26 June 2025, 1 Muharram 1447; outside the tables of
    the calendar, 354 days back.
    """
    if period is Period.WHOLE:
        return date.min
    if period is Period.SOLAR_YEAR:
        return date(on.year, 1, 1)
    try:
        today = calendar.hijri(on)
        day = calendar.add_hijri_months(on, 1 - today.month)
        return day - timedelta(days=calendar.hijri(day).day - 1)
    except ValueError:
        return max(on, date.min + nisab.LUNAR_YEAR) - nisab.LUNAR_YEAR


def until(period: Period, *, on: date) -> date:
    """The first day after the span in which a day lies.

    Of 1 March 2026 in its Hijri year: 16 June 2026, 1 Muharram 1448; outside the tables of the
    calendar, 354 days on.
    """
    if period is Period.WHOLE:
        return date.max
    if period is Period.SOLAR_YEAR:
        return date(on.year + 1, 1, 1) if on.year < date.max.year else date.max
    try:
        return calendar.add_hijri_months(since(period, on=on), MONTHS_OF_YEAR)
    except ValueError:
        return min(on, date.max - nisab.LUNAR_YEAR) + nisab.LUNAR_YEAR
