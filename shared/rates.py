"""What does a loan really cost a year, and which equal instalment repays it?

Rates are fractions: `Decimal("0.18")` is 18 %. Everything runs in `Decimal`; a rate found by search
is within 10**-12 of the true one, relative to 1 + rate.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Final, Literal

from shared.errors import InvalidValue
from shared.money import CurrencyMismatch, Money
from shared.periods import add_months

Convention = Literal["eu", "act/365", "us"]
Unit = Literal["month", "week"]

PRECISION: Final = 34
TOLERANCE: Final = Decimal("1E-12")
_STEP_TOLERANCE: Final = Decimal("1E-16")
_DISTANCES: Final = tuple(Decimal(2) ** power for power in range(-3, 6))
_LOWEST: Final = Decimal(-7)
_MONTHS_IN_YEAR: Final = 12
_WEEKS_IN_YEAR: Final = 52
_DAYS_IN_WEEK: Final = 7
_DAYS_IN_UNIT_MONTH: Final = 30
_DAYS_IN_YEAR: Final = 365


class NoRate(InvalidValue):
    """These payments have no rate"""

    detail = "No yearly rate makes what is received equal to what is paid."


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """An amount after so many units of time: whole ones compounded, the rest simple."""

    amount: Decimal
    compounded: Decimal
    simple: Decimal = Decimal(0)


def effective_annual_rate(
    cash_flows: Sequence[tuple[date, Money]],
    *,
    convention: Convention = "eu",
    unit: Unit = "month",
) -> Decimal:
    """Give the yearly rate at which what the borrower receives equals what they pay.

    Receipts are positive, payments negative, fees on the first day included. Conventions:

    `eu`: sum of C / (1 + x)^t = 0, with t in years: whole months / 12 (or weeks / 52) counted back
    from the payment, what is left in days / 365, or / 366 where the year before the end of those
    days holds 29 February. Directive 2008/48/EC, Annex I, and 2014/17/EU, Annex I, remark (c).
    Worked: 1,000 received, 1,200 paid 18 months later: 0.129243.

    `act/365`: the same with t = days / 365.

    `us`: sum of C / ((1 + f i)(1 + i)^n) = 0, with n whole units counted back and f the rest as a
    part of a unit (a month being 30 days), times the units of a year: a nominal rate. 12 CFR 1026
    (Regulation Z), Appendix J (b). Worked: 5,000 repaid by 24 monthly payments of 230: 0.0969.

    Raises `NoRate`, `CurrencyMismatch`.
    """
    flows = _dated(cash_flows)
    first = min((day for day, _ in flows), default=date.min)
    with localcontext(prec=PRECISION):
        if convention == "us":
            per_year = _MONTHS_IN_YEAR if unit == "month" else _WEEKS_IN_YEAR
            found = solve(_unit_flow(first, day, amount, unit) for day, amount in flows)
            return (found * per_year).quantize(TOLERANCE)
        years = _YEARS[unit] if convention == "eu" else _years_by_days
        return solve(
            Flow(amount=amount, compounded=years(first, day)) for day, amount in flows
        ).quantize(TOLERANCE)


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


def _unit_flow(first: date, day: date, amount: Decimal, unit: Unit) -> Flow:
    if unit == "week":
        whole, rest = divmod((day - first).days, _DAYS_IN_WEEK)
        simple = Decimal(rest) / _DAYS_IN_WEEK
    else:
        whole, rest, _ = _months_back(first, day)
        simple = Decimal(rest) / _DAYS_IN_UNIT_MONTH
    return Flow(amount=amount, compounded=Decimal(whole), simple=simple)


def _years_by_days(first: date, day: date) -> Decimal:
    return Decimal((day - first).days) / _DAYS_IN_YEAR


def _years_by_months(first: date, day: date) -> Decimal:
    months, rest, end = _months_back(first, day)
    return Decimal(months) / _MONTHS_IN_YEAR + _part_of_year(rest, end)


def _years_by_weeks(first: date, day: date) -> Decimal:
    weeks, rest = divmod((day - first).days, _DAYS_IN_WEEK)
    end = first + timedelta(days=rest)
    return Decimal(weeks) / _WEEKS_IN_YEAR + _part_of_year(rest, end)


def _months_back(first: date, day: date) -> tuple[int, int, date]:
    """Give the whole months counted back from a day, the days left, and the day they end on."""
    months = (day.year - first.year) * _MONTHS_IN_YEAR + day.month - first.month
    if add_months(first, months) == day:  # 28 February is a month after 31 January
        return months, 0, first
    end = add_months(day, -months)
    if end < first:
        months -= 1
        end = add_months(day, -months)
    return months, (end - first).days, end


def _part_of_year(days: int, end: date) -> Decimal:
    year_before = add_months(end, -_MONTHS_IN_YEAR)
    return Decimal(days) / (end - year_before).days


_YEARS: Final = {"month": _years_by_months, "week": _years_by_weeks}
