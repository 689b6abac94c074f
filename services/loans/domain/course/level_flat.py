"""How are principal and a flat profit shared over instalments that hold for the whole term?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from services.loans.domain.course import level
from services.loans.domain.course.level import Change, Days, Given
from services.loans.domain.course.plan import CountedOver, MonthLength, Plan


def instalments(plan: Plan, given: Given) -> list[tuple[int, int]]:
    """The principal and the profit of each instalment, in minor units.

    Profit: all that was paid out x rate x term, shared equally, the last instalment takes the
    rest. Principal: P / n rounded, the last takes the rest; with a multiple it gives way so that
    the instalment is round: 1,250.00 at 12 % in 3 months is 416.50 + 12.50. From a change on the
    profit is shared by its rate, and the principal that is left over the instalments that are left.
    """
    profits = _profits(plan, given)
    return list(zip(_principals(plan, given, profits), profits, strict=True))


def _profits(plan: Plan, given: Given) -> list[int]:
    exact = [Fraction(given.bearing) * each for each in _rates(plan, given)]
    found = [level.whole(each, plan) for each in exact[:-1]]
    found.append(level.whole(sum(exact, start=Fraction(0)), plan) - sum(found))
    later = plan.grace.profit_payment
    for number in range(len(found) - 1):
        for change in given.changes_at(number):
            later = max(later, change.number + change.profit_grace)
        if number < later:
            found[number + 1] += found[number]
            found[number] = 0
    return found


def _rates(plan: Plan, given: Given) -> list[Fraction]:
    """What one unit of principal bears in each instalment: an equal part of the term's rate."""
    count, found = given.known(0), []
    for number in range(len(given.periods)):
        for change in given.changes_at(number):
            if change.annual_rate is not None:
                plan = replace(plan, annual_rate=change.annual_rate)
        free = number < plan.grace.profit_free
        found.append(Fraction(0) if free else _term_rate(plan, given.periods[:count]) / count)
    return found


def _term_rate(plan: Plan, periods: Sequence[Days]) -> Fraction:
    """What the principal bears over the whole term when it is never paid back."""
    rules = plan.day_rules
    if plan.rate_is_for_term:
        return Fraction(plan.annual_rate)
    if rules.over is CountedOver.DAYS and rules.month is MonthLength.ACTUAL:
        days = (periods[-1][1] - periods[0][0]).days
        return Fraction(plan.annual_rate) * days / level.year_length(plan)
    return level.regular_rate(plan) * len(periods)


def _principals(plan: Plan, given: Given, profits: Sequence[int]) -> list[int]:
    count, eased = given.known(0), plan.grace.principal
    left = sum(amount for _, amount in given.drawn)
    part = _part(plan, Fraction(left, max(count - eased, 1)), profits[min(eased, count - 1)])
    by_tranche = plan.recalculation is not None and len(given.drawn) > 1
    found = []
    for number, (_, due) in enumerate(given.periods[:-1]):
        if by_tranche:
            part = level.whole(_so_far(given, due=due) / count, plan)
        for change in given.changes_at(number):
            eased = _eased(change, eased)
            remaining = max(given.known(number + 1) - max(number, eased), 1)
            part = _part(plan, Fraction(left, remaining), profits[number])
        paid_back = 0 if number < eased else min(part, left)
        left -= paid_back
        found.append(paid_back)
    return [*found, left]


def _so_far(given: Given, *, due: date) -> Fraction:
    """What was paid out by a due date: where profit follows the days, later tranches wait."""
    return Fraction(sum(amount for day, amount in given.drawn if day <= due))


def _eased(change: Change, eased: int) -> int:
    return max(eased, change.number + change.principal_grace) if change.principal_grace else eased


def _part(plan: Plan, exact: Fraction, profit: int) -> int:
    """The principal of an instalment, so that with its profit it is a multiple."""
    multiple = plan.instalment_multiple
    if multiple <= 1:
        return level.whole(exact, plan)
    round_principal = level.whole(exact, plan, multiple=multiple)
    return max(round_principal + level.whole(Fraction(profit), plan, multiple=multiple) - profit, 0)
