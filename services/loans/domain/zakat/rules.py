"""Which dated rules of zakat hold for an institution on a day, and who says so?

Weights, rates, caps and days are facts of the rulebook; an institution gives its own, with its
source and a second person. The cap on costs is the one that it may only lower.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.loans.domain.lawful import Book
from shared import rulebook
from shared.money import Money
from shared.rulebook import Condition, Fact

PREFIX: Final = "zakat_"


class Metal(StrEnum):
    """What nisab is weighed in."""

    GOLD = "gold"
    SILVER = "silver"


class Base(StrEnum):
    """On what zakat is due, and by which year it is counted."""

    MONEY_LUNAR = "money_lunar"
    MONEY_SOLAR = "money_solar"
    CROPS_RAIN = "crops_rain"
    CROPS_IRRIGATED = "crops_irrigated"


class Period(StrEnum):
    """Over which span the costs of zakat work are held against what was collected."""

    HIJRI_YEAR = "hijri_year"
    SOLAR_YEAR = "solar_year"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a month's life costs a household there (hadd al-kifaya), with its source."""

    household: Money
    person: Money
    fact: Fact

    def of(self, persons: int) -> Money:
        """The line of a household: 150.000 and 40.000 for each of five persons are 350.000."""
        return self.household + self.person * persons


def fact(book: Book, topic: str, *, on: date, **conditions: Condition) -> Fact:
    """The rule of a topic that holds that day, the institution's own first. Raises `NoRule`."""
    return rulebook.find(
        f"{PREFIX}{topic}",
        country=book.country,
        on=on,
        overrides=book.overrides,
        **conditions,
    )


def number(found: Fact) -> Decimal:
    """The figure of a rule."""
    return Decimal(found.text)


def days(found: Fact) -> int:
    """The days of a rule."""
    return int(found.text)


def amil_cap(book: Book, *, on: date) -> Fact:
    """The share of what was collected that zakat work may cost: the lower of ours and theirs.

    One eighth, after the equal shares of the Shafi'i school; an authority's or institution's own
    figure holds where it is lower. Raises `NoRule`.
    """
    house = rulebook.find(f"{PREFIX}amil_cap", country=book.country, on=on)
    own = fact(book, "amil_cap", on=on)
    return own if number(own) <= number(house) else house


def sufficiency(book: Book, *, region: str, currency: str, on: date) -> Line:
    """The sufficiency line of a region, as the institution gave it. Raises `NoRule`.

    Only a line in the currency asked for counts.
    """
    lines = tuple(one for one in book.overrides if one.unit == currency)
    found = rulebook.find(
        f"{PREFIX}sufficiency_line", country=book.country, on=on, overrides=lines, region=region
    )
    return Line(
        household=Money.parse(str(found.members["household"]), currency),
        person=Money.parse(str(found.members["person"]), currency),
        fact=found,
    )
