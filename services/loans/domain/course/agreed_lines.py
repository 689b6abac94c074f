"""How do instalments that were agreed as they are stand in a course?"""

from collections.abc import Sequence

from services.loans.domain.course.lines import FEE, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.periods_model import Model, Period
from services.loans.domain.course.plan import Plan


def lay(plan: Plan, model: Model) -> list[Line]:
    """The lines as agreed; in the model each period holds its instalment and its profit.

    Where payments count the profit anew the period holds its instalment alone.
    """
    lines = []
    for agreed in plan.agreed:
        line = Line(agreed.start_on, agreed.due_on, is_down_payment=agreed.is_down_payment)
        line.asked[PRINCIPAL] = agreed.principal
        line.asked[PROFIT] = agreed.profit
        line.asked[FEE] = agreed.fee
        lines.append(line)
    regular = [line for line in lines if line.is_regular]
    if plan.recalculation is None:
        _hold(model.periods, regular)
        return lines
    for period, line in zip(model.periods, regular, strict=True):
        period.instalment = period.agreed = line.asked[PRINCIPAL] + line.asked[PROFIT]
    model.rate_spans()
    return lines


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
