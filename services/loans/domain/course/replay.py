"""How do the events of a contract, one after the other, change how it stands?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from typing import Any

from services.loans.domain.course import (
    agreed_lines,
    charges,
    disbursing,
    level_lines,
    losses,
    model_moves,
    owed_again,
    payments,
    periods_of_plan,
    refunds,
    spreading,
)
from services.loans.domain.course.events import (
    ChargeAdded,
    ChargedBack,
    ChargedOff,
    ChargeWaived,
    CreditRefunded,
    Disbursed,
    Event,
    Paid,
    Postponed,
    ProfitPaused,
    RateChanged,
    ReAged,
    ReAmortised,
    Rescheduled,
    Reversed,
    TrancheExpected,
    Waived,
    WrittenOff,
)
from services.loans.domain.course.lines import Line
from services.loans.domain.course.periods_model import Model, Period
from services.loans.domain.course.plan import ChargeWhen, PaymentKind, Plan
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.span_rates import Measure, step
from services.loans.domain.course.standing import Entry, Standing
from services.loans.domain.course.steady import Steady
from services.loans.domain.terms import ChargeMethod, Component
from shared.errors import Kind, RafidError


class CourseCannotTakeUp(RafidError):
    """The course cannot take this up"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "What happens on {on} does not fit into the instalments, which run from {begins_on} to"
        " {ends_on}; give another day."
    )
    on: date
    begins_on: date
    ends_on: date


CONTRADICTS = (ArithmeticError, LookupError, StopIteration, ValueError)
"""What is met where days or sums of an event contradict those of the course."""


def replay(plan: Plan, events: Sequence[Event]) -> Standing:
    """Apply the events that were not reversed, by value date, day of entry and order of entry."""
    kept = in_force(events)
    paid_out = [event for event in kept if isinstance(event, Disbursed)]
    if not paid_out:
        kept = [*kept, *_as_expected(plan, kept)]
        paid_out = [event for event in kept if isinstance(event, Disbursed)]
    first = min(event.on for event in paid_out)
    standing = start(plan, first)
    standing.is_expected_only = not any(isinstance(event, Disbursed) for event in events)
    standing.expected = _expected(plan, kept)[len(paid_out) :]
    standing.drawn = [
        (event.on, event.amount, disbursing.down_payment_of(plan, event.amount))
        for event in paid_out
    ]
    for charge in plan.charges:
        charges.note_agreed(standing, charge)
    steady = Steady(standing)
    early = level_lines.charges_from_the_start(plan, events)

    def order(event: Event, place: int) -> tuple[date, int, date, int]:
        if event.key in early:
            return first, 0, first, place
        return _order(event, place, first)

    for _, event in sorted(
        ((order(event, place), event) for place, event in enumerate(kept)),
        key=lambda pair: pair[0],
    ):
        if not steady.takes(event):
            steady.settle()
            with taking_up(standing, event.on):
                apply(standing, event)
        standing.applied.append(event)
    steady.settle()
    return standing


def in_force(events: Sequence[Event]) -> list[Event]:
    """The events without those that were reversed, and without the reversals."""
    undone = {event.of for event in events if isinstance(event, Reversed)}
    return [
        event for event in events if event.key not in undone and not isinstance(event, Reversed)
    ]


def _order(event: Event, place: int, paid_out_on: date) -> tuple[date, int, date, int]:
    day, entered = event.on, event.known_on
    if isinstance(event, ChargeAdded):
        due = event.charge.due_on
        day = min(entered, due) if due is not None else entered
    elif isinstance(event, ReAged):
        day = min(event.on, event.starts_on)
    elif isinstance(event, Rescheduled) and event.due_on is not None:
        day = entered = paid_out_on
    elif isinstance(event, RateChanged | ProfitPaused | Rescheduled):
        entered = event.on
    is_fee = isinstance(event, ChargeAdded) and event.charge.when is ChargeWhen.EACH_INSTALMENT
    return day, int(is_fee), entered, place


def _as_expected(plan: Plan, events: Sequence[Event]) -> list[Disbursed]:
    """Before anything is paid out, the course as it is expected to run."""
    return [
        Disbursed(key=("expected", place), on=day, amount=amount)
        for place, (day, amount) in enumerate(_expected(plan, events))
    ]


def _expected(plan: Plan, events: Sequence[Event]) -> list[tuple[date, int]]:
    """All tranches that were expected at signing or later, by day."""
    tranches = list(plan.tranches) or [(plan.starts_on, plan.principal)]
    tranches += [(event.on, event.amount) for event in events if isinstance(event, TrancheExpected)]
    return sorted(tranches, key=lambda tranche: tranche[0])


def start(plan: Plan, paid_out_on: date) -> Standing:
    """The lines and periods of a plan before any money has moved."""
    agreed = plan.agreed_after[0] if plan.agreed_after else plan.agreed
    if agreed:
        days = [(each.start_on, each.due_on) for each in agreed if not each.is_down_payment]
    else:
        days = periods_of_plan.periods(plan, paid_out_on=paid_out_on)
    origin = days[0][0]
    model = Model(
        measure=Measure(
            rules=plan.day_rules,
            every=plan.every,
            unit=plan.unit,
            origin=origin,
            month_end_rule=plan.month_end_rule,
            agreed={
                (each.start_on, each.due_on): each.years
                for each in plan.agreed
                if each.years is not None
            },
            parts={(each.start_on, each.due_on): each.parts for each in plan.agreed if each.parts},
        ),
        annual_rate=Fraction(plan.annual_rate),
        periods=[Period(first, due) for first, due in days],
        changes=[],
        multiple=plan.instalment_multiple,
        is_flat=plan.charge_method is ChargeMethod.FLAT,
        grace=plan.grace.principal,
        rounding=plan.rounding,
    )
    for place, period in enumerate(model.periods):
        is_put_off = place < plan.grace.profit_payment
        period.is_profit_grace = is_put_off and (not plan.agreed or plan.recalculation is not None)
        period.is_free = place < plan.grace.profit_free
    if plan.agreed:
        standing = Standing(plan=plan, model=model, lines=agreed_lines.lay(plan, agreed, model))
        model_moves.agree_rates(
            model, [(since, Fraction(rate)) for since, rate in plan.rate_changes]
        )
        return standing
    lines = [Line(first, due) for first, due in days]
    return Standing(plan=plan, model=model, lines=lines)


@contextmanager
def taking_up(standing: Standing, on: date) -> Iterator[None]:
    """Take up what happens on a day; `CourseCannotTakeUp` where it contradicts the course."""
    try:
        yield
    except CONTRADICTS as contradiction:
        days = [day for period in standing.model.periods for day in period.days]
        days = days or [standing.plan.starts_on]
        raise CourseCannotTakeUp(on=on, begins_on=min(days), ends_on=max(days)) from contradiction


def apply(standing: Standing, event: Event) -> None:
    """Let one event change how the contract stands."""
    handler = HANDLERS.get(type(event))
    if handler is not None:
        handler(standing, event)


def _paid(standing: Standing, event: Paid) -> None:
    """Money pays what is open; after a write-off nothing is, and it is a recovery by itself."""
    entry = Entry(event.key, event.on, TransactionKind(event.kind.value), event.amount)
    standing.entries.append(entry)
    if standing.is_written_off:
        return
    standing.is_payoff = payments.is_payoff(standing, event.on, event.amount)
    payments.catch_up(standing, event.on)
    payments.receive(standing, entry, standing.plan.allocation.rule_of(event.kind))
    standing.is_payoff = False
    if refunds.refunds_profit(standing.plan, event):
        _refund_profit(standing, event)


def _refund_profit(standing: Standing, event: Paid) -> None:
    """The profit that refunded principal has cost pays like a payment of its own."""
    amount = refunds.profit_to_refund(
        standing.plan,
        standing.applied,
        event,
        replayed=replay,
    )
    if amount:
        key = (event.key, "profit")
        entry = Entry(key, event.on, TransactionKind.PROFIT_REFUND, amount)
        standing.entries.append(entry)
        rule = standing.plan.allocation.rule_of(PaymentKind.PROFIT_REFUND)
        payments.receive(standing, entry, rule)


def _rate_changed(standing: Standing, event: RateChanged) -> None:
    if level_lines.is_level(standing):
        level_lines.agree_anew(standing, event)
        return
    model_moves.change_rate(standing.model, event.on, Fraction(event.annual_rate))
    standing.take_open_lines(event.on)


def _paused(standing: Standing, event: ProfitPaused) -> None:
    model_moves.pause(standing.model, event.on, event.until)
    standing.take_open_lines(event.on)


def _rescheduled(standing: Standing, event: Rescheduled) -> None:
    if level_lines.is_level(standing):
        level_lines.agree_anew(standing, event)
        return
    if event.due_on is not None:
        _move_due_dates(standing, event)
    if not event.extra_instalments:
        return
    model = standing.model
    days = [period.days for period in model.periods]
    added = periods_of_plan.following(model.measure, days, event.extra_instalments)
    model_moves.extend(model, event.on, added)
    for first, due in added:
        standing.put_in(Line(first, due))
    standing.take_open_lines(event.on)


def _move_due_dates(standing: Standing, event: Rescheduled) -> None:
    """The instalments stay; the last takes what the longer or shorter periods cost or save."""
    model = standing.model
    found = periods_of_plan.moved(standing.plan, [period.days for period in model.periods], event)
    lines = [line for line in standing.lines if line.is_regular]
    for line, (first, due) in zip(lines, found, strict=False):
        line.start, line.due = first, due
    model_moves.move_dates(model, found)
    standing.sync(event.on)


def _postponed(standing: Standing, event: Postponed) -> None:
    payments.catch_up(standing, event.on)
    model = standing.model
    dues = [period.due for period in model.periods if not period.is_settled]
    first = next((due for due in dues if due >= event.on), None)
    if first is not None:
        rules = model.measure
        later = step(first, rules.every * event.periods, rules.unit, rules.month_end_rule)
        _move_due_dates(standing, Rescheduled(key=event.key, on=first, due_on=later))


def _waived(standing: Standing, event: Waived) -> None:
    payments.catch_up(standing, event.on)
    is_profit = event.part is Component.PROFIT
    kind = TransactionKind.PROFIT_WAIVER if is_profit else TransactionKind.CHARGE_WAIVER
    entry = Entry(event.key, event.on, kind, 0)
    standing.entries.append(entry)
    payments.give_up(standing, entry, event.part, event.amount)


def _charge_added(standing: Standing, event: ChargeAdded) -> None:
    charges.add(standing, event.key, event.charge, event.on)
    payments.use_surplus(standing)


def _charge_waived(standing: Standing, event: ChargeWaived) -> None:
    charges.waive(standing, event)


def _disbursed(standing: Standing, event: Disbursed) -> None:
    disbursing.pay_out(standing, event)


HANDLERS: Mapping[type[Event], Callable[[Standing, Any], None]] = {
    Disbursed: _disbursed,
    Paid: _paid,
    RateChanged: _rate_changed,
    ProfitPaused: _paused,
    Rescheduled: _rescheduled,
    Postponed: _postponed,
    Waived: _waived,
    ChargeAdded: _charge_added,
    ChargeWaived: _charge_waived,
    ChargedBack: owed_again.charge_back,
    CreditRefunded: owed_again.refund_credit,
    ChargedOff: losses.charge_off,
    WrittenOff: losses.write_off,
    ReAged: spreading.re_age,
    ReAmortised: spreading.re_amortise,
}
