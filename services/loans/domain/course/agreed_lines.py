"""How do instalments that were agreed as they are stand in a course?"""

from services.loans.domain.course.lines import FEE, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.periods_model import Model
from services.loans.domain.course.plan import Plan


def lay(plan: Plan, model: Model) -> list[Line]:
    """The lines as agreed; in the model each period holds its instalment and its profit."""
    lines = []
    periods = iter(model.periods)
    for agreed in plan.agreed:
        line = Line(agreed.start_on, agreed.due_on, is_down_payment=agreed.is_down_payment)
        line.asked[PRINCIPAL] = agreed.principal
        line.asked[PROFIT] = agreed.profit
        line.asked[FEE] = agreed.fee
        lines.append(line)
        if not agreed.is_down_payment:
            period = next(periods)
            period.instalment = period.agreed = agreed.principal + agreed.profit
            period.fixed_profit = agreed.profit
            period.is_agreed = period.is_moved_down = True
    return lines
