"""How large are instalments that are found once, at a regular rate, and hold for the whole term?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from services.loans.domain.course.plan import (
    Amortisation,
    CountedOver,
    MonthLength,
    Plan,
    Unit,
    YearLength,
)

PRECISION = 40
DAYS_OF_YEAR = 365
_REGULAR_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 30, Unit.YEARS: 360}
_PERIODS_IN_YEAR = {Unit.WEEKS: 52, Unit.MONTHS: 12, Unit.YEARS: 1}

Days = tuple[date, date]
Drawn = tuple[date, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was agreed anew from an instalment on (`number`, counted from 0)."""

    number: int
    annual_rate: Decimal | None = None
    principal_grace: int = 0
    profit_grace: int = 0
    extra: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What level instalments are found from, besides the plan.

    `periods` are the days of each instalment; `drawn` the amounts to be amortised with the days on
    which they were paid out, `bearing` those that a flat profit is counted on (the down payment
    included). `paid` are the payments of principal by day, and `overdue_to` is the day up to which
    principal past its due date bears profit; None: it does not.
    """

    periods: Sequence[Days]
    drawn: Sequence[Drawn]
    bearing: int
    paid: Sequence[Drawn] = ()
    overdue_to: date | None = None
    changes: Sequence[Change] = ()

    def known(self, number: int) -> int:
        """How many instalments there are as far as was agreed before an instalment's own change."""
        later = sum(change.extra for change in self.changes if change.number >= number)
        return len(self.periods) - later

    def changes_at(self, number: int) -> list[Change]:
        """What is agreed anew from an instalment on."""
        return [change for change in self.changes if change.number == number]


def instalments(plan: Plan, given: Given) -> list[tuple[int, int]]:
    """The principal and the profit of each instalment of a declining balance, in minor units.

    The annuity of a regular rate (a month is 30 days of the year where days count, else a
    twelfth), rounded to the multiple; profit of a period is what its balance bears, principal the
    rest, and the last instalment takes what is left. Worked: 5,000.00 at 12 % by days over 365, 18
    months, whole units: 305.00, the first 255.68 + 49.32 (30 days). Equal principal: P / n
    rounded. A change finds the instalments from its own on anew.
    """
    count, eased = len(given.periods), plan.grace.principal
    balance = level = asked = deferred = 0
    later = plan.grace.profit_payment
    found: list[tuple[int, int]] = []
    waiting = _drawn(plan, given)
    for number, period in enumerate(given.periods):
        drawn = _drawn_in(waiting, period)
        balance += sum(amount for _, amount in drawn)
        if drawn and not level:
            left = given.known(number) - max(number, eased)
            level = _level_of(plan, _base(plan, given, balance), left)
        for change in given.changes_at(number):
            plan = _changed(plan, change)
            eased, later = _eased(change, eased, later)
            level = _level_of(plan, balance, given.known(number + 1) - max(number, eased))
        profit = _profit(plan, given, number, balance=balance, drawn=drawn)
        profit += whole(_on_overdue(plan, given, number, asked), plan)
        if number < plan.grace.profit_free:
            profit = 0
        principal = 0 if number < eased else min(_principal(plan, level, profit), balance)
        principal = balance if number == count - 1 else principal
        balance, asked = balance - principal, asked + principal
        deferred, profit = (deferred + profit, 0) if number < later else (0, profit + deferred)
        found.append((principal, profit))
    return found


def whole(amount: Fraction, plan: Plan, *, multiple: int = 1) -> int:
    """An amount rounded to minor units, or to a multiple, by the rounding of the plan."""
    step = max(multiple, plan.currency_multiple)
    exact = Decimal(amount.numerator) / Decimal(amount.denominator * step)
    rounding = ROUND_HALF_UP if plan.rounding == "half_up" else ROUND_HALF_EVEN
    return int(exact.to_integral_value(rounding)) * step


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
    """What one unit of principal bears over some days of a period.

    Where only whole periods bear profit, a part of one bears nothing.
    """
    length = (period[1] - period[0]).days
    if days <= 0 or length <= 0:
        return Fraction(0)
    rules = plan.day_rules
    if rules.over is CountedOver.DAYS and rules.month is MonthLength.ACTUAL:
        return Fraction(plan.annual_rate) * days / year_length(plan)
    if rules.over is CountedOver.PERIODS and not rules.partial_periods:
        return regular_rate(plan) if days >= length else Fraction(0)
    return regular_rate(plan) * days / length


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


def _changed(plan: Plan, change: Change) -> Plan:
    return plan if change.annual_rate is None else replace(plan, annual_rate=change.annual_rate)


def _eased(change: Change, eased: int, later: int) -> tuple[int, int]:
    """Up to which number principal is eased, and profit put off."""
    if change.principal_grace:
        eased = change.number + change.principal_grace
    if change.profit_grace:
        later = change.number + change.profit_grace
    return eased, later


def _profit(plan: Plan, given: Given, number: int, *, balance: int, drawn: Sequence[Drawn]) -> int:
    """What the balance bears in a period; what is paid out within it, from its day on."""
    period = given.periods[number]
    bearing = balance * share(plan, period, (period[1] - period[0]).days)
    for day, amount in drawn:
        bearing -= amount * share(plan, period, max((day - period[0]).days, 0))
    return whole(bearing, plan)


def _principal(plan: Plan, level: int, profit: int) -> int:
    if plan.amortisation is Amortisation.EQUAL_PRINCIPAL:
        return level
    return max(level - profit, 0)


def _drawn(plan: Plan, given: Given) -> list[Drawn]:
    """The tranches by day; without profit their days do not matter, all are spread as one."""
    if plan.annual_rate:
        return sorted(given.drawn)
    return [(given.periods[0][0], sum(amount for _, amount in given.drawn))]


def _drawn_in(waiting: list[Drawn], period: Days) -> list[Drawn]:
    """Take what was paid out before a period ends; on its due date it belongs to the next."""
    start, due = period
    drawn = [each for each in waiting if each[0] < due or each[0] <= start]
    del waiting[: len(drawn)]
    return drawn


def _base(plan: Plan, given: Given, balance: int) -> int:
    """What the instalment is found from: the balance; of tranches with profit the agreed sum."""
    if len(given.drawn) == 1 or not plan.annual_rate:
        return balance
    return max(plan.principal, sum(amount for _, amount in given.drawn))


def _on_overdue(plan: Plan, given: Given, number: int, asked: int) -> Fraction:
    """What principal bears that was due before a period, as long as it is unpaid, up to a day."""
    bearing = Fraction(0)
    if given.overdue_to is None:
        return bearing
    start, due = given.periods[number]
    end = min(given.overdue_to, due)
    cuts = sorted({on for on, _ in given.paid if start < on < end})
    for first, last in pairwise([start, *cuts, end]):
        unpaid = asked - sum(amount for on, amount in given.paid if on <= first)
        bearing += max(unpaid, 0) * share(plan, (start, due), (last - first).days)
    return bearing
