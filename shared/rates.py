"""What does a loan really cost a year, and which equal instalment repays it?

Rates are fractions: `Decimal("0.18")` is 18 %. Everything runs in `Decimal`; a rate found by search
is within 10**-12 of the true one, relative to 1 + rate.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final, Literal

from shared.errors import InvalidValue
from shared.money import CurrencyMismatch, Money
from shared.periods import add_months
from shared.unit_periods import (
    MONTHS_A_YEAR,
    WEEKS_A_YEAR,
    Unit,
    UnitPeriod,
    term_per_year,
    years_counted,
)

Convention = Literal["eu", "act/365", "act/365.25", "us"]

PRECISION: Final = 34
TOLERANCE: Final = Decimal("1E-12")
_STEP_TOLERANCE: Final = Decimal("1E-16")
_DISTANCES: Final = tuple(Decimal(2) ** power for power in range(-3, 6))
_LOWEST: Final = Decimal(-7)
YEAR_DAYS: Final[Mapping[Convention, Decimal]] = {
    "act/365": Decimal(365),
    "act/365.25": Decimal("365.25"),
}
ONE_AND_ONE: Final = 2  # one advance and one payment


class NoRate(InvalidValue):
    """These payments have no rate"""

    detail = "No yearly rate makes what is received equal to what is paid."


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """An amount after so many units of time: whole ones compounded, the rest simple."""

    amount: Decimal
    compounded: Decimal
    simple: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elapsed:
    """A time after the first amount, stated in units: months, weeks and days of a year."""

    months: int = 0
    weeks: int = 0
    days: int = 0
    year_days: Decimal = Decimal(365)

    @property
    def years(self) -> Decimal:
        """The time in years: a month and three days of a year of 366 are 1/12 + 3/366."""
        whole = Fraction(self.months, MONTHS_A_YEAR) + Fraction(self.weeks, WEEKS_A_YEAR)
        return _decimal(whole + self.days / Fraction(self.year_days))


def effective_annual_rate(
    cash_flows: Sequence[tuple[date, Money]],
    *,
    convention: Convention = "eu",
    unit: Unit = "month",
    multiple: int = 1,
) -> Decimal:
    """Give the yearly rate at which what the borrower receives equals what they pay.

    Receipts are positive, payments negative, fees on the first day included. Conventions:

    `eu`: sum of C / (1 + x)^t = 0, with t in years: whole units (a month is 1/12, a week 1/52)
    counted back from the payment, what is left in days / 365, or / 366 where the year before the
    end of those days holds 29 February. The unit is the one in which the instalments follow each
    other. Directive 2008/48/EC, Annex I, and 2014/17/EU, Annex I, remark (c).
    Worked: 1,000 received, 1,200 paid 18 months later: 0.129243.

    `act/365`, `act/365.25`: the same with t = days / 365, or / 365.25.

    `us`: sum of C / ((1 + f i)(1 + i)^n) = 0, with n whole units of so many (`multiple`) weeks or
    months counted back and f the rest as a part of a unit (`unit_periods`), times the units of a
    year: a nominal rate. One advance repaid by one payment within a year has its term as the unit.
    12 CFR 1026 (Regulation Z), Appendix J (b). Worked: 5,000 repaid by 24 monthly payments of 230:
    0.0969.

    Raises `NoRate`, `CurrencyMismatch`, and `ValueError` for a unit that the convention lacks.
    """
    flows = _dated(cash_flows)
    first = min((day for day, _ in flows), default=date.min)
    with localcontext(prec=PRECISION):
        if convention == "us":
            return _actuarial(flows, first, UnitPeriod(unit=unit, multiple=multiple))
        if convention == "eu" and unit == "half_month":
            raise ValueError("the European convention counts weeks, months or years")
        return solve(
            Flow(
                amount=amount,
                compounded=years_counted(first, day, unit)
                if convention == "eu" and unit != "half_month"
                else Decimal((day - first).days) / YEAR_DAYS[convention],
            )
            for day, amount in flows
        ).quantize(TOLERANCE)


def rate_of_elapsed(flows: Iterable[tuple[Elapsed, Decimal]]) -> Decimal:
    """Give the effective yearly rate of amounts whose times are stated, not dated.

    Received is positive, paid negative; sum of C / (1 + x)^t = 0 with t in years.
    Worked: 1,000 received and 1,200 paid 18 months later: 0.129243. Raises `NoRate`.
    """
    with localcontext(prec=PRECISION):
        return solve(
            Flow(amount=amount, compounded=after.years) for after, amount in flows
        ).quantize(TOLERANCE)


def actuarial_rate(flows: Iterable[Flow], *, units_per_year: Fraction) -> Decimal:
    """Give the nominal yearly rate of amounts at stated unit periods (Regulation Z, Appendix J).

    Worked: 1,000 received and 1,044 paid a unit period of half a year later: 0.088.
    Raises `NoRate`.
    """
    with localcontext(prec=PRECISION):
        return (solve(flows) * _decimal(units_per_year)).quantize(TOLERANCE)


def irr(amounts: Sequence[Decimal]) -> Decimal:
    """Give the rate a period at which equally spaced amounts, the first now, are worth nothing.

    Worked: -100, 39, 59, 55, 20 has 0.280948. Raises `NoRate`.
    """
    with localcontext(prec=PRECISION):
        return solve(
            Flow(amount=amount, compounded=Decimal(number)) for number, amount in enumerate(amounts)
        ).quantize(TOLERANCE)


def annuity_instalment(principal: Decimal, *, rate_per_period: Decimal, count: int) -> Decimal:
    """Give the equal instalment that repays a principal, unrounded: P r / (1 - (1 + r)^-n).

    Worked: 1,000 at 1 % a month in 12 instalments: 88.8487887. Without interest it is P / n.
    Raises `ValueError` unless there is an instalment and the rate is above -1.
    """
    if count < 1 or rate_per_period <= -1:
        raise ValueError("an annuity has an instalment, and a rate above -1")
    with localcontext(prec=PRECISION):
        if rate_per_period == 0:
            return principal / count
        return principal * rate_per_period / (1 - (1 + rate_per_period) ** -count)


def solve(flows: Iterable[Flow]) -> Decimal:
    """Give the rate a unit of time at which the flows are worth nothing today.

    The search runs over u = ln(1 + x): outwards from zero for a change of sign, then by Newton's
    steps kept inside it, halving where a step would leave it. Of several rates it gives the one
    nearest to zero. Raises `NoRate` where there is none above -99.9 %.
    """
    worth = _present_value(list(flows))
    if worth(Decimal(0))[0] == 0:
        return Decimal(0)
    low, high = _bracket(worth)
    rising = worth(high)[0] > 0
    moved, tried = high - low, (low + high) / 2
    while moved >= _STEP_TOLERANCE:
        value, slope = worth(tried)
        if (value > 0) == rising:
            high = tried
        else:
            low = tried
        step = value / slope if slope else moved
        following = tried - step
        if not low <= following <= high or 2 * abs(step) > moved:
            following = (low + high) / 2
        moved, tried = abs(following - tried), following
    return tried.exp() - 1


def _present_value(flows: Sequence[Flow]) -> Callable[[Decimal], tuple[Decimal, Decimal]]:
    """Give the worth of the flows, and its slope, as a function of u = ln(1 + x)."""

    def worth(logarithm: Decimal) -> tuple[Decimal, Decimal]:
        growth = logarithm.exp()
        value = slope = Decimal(0)
        for flow in flows:
            linear = 1 + flow.simple * (growth - 1)
            today = flow.amount * (-logarithm * flow.compounded).exp() / linear
            value += today
            slope -= today * (flow.compounded + flow.simple * growth / linear)
        return value, slope

    return worth


def _bracket(worth: Callable[[Decimal], tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    is_positive = worth(Decimal(0))[0] > 0
    up = down = Decimal(0)
    for distance in _DISTANCES:
        if (worth(distance)[0] > 0) != is_positive:
            return up, distance
        below = max(-distance, _LOWEST)
        if (worth(below)[0] > 0) != is_positive:
            return below, down
        up, down = distance, below
    raise NoRate


def _dated(cash_flows: Sequence[tuple[date, Money]]) -> list[tuple[date, Decimal]]:
    for _, amount in cash_flows:
        if amount.currency != cash_flows[0][1].currency:
            raise CurrencyMismatch(left=cash_flows[0][1].currency, right=amount.currency)
    return [(day, amount.decimal) for day, amount in cash_flows]


def _actuarial(flows: Sequence[tuple[date, Decimal]], first: date, unit: UnitPeriod) -> Decimal:
    """Give the nominal rate a year; one advance repaid at once has its own term as the unit."""
    last = max((day for day, _ in flows), default=first)
    if len(flows) == ONE_AND_ONE and first < last <= add_months(first, MONTHS_A_YEAR):
        by_term = (Flow(amount=amount, compounded=Decimal(day == last)) for day, amount in flows)
        return actuarial_rate(by_term, units_per_year=term_per_year(first, last))
    timed = []
    for day, amount in flows:
        whole, part = unit.counted(first, day)
        timed.append(Flow(amount=amount, compounded=Decimal(whole), simple=_decimal(part)))
    return actuarial_rate(timed, units_per_year=unit.per_year)


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / number.denominator
