"""What does a payment change in a course, when profit follows the days and when it does not?"""

from collections.abc import Callable
from datetime import date

from services.loans.domain.course import allocation, level_lines, model_moves, model_views
from services.loans.domain.course.lines import PLACE, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.plan import (
    AllocationRule,
    Part,
    PaymentKind,
    PayoffProfit,
    Recalculation,
)
from services.loans.domain.course.plan import Standing as Stand
from services.loans.domain.course.standing import Entry, Standing

PAYING = frozenset(kind.value for kind in PaymentKind)


def receive(standing: Standing, entry: Entry, rule: AllocationRule) -> None:
    """Let a payment pay what is open, in the order of its rule; what is left is overpaid."""
    left = allocation.allocate(
        standing, rule, entry.on, entry.amount, entry.parts, payer(standing, entry.on)
    )
    entry.surplus = left
    standing.overpaid += left


def use_overpaid(standing: Standing, on: date) -> list[int]:
    """What the borrower had paid too much pays what has become due by a later event."""
    parts = [0, 0, 0, 0]
    if standing.overpaid > 0:
        standing.overpaid = allocation.allocate(
            standing,
            standing.plan.allocation.rule,
            on,
            standing.overpaid,
            parts,
            payer(standing, on),
        )
    return parts


def use_surplus(standing: Standing) -> None:
    """What payments had left over pays a charge that was added later, as of their own days."""
    for entry in standing.entries:
        amount = min(entry.surplus, standing.overpaid)
        if amount > 0 and entry.kind in PAYING:
            standing.overpaid -= amount
            rule = standing.plan.allocation.rule_of(PaymentKind(entry.kind.value))
            pay = payer(standing, entry.on)
            left = allocation.allocate(standing, rule, entry.on, amount, entry.parts, pay)
            entry.surplus += left - amount
            standing.overpaid += left


def payer(standing: Standing, on: date) -> allocation.PayPart:
    """How a part is paid: simply, or with the model told of it and asked again."""
    if standing.follows_days:
        return _by_days(standing, on)

    def simply(line: Line, stand: Stand, part: Part, amount: int) -> int:
        del stand
        return line.pay(PLACE[part], on, amount)

    return simply


def _by_days(standing: Standing, on: date) -> Callable[[Line, Stand, Part, int], int]:
    rules = standing.plan.recalculation or Recalculation()
    model = standing.model

    def pay(line: Line, stand: Stand, part: Part, amount: int) -> int:
        place = PLACE[part]
        at = model.place_of(line.start, line.due)
        if line.is_down_payment or at is None:
            return -1 - line.pay(place, on, amount)
        day, is_empty = on, False
        if stand is Stand.IN_ADVANCE:
            if (
                model_views.is_until_due(rules, is_payoff=standing.is_payoff)
                and line.start < on <= line.due
            ):
                day = line.due
            owed = model_views.due_if_paid(model, at, day)
            is_empty = owed == (0, 0)
            if place == PROFIT:
                line.asked[PROFIT] = owed.profit
            elif place == PRINCIPAL:
                line.asked[PRINCIPAL] = owed.principal
        used = line.pay(place, on, amount)
        if place in (PRINCIPAL, PROFIT):
            move = model_moves.pay_principal if place == PRINCIPAL else model_moves.pay_profit
            move(model, model.periods[at], day, used)
            standing.sync(on)
        return -1 - used if is_empty else used

    return pay


def catch_up(standing: Standing, day: date) -> None:
    """Let overdue principal bear profit up to a day, before anything is paid on it."""
    rules = standing.plan.recalculation
    if level_lines.is_level(standing):
        level_lines.catch_up(standing, day)
        return
    if rules is None or not standing.follows_days or not rules.overdue_bears:
        return
    if standing.is_expected_only:
        return
    if model_views.let_overdue_bear(standing.model, rules, day, is_payoff=standing.is_payoff):
        standing.sync()


def is_payoff(standing: Standing, on: date, amount: int) -> bool:
    """Whether a payment covers all that is owed until the end of the running period."""
    if standing.plan.recalculation is None:
        return False
    running = next(
        (
            line
            for line in standing.lines
            if not line.is_down_payment and line.start < on <= line.due
        ),
        None,
    )
    if running is None:
        return False
    owed = model_views.owed_on(standing.model, running.due)
    return amount >= owed.principal + owed.profit


def defer_unplaced(standing: Standing, on: date) -> None:
    """A payoff in a period that is already settled also asks its profit to the due date."""
    rules = standing.plan.recalculation
    if rules is None or not standing.is_payoff or rules.payoff is not PayoffProfit.TO_DUE_DATE:
        return
    for period in standing.model.periods:
        if period.start <= on < period.due and period.is_settled:
            owed = model_views.owed_on(standing.model, period.due)
            if owed.profit > 0:
                period.deferred = owed.profit
