"""What does a payment change in a course, when profit follows the days and when it does not?"""

from datetime import date

from services.loans.domain.course import level_lines, model_moves, model_views
from services.loans.domain.course.allocation import Payment, PayPart, Used
from services.loans.domain.course.lines import PLACE, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.plan import (
    AllocationRule,
    PaymentKind,
    PayoffProfit,
    Recalculation,
    in_standing_order,
)
from services.loans.domain.course.plan import Standing as Stand
from services.loans.domain.course.standing import Entry, Standing
from services.loans.domain.terms import Component

PAYING = frozenset(kind.value for kind in PaymentKind)


def receive(standing: Standing, entry: Entry, rule: AllocationRule) -> None:
    """Let a payment pay what is open, in the order of its rule; what is left is overpaid."""
    entry.surplus = _pay(standing, rule, entry.on, entry.amount, entry.parts)
    standing.overpaid += entry.surplus


def give_up(standing: Standing, entry: Entry, part: Component, amount: int | None) -> None:
    """Give up what is open of a part, the oldest first, as if it were paid; nothing is left over.

    `entry.amount` becomes what was given up: profit not yet earned on the day is not open.
    """
    place = PLACE[part]
    most = sum(line.open_of(place) for line in standing.lines)
    asked = most if amount is None else min(amount, most)
    rule = AllocationRule(order=in_standing_order((part,)))
    entry.amount = asked - _pay(standing, rule, entry.on, asked, entry.parts)


def _pay(standing: Standing, rule: AllocationRule, on: date, amount: int, parts: list[int]) -> int:
    pay = _payer(standing, on)
    standing.owed.clear()
    return Payment(
        standing=standing, rule=rule, on=on, left=amount, pay=pay, parts=parts
    ).allocate()


def use_overpaid(standing: Standing, on: date) -> list[int]:
    """What the borrower had paid too much pays what has become due by a later event."""
    parts = [0, 0, 0, 0]
    if standing.overpaid > 0:
        rule = standing.plan.allocation.rule
        standing.overpaid = _pay(standing, rule, on, standing.overpaid, parts)
    return parts


def use_surplus(standing: Standing) -> None:
    """What payments had left over pays a charge that was added later, as of their own days."""
    for entry in standing.entries:
        amount = min(entry.surplus, standing.overpaid)
        if amount > 0 and entry.kind in PAYING:
            standing.overpaid -= amount
            rule = standing.plan.allocation.rule_of(PaymentKind(entry.kind.value))
            left = _pay(standing, rule, entry.on, amount, entry.parts)
            entry.surplus += left - amount
            standing.overpaid += left


def _payer(standing: Standing, on: date) -> PayPart:
    """How a part is paid: simply, or with the model told of it and asked again."""

    def simply(line: Line, stand: Stand, part: Component, amount: int) -> Used:
        del stand
        return Used(line.pay(PLACE[part], on, amount))

    def by_days(line: Line, stand: Stand, part: Component, amount: int) -> Used:
        return _pay_by_days(standing, on, line, (stand, part), amount)

    return by_days if standing.follows_days else simply


def _pay_by_days(
    standing: Standing, on: date, line: Line, slot: tuple[Stand, Component], amount: int
) -> Used:
    """Ask the model what a line in advance owes on the day, pay it, and tell the model."""
    (stand, part), model = slot, standing.model
    place, at = PLACE[part], model.place_of(line.start, line.due)
    if line.is_down_payment or at is None:
        return Used(line.pay(place, on, amount), asks_nothing=True)
    if place not in (PRINCIPAL, PROFIT):
        return Used(line.pay(place, on, amount))
    day, asks_nothing = on, False
    if stand is Stand.IN_ADVANCE:
        rules = standing.plan.recalculation or Recalculation()
        if model_views.is_until_due(rules, is_payoff=standing.is_payoff):
            day = _end_of_running(standing, line, on)
        owed = standing.owed.get((at, day)) or model_views.due_if_paid(model, at, day)
        standing.owed[at, day] = owed
        asks_nothing = owed == (0, 0)
        line.asked[place] = owed.principal if place == PRINCIPAL else owed.profit
    used = line.pay(place, on, amount)
    if used:
        standing.owed.clear()
        move = model_moves.pay_principal if place == PRINCIPAL else model_moves.pay_profit
        move(model, model.periods[at], day, used)
    standing.sync(on)
    return Used(used, asks_nothing)


def _end_of_running(standing: Standing, line: Line, on: date) -> date:
    """The due date of the running period, for its own line and, in a payoff, for all later ones."""
    running = standing.model.holding(on)
    if running is None:
        return on
    return running.due if standing.is_payoff or running.due == line.due else on


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
    rules = standing.plan.recalculation
    if rules is None or rules.payoff is PayoffProfit.TO_DAY:
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
