"""What does money that is paid out change in a course?"""

from datetime import date
from fractions import Fraction

from services.loans.domain.course import charges, instalments, level_lines, model_moves, payments
from services.loans.domain.course.events import Disbursed
from services.loans.domain.course.lines import Line
from services.loans.domain.course.plan import PaymentKind, Plan
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.rounding import whole
from services.loans.domain.course.standing import Entry, Standing


def down_payment_of(plan: Plan, amount: int) -> int:
    """The part of a disbursement that is due again on its day: 25 % of 400.00 is 100.00."""
    if plan.down_payment is None:
        return 0
    exact = Fraction(plan.down_payment.percent) / 100 * amount
    if plan.instalment_multiple > 1:
        exact /= plan.instalment_multiple
    return whole(exact.numerator, exact.denominator) * max(plan.instalment_multiple, 1)


def pay_out(standing: Standing, event: Disbursed) -> None:
    """Money was paid out: its down payment falls due, the rest is spread over the instalments.

    What the borrower had overpaid pays first; an automatic down payment pays only what is left.
    """
    plan, on = standing.plan, event.on
    standing.disbursed.append(event)
    payments.catch_up(standing, on)
    entry = Entry(event.key, on, TransactionKind.DISBURSEMENT, event.amount)
    standing.entries.append(entry)
    charges.take_at_disbursement(standing, event)
    down = down_payment_of(plan, event.amount)
    line = Line(on, on, is_down_payment=True)
    if down and not plan.agreed:
        line.asked[0] = down
        standing.put_in(line)
    rest = event.amount - down
    _spread(standing, on, rest)
    charges.refresh_each_instalment(standing)
    entry.covered = payments.use_overpaid(standing, on)[0]
    left = line.open
    if (
        left
        and plan.down_payment is not None
        and plan.down_payment.automatic
        and not standing.is_expected_only
    ):
        paid = Entry((event.key, "down_payment"), on, TransactionKind.DOWN_PAYMENT, left)
        standing.entries.append(paid)
        payments.receive(standing, paid, plan.allocation.rule_of(PaymentKind.DOWN_PAYMENT))


def _spread(standing: Standing, on: date, rest: int) -> None:
    model = standing.model
    if rest <= 0:
        return
    if standing.plan.agreed:
        model_moves.put_out(model, on, rest)
        if standing.follows_days:
            instalments.settle_last(model, on)
            standing.sync()
        return
    if on > model.last.due:
        line = next((line for line in standing.lines if line.is_added), None)
        if line is None:
            line = Line(on, on, is_added=True)
            standing.put_in(line)
        line.asked[0] += rest
        line.note(on)
        return
    if level_lines.is_level(standing):
        level_lines.lay_out(standing, on)
        return
    model_moves.disburse(model, on, rest)
    tallies = model.tally()
    for period, tally in zip(model.periods, tallies, strict=True):
        line = standing.line_of(period)
        if line is not None and line.due >= on:
            line.asked[0], line.asked[1] = tally.principal, tally.profit
            line.note(on)
