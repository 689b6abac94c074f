"""What has a revolving waqf done with its money, and is its worth kept?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.errors import Kind, RafidError
from shared.money import Money

PLACES = Decimal("0.0001")
DAYS_OF_YEAR = Decimal("365.25")


class IndexUnknown(RafidError):
    """The index of prices does not reach back so far"""

    kind = Kind.RULE
    service = "loans"
    detail = "The index {series} has no value on or before {on}; enter one with its source."
    series: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexValue:
    """An index of prices on a day, from a named publication."""

    on: date
    value: Decimal
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidIn:
    """So much capital that came in on a day; one that went back is negative."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RealValue:
    """What a fund is worth beside what its capital would have to be by the prices of the day."""

    worth: Money
    needed: Money
    index: IndexValue

    @property
    def kept(self) -> Decimal | None:
        """The share of its worth that was kept, to four places; none where nothing came in."""
        return ratio(self.worth, self.needed)


def ratio(part: Money, whole: Money) -> Decimal | None:
    """A part of a whole to four places, ties to even; None where the whole is nothing."""
    if whole.is_zero:
        return None
    return (part.decimal / whole.decimal).quantize(PLACES)


def multiplier(disbursed: Money, *, paid_in: Money) -> Decimal | None:
    """How often the capital was lent since the start: all disbursed over all paid in.

    920,000 lent out of 500,000 paid in: 1.84. None where nothing was paid in. Source: scoring of
    revolving funds, sum disbursed since start / capital paid in.
    """
    return ratio(disbursed, paid_in)


def velocity(disbursed: Money, *, average_capital: Money, days: int) -> Decimal | None:
    """How often a year the capital is lent: disbursed in the days over the capital, per year.

    300,000 in 365.25 days out of 500,000 on average: 0.6 a year.
    """
    if days <= 0 or average_capital.is_zero:
        return None
    turned = disbursed.decimal / average_capital.decimal
    return (turned * DAYS_OF_YEAR / days).quantize(PLACES)


def average_capital(paid_in: Sequence[PaidIn], *, since: date, until: date) -> Money:
    """The capital of a span of days on average, weighted by days; `until` is not part of it.

    500,000 from the first day and 100,000 more for the last half: 550,000. Raises `ValueError`
    for a span without days or without any capital named.
    """
    days = (until - since).days
    if days <= 0 or not paid_in:
        raise ValueError("an average needs days and a capital")
    weighed = sum(one.amount.minor * max((until - max(one.on, since)).days, 0) for one in paid_in)
    per_day = Decimal(weighed) / days
    currency = paid_in[0].amount.currency
    return Money(int(per_day.to_integral_value()), currency)


def value_on(series: Sequence[IndexValue], *, on: date, name: str) -> IndexValue:
    """The newest value of an index that is not after a day. Raises `IndexUnknown`."""
    known = [one for one in series if one.on <= on]
    if not known:
        raise IndexUnknown(series=name, on=on)
    return max(known, key=lambda one: one.on)


def real_value(
    paid_in: Sequence[PaidIn],
    *,
    cash: Money,
    good_loans: Money,
    expected_loss: Money,
    series: Sequence[IndexValue],
    on: date,
    name: str = "CPI",
) -> RealValue:
    """What the fund is worth, beside its capital raised by the index since each part came in.

    Cash 40,000 and good loans of 460,000 less 15,000 expected to be lost are 485,000. 500,000
    paid in at an index of 100 would have to be 550,000 at 110: 0.8818 is kept. Raises
    `IndexUnknown`.
    """
    now = value_on(series, on=on, name=name)
    needed = sum(
        (
            one.amount.decimal * now.value / value_on(series, on=one.on, name=name).value
            for one in paid_in
        ),
        Decimal(0),
    )
    return RealValue(
        worth=cash + good_loans - expected_loss,
        needed=Money.rounded(needed, cash.currency),
        index=now,
    )
