"""How is what is open spread over new days, to the minor unit?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    localcontext,
)

from services.loans.domain import due_dates
from services.loans.domain.terms import ChargeMethod, ModeOfFinance, Terms
from shared import calendar, periods
from shared.money import Money

PRECISION = 40
_ROUNDINGS = {
    "half_even": ROUND_HALF_EVEN,
    "half_up": ROUND_HALF_UP,
    "half_down": ROUND_HALF_DOWN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}

Pairs = tuple[tuple[int, int], ...]
"""Principal and profit by day, in minor units."""


def later(day: date, *, by: int, terms: Terms) -> date:
    """The day so many periods of the terms later: monthly, 31 January by 1 is 28 February."""
    return _nominal(day, count=by + 1, terms=terms)[by]


def days_from(first_due_on: date, *, count: int, terms: Terms) -> tuple[date, ...]:
    """So many due dates in the frequency of the terms, moved off holidays by their rule."""
    return moved(_nominal(first_due_on, count=count, terms=terms), terms=terms)


def _nominal(first_due_on: date, *, count: int, terms: Terms) -> tuple[date, ...]:
    """The days of a plain loan that is due for the first time on a day."""
    plain = Terms(
        mode_of_finance=ModeOfFinance.CONVENTIONAL,
        charge_method=ChargeMethod.NONE,
        principal=Money(count, terms.currency),
        annual_rate=Decimal(0),
        instalments=count,
        frequency=terms.frequency,
        disbursed_on=first_due_on - timedelta(days=1),
        first_due_on=first_due_on,
        month_end_rule=terms.month_end_rule,
        dating=replace(terms.dating, anchor_on=None),
    )
    return due_dates.nominal(plain)


def moved(nominal: Sequence[date], *, terms: Terms) -> tuple[date, ...]:
    """Days moved off holidays that still follow one another strictly."""
    if terms.moving_rule == "none":
        return tuple(nominal)
    found: list[date] = []
    for day in calendar.move_dates(nominal, rule=terms.moving_rule, country=terms.country):
        found.append(day if not found or day > found[-1] else found[-1] + timedelta(days=1))
    return tuple(found)


def fraction(start: date, end: date, *, terms: Terms) -> Decimal:
    """The length of a period in years by the day count of the terms; nothing backwards."""
    if end <= start:
        return Decimal(0)
    return periods.year_fraction(start, end, day_count=terms.day_count)


def whole(amount: Decimal, *, terms: Terms) -> int:
    """A computed amount rounded once, by the rounding of the terms."""
    return int(amount.to_integral_value(_ROUNDINGS[terms.rounding]))


def even(amount: int, *, count: int, grace: int = 0) -> tuple[int, ...]:
    """An amount in equal parts after `grace` empty ones; the last takes the residue.

    100 in 3 is 33, 33, 34.
    """
    bearing = count - grace
    part = amount // bearing
    return (*([0] * grace), *([part] * (bearing - 1)), amount - part * (bearing - 1))


def declining(
    principal: int,
    *,
    annual_rate: Decimal,
    start: date,
    days: Sequence[date],
    terms: Terms,
    grace: int = 0,
) -> Pairs:
    """Level instalments over given days, profit on what is outstanding; the last takes the rest.

    Instalment = P / sum of 1 / prod(1 + r_i) over the days after grace. 100,000 minor units at
    12 % in 3 monthly days from one month after the start: 34,002, 34,002 and 34,003.
    """
    with localcontext(prec=PRECISION):
        starts = (start, *days[:-1])
        rates = [
            annual_rate * fraction(one, two, terms=terms)
            for one, two in zip(starts, days, strict=True)
        ]
        discount, annuity = Decimal(1), Decimal(0)
        for rate in rates[grace:]:
            discount /= 1 + rate
            annuity += discount
        level = whole(principal / annuity, terms=terms)
        return _run_down(principal, rates=rates, level=level, grace=grace, terms=terms)


def shortened(
    principal: int,
    *,
    annual_rate: Decimal,
    start: date,
    days: Sequence[date],
    level: int,
    terms: Terms,
) -> Pairs:
    """The same instalment on as few of the days as pay the principal back; the last is smaller.

    Of no more days than are given: what the last cannot hold stays in it.
    """
    pairs: list[tuple[int, int]] = []
    outstanding = principal
    with localcontext(prec=PRECISION):
        ahead = iter(days)
        while outstanding:
            day = next(ahead)
            rate = annual_rate * fraction(start, day, terms=terms)
            profit = whole(outstanding * rate, terms=terms)
            part = outstanding if day == days[-1] else min(max(level - profit, 0), outstanding)
            pairs.append((part, profit))
            outstanding, start = outstanding - part, day
    return tuple(pairs)


def _run_down(
    principal: int, *, rates: Sequence[Decimal], level: int, grace: int, terms: Terms
) -> Pairs:
    pairs: list[tuple[int, int]] = []
    outstanding = principal
    for number, rate in enumerate(rates, start=1):
        profit = whole(outstanding * rate, terms=terms)
        part = 0
        if number == len(rates):
            part = outstanding
        elif number > grace:
            part = min(max(level - profit, 0), outstanding)
        pairs.append((part, profit))
        outstanding -= part
    return tuple(pairs)


def share(amount: int, *, part: int, whole: int, terms: Terms) -> int:
    """An amount's part, rounded once: 15 of 31 days of 1,000 is 484."""
    rounding = _ROUNDINGS[terms.rounding]
    return int((Decimal(amount) * part / whole).to_integral_value(rounding))
