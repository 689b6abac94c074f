"""What does money that is paid out change in a course?"""

from datetime import date
from fractions import Fraction

from services.loans.domain.course import (
    agreed_lines,
    charges,
    instalments,
    level_lines,
    model_moves,
    payments,
)
from services.loans.domain.course.events import (
    Disbursed,
    Postponed,
    ProfitPaused,
    RateChanged,
    ReAged,
    ReAmortised,
    Rescheduled,
)
from services.loans.domain.course.lines import Line
from services.loans.domain.course.plan import PaymentKind, Plan
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.rounding import whole
from services.loans.domain.course.standing import Entry, Standing

FINDS_OTHERS = (Postponed, ProfitPaused, RateChanged, ReAged, ReAmortised, Rescheduled)
"""What finds other instalments than those that were agreed."""


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
    line = Line(on, on, is_down_payment=True)
    line.asked[0], rest = _parts(standing, event)
    if line.asked[0]:
        standing.put_in(line)
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


def _parts(standing: Standing, event: Disbursed) -> tuple[int, int]:
    """What of it falls due at once and stands in no line yet, and what bears profit."""
    plan, drawn = standing.plan, sum(one.amount for one in standing.disbursed)
    down = down_payment_of(plan, event.amount)
    if not plan.agreed:
        return down, event.amount - down
    now = agreed_lines.as_of(plan, drawn)
    if now is None or plan.recalculation is None:
        return 0, event.amount - down
    downs = sum(one.principal for one in now if one.is_down_payment)
    laid = sum(one.asked[0] for one in standing.lines if one.is_down_payment)
    put_out = sum(period.disbursed for period in standing.model.periods)
    return downs - laid, drawn - downs - put_out


def _spread(standing: Standing, on: date, rest: int) -> None:
    model = standing.model
    if rest <= 0:
        return
    if standing.plan.agreed:
        _spread_as_agreed(standing, on, rest)
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


def _spread_as_agreed(standing: Standing, on: date, rest: int) -> None:
    """The instalments agreed with it hold, unless an order has found others since."""
    model = standing.model
    if not standing.follows_days:
        model_moves.put_out(model, on, rest)
        return
    if any(isinstance(one, FINDS_OTHERS) for one in standing.applied):
        model_moves.disburse(model, min(on, model.last.due), rest)
    else:
        model_moves.put_out(model, on, rest)
        agreed_lines.agree_after(standing, on)
        model.rebalance()
    if all(period.is_settled for period in model.periods):  # it comes after all was paid
        model.last.instalment += rest
    instalments.settle_last(model, on)
    standing.sync(on if len(standing.disbursed) > 1 else None)
