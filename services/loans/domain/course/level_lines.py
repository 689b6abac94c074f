"""What do level instalments ask for, line by line, after money was paid out or a day has passed?"""

from collections.abc import Hashable, Sequence
from datetime import date

from services.loans.domain.course import level, level_flat, periods_of_plan
from services.loans.domain.course.events import (
    ChargeAdded,
    Event,
    Paid,
    RateChanged,
    Rescheduled,
    Reversed,
)
from services.loans.domain.course.level import Change
from services.loans.domain.course.lines import Line
from services.loans.domain.course.plan import InstalmentRule, Plan
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.standing import Standing
from services.loans.domain.terms import ChargeMethod

_NO_PAYMENT = {
    TransactionKind.DISBURSEMENT,
    TransactionKind.CHARGEBACK,
    TransactionKind.CREDIT_REFUND,
    TransactionKind.CHARGE_OFF,
    TransactionKind.WRITE_OFF,
    TransactionKind.RE_AGE,
    TransactionKind.RE_AMORTISE,
}


def is_level(standing: Standing) -> bool:
    """Whether the instalments are found once for the whole term."""
    return standing.plan.instalment_rule is InstalmentRule.FIXED_LEVEL


def lay_out(
    standing: Standing, on: date, *, overdue_to: date | None = None, order: Event | None = None
) -> None:
    """Find the instalments from all that is paid out, and from what was ordered so far.

    Tranches count from the start on, so that payments before them pay the instalments as they are
    in the end, as if all were worked out anew with each tranche.

    With `overdue_to`, principal past due and unpaid has borne profit up to that day.
    """
    lines = _regular(standing)
    last = lines[-1].due
    drawn = [each for each in standing.drawn if each[0] <= last]
    given = level.Given(
        periods=[(line.start, line.due) for line in lines],
        drawn=[(on, amount - down_payment) for on, amount, down_payment in drawn],
        bearing=sum(amount for _, amount, _ in drawn),
        paid=_paid(standing),
        overdue_to=overdue_to,
        changes=_changes([*standing.applied, *([order] if order else [])], lines),
    )
    is_flat = standing.plan.charge_method is ChargeMethod.FLAT
    found = (level_flat if is_flat else level).instalments(standing.plan, given)
    for line, (principal, profit) in zip(lines, found, strict=True):
        line.asked[0], line.asked[1] = principal + line.credited, profit
    for part in (0, 1):
        _keep_what_was_paid(lines, part)
    for line in lines:
        line.note(on)


def _keep_what_was_paid(lines: Sequence[Line], part: int) -> None:
    """No instalment asks for less than was paid of it; the last open ones ask for less instead."""
    beyond = sum(max(line.paid[part] - line.asked[part], 0) for line in lines)
    for line in lines:
        line.asked[part] = max(line.asked[part], line.paid[part])
    for line in reversed(lines):
        taken = min(line.asked[part] - line.paid[part] - line.waived[part], beyond)
        if taken > 0:
            line.asked[part] -= taken
            beyond -= taken


def agree_anew(standing: Standing, event: RateChanged | Rescheduled) -> None:
    """Another rate, due date or number of instalments, or grace, from an instalment on."""
    if isinstance(event, Rescheduled):
        lines = _regular(standing)
        days = [(line.start, line.due) for line in lines]
        if event.due_on is not None:
            moved = periods_of_plan.moved(standing.plan, days, event)
            for line, (first, due) in zip(lines, moved, strict=True):
                line.start, line.due = first, due
        measure, extra = standing.model.measure, event.extra_instalments
        for first, due in periods_of_plan.following(measure, days, extra):
            standing.put_in(Line(first, due))
    if standing.disbursed:
        lay_out(standing, event.on, order=event)


def catch_up(standing: Standing, day: date) -> None:
    """Where profit is counted anew, let principal past due bear profit up to a day.

    An early payment gives no profit back: level instalments hold for the whole term.
    """
    rules = standing.plan.recalculation
    if rules is not None and rules.overdue_bears and standing.disbursed:
        lay_out(standing, day, overdue_to=day)


def charges_from_the_start(plan: Plan, events: Sequence[Event]) -> frozenset[Hashable]:
    """The charges on dates that earlier payments pay too.

    Payments of level instalments are worked out anew, with all charges known by then, whenever
    something is reversed, a payment is backdated or a charge falls on a day gone by; until then a
    new charge waits for later payments.
    """
    if plan.instalment_rule is not InstalmentRule.FIXED_LEVEL:
        return frozenset()
    known: list[Hashable] = []
    found: frozenset[Hashable] = frozenset()
    latest = date.min
    for event in events:
        if isinstance(event, ChargeAdded) and event.charge.due_on is not None:
            known.append(event.key)
        if _works_anew(event, latest):
            found = frozenset(known)
        if isinstance(event, Paid):
            latest = max(latest, event.on)
    return found


def _works_anew(event: Event, latest: date) -> bool:
    if isinstance(event, ChargeAdded):
        due_on = event.charge.due_on
        return due_on is not None and due_on < event.known_on and due_on <= latest
    return isinstance(event, Reversed) or (isinstance(event, Paid) and event.on < latest)


def _regular(standing: Standing) -> list[Line]:
    return [line for line in standing.lines if line.is_regular]


def _changes(events: list[Event], lines: list[Line]) -> list[Change]:
    """What was ordered, each from the first instalment due on its day or after it."""
    found = []
    for event in events:
        if not isinstance(event, RateChanged | Rescheduled):
            continue
        number = next((at for at, line in enumerate(lines) if line.due >= event.on), None)
        if number is None:
            continue
        if isinstance(event, RateChanged):
            found.append(Change(number=number, annual_rate=event.annual_rate))
        elif event.due_on is None:
            found.append(
                Change(
                    number=number,
                    principal_grace=event.principal_grace,
                    profit_grace=event.profit_grace,
                    extra=event.extra_instalments,
                )
            )
    return found


def _paid(standing: Standing) -> list[tuple[date, int]]:
    """The principal paid of the instalments by day; the first that was paid is down payments."""
    down = sum(line.paid[0] for line in standing.lines if line.is_down_payment)
    found = []
    for entry in standing.entries:
        if entry.kind in _NO_PAYMENT:
            continue
        of_down = min(entry.parts[0], down)
        down -= of_down
        found.append((entry.on, entry.parts[0] - of_down))
    return found
