"""Does a payer owe zakat, and how much?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from services.loans.domain.zakat.rules import Base, Metal
from shared import calendar, periods
from shared.errors import Kind, RafidError
from shared.money import Money

MONTHS_OF_YEAR: Final = 12
LUNAR_YEAR: Final = timedelta(days=354)
CROPS: Final = frozenset({Base.CROPS_RAIN, Base.CROPS_IRRIGATED})


class MetalPriceMissing(RafidError):
    """No price of the metal is recorded"""

    kind = Kind.RULE
    service = "loans"
    detail = "No price of {metal} in {currency} is recorded up to {on}; record one with its source."
    metal: Metal
    currency: str
    on: date


class MetalPriceStale(RafidError):
    """The price of the metal is too old"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The last price of {metal} in {currency} is of {priced_on}; on {on} one of the last"
        " {days} days is needed."
    )
    metal: Metal
    currency: str
    priced_on: date
    on: date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a gram of a metal cost on a day, and who says so."""

    metal: Metal
    per_gram: Decimal
    currency: str
    priced_on: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a payer owes: nothing below nisab or before the year is full.

    `falls_due_on` is the day on which the year (hawl) is full; crops are due at harvest and have
    neither a year nor a nisab in money.
    """

    nisab: Money | None
    reaches_nisab: bool
    falls_due_on: date | None
    amount: Money


def price_on(
    prices: Sequence[Price], *, metal: Metal, currency: str, on: date, most_days: int
) -> Price:
    """The last price of a metal up to a day, if it is no older than it may be.

    Raises `MetalPriceMissing`, `MetalPriceStale`.
    """
    known = [
        one
        for one in prices
        if one.metal is metal and one.currency == currency and one.priced_on <= on
    ]
    if not known:
        raise MetalPriceMissing(metal=metal, currency=currency, on=on)
    last = max(known, key=lambda one: one.priced_on)
    if (on - last.priced_on).days > most_days:
        raise MetalPriceStale(
            metal=metal, currency=currency, priced_on=last.priced_on, on=on, days=most_days
        )
    return last


def nisab(price: Price, *, grams: Decimal) -> Money:
    """The least wealth on which zakat is due: 85 g of gold at 450 MAD are 38,250.00 MAD.

    85 g of gold are 20 dinar, 595 g of silver 200 dirham; bodies that weigh otherwise give their
    own fact.
    """
    return Money.rounded(price.per_gram * grams, price.currency)


def due(
    wealth: Money, *, base: Base, rate: Decimal, least: Money | None, held_since: date, on: date
) -> Due:
    """What is owed on wealth held since a day, as of another.

    41,000 MAD above a nisab of 38,250 MAD, held for a lunar year: 2.5 % are 1,025.00 MAD. By the
    solar year 2.5 % x 365/354 = 2.5777 %. Crops: a tenth where rain waters them, a twentieth
    where water costs.
    """
    zero = Money.zero(wealth.currency)
    if base in CROPS:
        return Due(nisab=None, reaches_nisab=True, falls_due_on=None, amount=wealth.times(rate))
    reaches = least is not None and wealth >= least
    full_on = year_after(held_since, base=base)
    owes = reaches and full_on <= on
    return Due(
        nisab=least,
        reaches_nisab=reaches,
        falls_due_on=full_on,
        amount=wealth.times(rate) if owes else zero,
    )


def year_after(day: date, *, base: Base = Base.MONEY_LUNAR) -> date:
    """The day on which a year (hawl) from a day is full.

    A lunar year is one of the Hijri calendar: 354 or 355 days. From 1 March 2026, 12 Ramadan
    1447, it is full on 19 February 2027, 12 Ramadan 1448. Where the tables of the calendar do not
    reach, it is full after 354 days.
    """
    if base is Base.MONEY_SOLAR:
        return periods.add_months(day, MONTHS_OF_YEAR)
    try:
        return calendar.add_hijri_months(day, MONTHS_OF_YEAR)
    except ValueError:
        return day + LUNAR_YEAR
