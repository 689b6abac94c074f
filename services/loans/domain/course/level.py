"""How large are instalments that are found once, at a regular rate, and hold for the whole term?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from services.loans.domain.course.plan import (
    Amortisation,
    CountedOver,
    MonthLength,
    Plan,
    Unit,
    YearLength,
)
from services.loans.domain.terms import ChargeMethod

PRECISION = 40
DAYS_OF_YEAR = 365
_REGULAR_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 30, Unit.YEARS: 360}
_PERIODS_IN_YEAR = {Unit.WEEKS: 52, Unit.MONTHS: 12, Unit.YEARS: 1}

Days = tuple[date, date]
Drawn = tuple[date, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What level instalments are found from, besides the plan.

    `periods` are the days of each instalment; `drawn` the amounts to be amortised with the days on
    which they were paid out, `bearing` those that a flat profit is counted on (the down payment
    included). `paid` is the principal paid by the end of each period, and `overdue_to` the day up
    to which principal past its due date bears profit; None: it does not.
    """

    periods: Sequence[Days]
    drawn: Sequence[Drawn]
    bearing: int
    paid: Sequence[int] = ()
    overdue_to: date | None = None


def instalments(plan: Plan, given: Given) -> list[tuple[int, int]]:
    """The principal and the profit of each instalment, in minor units.

    Declining balance: the annuity of a regular rate (a month is 30 days of the year where days
    count, else a twelfth), rounded to the multiple; profit of a period is what its balance bears,
    principal the rest, and the last instalment takes what is left. Worked: 5,000.00 at 12 % by
    days over 365, 18 months, whole units: 305.00, the first 255.68 + 49.32 (30 days).
    Equal principal: P / n rounded. Flat: P x rate x term, both shared equally; with a multiple
    the principal gives way: 1,250.00 at 12 % in 3 months is 416.50 + 12.50.
    """
    if plan.charge_method is ChargeMethod.FLAT:
        return _flat(plan, given)
    return _declining(plan, given)


def whole(amount: Fraction, plan: Plan, *, multiple: int = 1) -> int:
    """An amount rounded to minor units, or to a multiple, by the rounding of the plan."""
    step = max(multiple, plan.currency_multiple)
    exact = Decimal(amount.numerator) / Decimal(amount.denominator * step)
    rounding = ROUND_HALF_UP if plan.rounding == "half_up" else ROUND_HALF_EVEN
    return int(exact.to_integral_value(rounding)) * step


def _level_of(plan: Plan, balance: int, count: int) -> int:
    """The instalment that repays a balance in so many periods, rounded to the multiple."""
    if count < 1:
        return balance
    rate = regular_rate(plan)
    if plan.amortisation is Amortisation.EQUAL_PRINCIPAL or not rate:
        multiple = 1 if rate else plan.instalment_multiple
        return whole(Fraction(balance, count), plan, multiple=multiple)
    with localcontext(prec=PRECISION):
        part = Decimal(rate.numerator) / rate.denominator
        exact = balance * part / (1 - (1 + part) ** -count)
        return whole(Fraction(exact), plan, multiple=plan.instalment_multiple)


def regular_rate(plan: Plan) -> Fraction:
    """What a period of regular length bears: 12 % a year is 1 %, or 30/365 of 12 % by days."""
    rate = Fraction(plan.annual_rate)
    if plan.rate_is_for_term:
        return rate / plan.instalments
    rules = plan.day_rules
    if rules.over is CountedOver.PERIODS and plan.unit in _PERIODS_IN_YEAR:
        return rate * plan.every / _PERIODS_IN_YEAR[plan.unit]
    return rate * _REGULAR_DAYS[plan.unit] * plan.every / year_length(plan)


def year_length(plan: Plan) -> int:
    """The days of a year: as agreed, and always 365 where the actual year was agreed."""
    year = plan.day_rules.year
    return DAYS_OF_YEAR if year is YearLength.ACTUAL else int(year.value)


def share(plan: Plan, period: Days, days: int) -> Fraction:
    """What one unit of principal bears over some days of a period."""
    length = (period[1] - period[0]).days
    if days <= 0 or length <= 0:
        return Fraction(0)
    rules = plan.day_rules
    if rules.over is CountedOver.DAYS and rules.month is MonthLength.ACTUAL:
        return Fraction(plan.annual_rate) * days / year_length(plan)
    if rules.over is CountedOver.PERIODS and not rules.partial_periods:
        return regular_rate(plan)
    return regular_rate(plan) * days / length


def _declining(plan: Plan, given: Given) -> list[tuple[int, int]]:
    count, graced = len(given.periods), plan.grace.principal
    balance = level = 0
    deferred, asked = 0, 0
    found: list[tuple[int, int]] = []
    waiting = _drawn(plan, given)
    for number, period in enumerate(given.periods):
        start, due = period
        drawn: list[Drawn] = []
        while waiting and (waiting[0][0] < due or waiting[0][0] <= start):
            drawn.append(waiting.pop(0))
        if drawn:
            balance += sum(amount for _, amount in drawn)
            left = count - max(number, graced)
            if not level:
                level = _level_of(plan, _base(plan, given, balance), left)
        bearing = balance * share(plan, period, (due - start).days)
        for day, amount in drawn:
            bearing -= amount * share(plan, period, max((day - start).days, 0))
        profit = whole(bearing, plan) + whole(_on_overdue(plan, given, number, asked), plan)
        if number < plan.grace.profit_free:
            profit = 0
        principal = _principal(plan, level, profit, number)
        principal = balance if number == count - 1 else min(principal, balance)
        balance -= principal
        asked += principal
        if number < plan.grace.profit_payment:
            deferred, profit = deferred + profit, 0
        else:
            deferred, profit = 0, profit + deferred
        found.append((principal, profit))
    return found


def _principal(plan: Plan, level: int, profit: int, number: int) -> int:
    if number < plan.grace.principal:
        return 0
    if plan.amortisation is Amortisation.EQUAL_PRINCIPAL:
        return level
    return max(level - profit, 0)


def _drawn(plan: Plan, given: Given) -> list[Drawn]:
    """The tranches by day; without profit their days do not matter, all are spread as one."""
    if plan.annual_rate:
        return sorted(given.drawn)
    return [(given.periods[0][0], sum(amount for _, amount in given.drawn))]


def _base(plan: Plan, given: Given, balance: int) -> int:
    """What the instalment is found from: the balance; of tranches with profit the agreed sum."""
    if len(given.drawn) == 1 or not plan.annual_rate:
        return balance
    return max(plan.principal, sum(amount for _, amount in given.drawn))


def _on_overdue(plan: Plan, given: Given, number: int, asked: int) -> Fraction:
    """What principal bears that was due before a period and is not paid, up to the day given."""
    if given.overdue_to is None:
        return Fraction(0)
    start, due = given.periods[number]
    paid = given.paid[number] if number < len(given.paid) else 0
    days = (min(given.overdue_to, due) - start).days
    return max(asked - paid, 0) * share(plan, (start, due), days)


def _flat(plan: Plan, given: Given) -> list[tuple[int, int]]:
    count, graced = len(given.periods), plan.grace.principal
    principal = sum(amount for _, amount in given.drawn)
    if plan.recalculation is not None and len(given.drawn) > 1:
        return _flat_by_tranche(plan, given)
    total = whole(given.bearing * _term_rate(plan, given.periods), plan)
    profit = whole(given.bearing * _term_rate(plan, given.periods) / count, plan)
    part = whole(Fraction(principal, count - graced), plan)
    if plan.instalment_multiple > 1:
        multiple = plan.instalment_multiple
        part = (
            whole(Fraction(principal, count - graced), plan, multiple=multiple)
            + whole(Fraction(profit), plan, multiple=multiple)
            - profit
        )
    found = []
    for number in range(count - 1):
        paid_back = 0 if number < graced else min(part, principal)
        principal -= paid_back
        total -= profit
        found.append((paid_back, profit))
    return [*found, (principal, total)]


def _flat_by_tranche(plan: Plan, given: Given) -> list[tuple[int, int]]:
    """Where profit follows the days a tranche changes no instalment that was due before it.

    The profit of all that was paid out is shared as ever. Worked: 1,000.00 in 3 instalments, then
    500.00 after the first: principal 333.33, 500.00 and 666.67.
    """
    count, found = len(given.periods), []
    total = whole(given.bearing * _term_rate(plan, given.periods), plan)
    profit = whole(given.bearing * _term_rate(plan, given.periods) / count, plan)
    left = sum(amount for _, amount in given.drawn)
    for _, due in given.periods[:-1]:
        so_far = sum(amount for day, amount in given.drawn if day <= due)
        paid_back = min(whole(Fraction(so_far, count), plan), left)
        left -= paid_back
        total -= profit
        found.append((paid_back, profit))
    return [*found, (left, total)]


def _term_rate(plan: Plan, periods: Sequence[Days]) -> Fraction:
    """What the principal bears over the whole term when it is never paid back."""
    rules = plan.day_rules
    if plan.rate_is_for_term:
        return Fraction(plan.annual_rate)
    if rules.over is CountedOver.DAYS and rules.month is MonthLength.ACTUAL:
        days = (periods[-1][1] - periods[0][0]).days
        return Fraction(plan.annual_rate) * days / year_length(plan)
    return regular_rate(plan) * len(periods)
