"""How do instalments that were agreed as they are stand in a course?"""

from collections.abc import Sequence
from datetime import date

from services.loans.domain.course.lines import FEE, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.periods_model import Model, Period
from services.loans.domain.course.plan import Agreed, Plan
from services.loans.domain.course.standing import Standing


def lay(plan: Plan, agreed: Sequence[Agreed], model: Model) -> list[Line]:
    """The lines as agreed; in the model each period holds its instalment and its profit.

    Where payments count the profit anew the period holds its instalment alone.
    """
    lines = []
    for one in agreed:
        line = Line(one.start_on, one.due_on, is_down_payment=one.is_down_payment)
        line.asked[PRINCIPAL] = one.principal
        line.asked[PROFIT] = one.profit
        line.asked[FEE] = one.fee
        lines.append(line)
    regular = [line for line in lines if line.is_regular]
    if plan.recalculation is None:
        _hold(model.periods, regular)
        return lines
    for period, line in zip(model.periods, regular, strict=True):
        period.instalment = period.agreed = line.asked[PRINCIPAL] + line.asked[PROFIT]
    model.rate_spans()
    return lines


def as_of(plan: Plan, drawn: int) -> tuple[Agreed, ...] | None:
    """The instalments that were agreed for so much paid out; None where none were."""
    choices = plan.agreed_after or (plan.agreed,)
    return next((one for one in choices if _principal(one) == drawn), None)


def agree_after(standing: Standing, on: date) -> None:
    """Let the later periods ask what was agreed with a tranche, where it is another sum.

    Of 600.00 paid out and 400.00 a month later, the two of three instalments of 204.01 to come
    become two of 407.02. What was paid ahead stays paid: the last instalment asks less. Between
    two payouts of one day nothing is agreed, and the last instalment takes the first of them.
    """
    plan, drawn = standing.plan, sum(one.amount for one in standing.disbursed)
    agreed, before = as_of(plan, drawn), drawn - standing.disbursed[-1].amount
    if agreed is None:
        return
    was = [one for one in plan.agreed_after if _principal(one) <= before]
    lines = [line for line in standing.lines if line.is_regular]
    pairs = zip(_regular(agreed), _regular(was[-1] if was else agreed), strict=True)
    for line, period, (one, other) in zip(lines, standing.model.periods, pairs, strict=True):
        if period.due > on and (one != other or not was):
            period.instalment = period.agreed = one.principal + one.profit
            line.asked[FEE] += one.fee - other.fee


def _regular(agreed: Sequence[Agreed]) -> list[Agreed]:
    return [one for one in agreed if not one.is_down_payment]


def _principal(agreed: Sequence[Agreed]) -> int:
    return sum(one.principal for one in agreed)


def take(model: Model, lines: Sequence[Line]) -> None:
    """Let the model hold the lines as they now are, after they were spread without it.

    A later order then leaves what is due before it, and finds the rest from what is outstanding.
    """
    regular = [line for line in lines if line.is_regular]
    model.periods = [Period(line.start, line.due) for line in regular]
    _hold(model.periods, regular)
    model.periods[0].spans[0].balance = sum(line.asked[PRINCIPAL] for line in regular)
    model.rebalance()


def _hold(periods: Sequence[Period], lines: Sequence[Line]) -> None:
    for period, line in zip(periods, lines, strict=True):
        period.instalment = period.agreed = line.asked[PRINCIPAL] + line.asked[PROFIT]
        period.fixed_profit = line.asked[PROFIT]
        period.is_agreed = period.is_moved_down = True
