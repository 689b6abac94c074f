"""Which rows, transactions and balances follow from a plan and everything that happened?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.loans.domain.course import replay, tables, undone
from services.loans.domain.course.events import Event, Paid
from services.loans.domain.course.lines import FEE, PENALTY, PRINCIPAL, PROFIT
from services.loans.domain.course.model_views import owed_on
from services.loans.domain.course.payments import catch_up
from services.loans.domain.course.plan import PayoffProfit, Plan
from services.loans.domain.course.results import (
    Course,
    CourseStatus,
    Row,
    Transaction,
    TransactionKind,
)
from services.loans.domain.course.standing import Standing

__all__ = [
    "Course",
    "CourseStatus",
    "Row",
    "Transaction",
    "TransactionKind",
    "course",
    "payoff",
    "profit_owed",
]


_TRIED = ("payoff", "tried")
"""The key of a payment that is only tried: no event that was told has it."""


def course(plan: Plan, events: Sequence[Event], *, as_of: date) -> Course:
    """The whole course of a contract as it stands on a day; events in the order of entry.

    Events are replayed by value date, then by day of entry, then in the order of entry; an event
    that was reversed is left out. `as_of` matters only where profit follows the days: overdue
    principal has borne profit up to it. Worked: 100.00 at 7 % a year, 30/360, in 6 months: five
    instalments of 17.01 and a last of 17.00.
    """
    standing = replay.replay(plan, events)
    with replay.taking_up(standing, as_of):
        catch_up(standing, as_of)
    standing.forget_missed_tranches(as_of)
    told = tables.course_of(standing, events)
    return replace(told, transactions=undone.with_undone(plan, events, told.transactions))


def payoff(plan: Plan, events: Sequence[Event], *, on: date) -> int:
    """What pays the contract off on a day, in minor units.

    All principal, profit to the day (or to the end of the running period, where the plan says so),
    and the charges that are open. Without recalculation all profit that is still to come is asked.
    """
    standing = replay.replay(plan, events)
    if not standing.follows_days:
        return sum(line.open for line in standing.lines)
    standing.is_payoff = True
    with replay.taking_up(standing, on):
        catch_up(standing, on)
    if on >= standing.model.last.due:
        return _settling(plan, events, on=on, owed=sum(line.open for line in standing.lines))
    charges = sum(line.open_of(FEE) + line.open_of(PENALTY) for line in standing.lines)
    return charges + _principal_and_profit(standing, on)


def profit_owed(plan: Plan, events: Sequence[Event], *, on: date) -> int | None:
    """The profit earned by a day and not paid, in minor units; None where payments change nothing.

    Principal past due has borne it up to the day.
    """
    standing = replay.replay(plan, events)
    if not standing.follows_days:
        return None
    with replay.taking_up(standing, on):
        catch_up(standing, on)
    if on >= standing.model.last.due:
        return sum(line.open_of(PROFIT) for line in standing.lines)
    return owed_on(standing.model, on).profit


def _settling(plan: Plan, events: Sequence[Event], *, on: date, owed: int) -> int:
    """What of an amount settles after the last due date: the payment is tried.

    It counts overdue profit in one where instalments counted it in parts, so that a minor unit of
    what was owed can fall away with it.
    """
    tried = (
        course(plan, [*events, Paid(key=_TRIED, on=on, amount=owed)], as_of=on) if owed else None
    )
    too_much = tried.overpaid - course(plan, events, as_of=on).overpaid if tried else 0
    return owed - max(too_much, 0)


def _principal_and_profit(standing: Standing, on: date) -> int:
    """What the model owes, and the lines that it does not know: down payments, added ones."""
    rules, model, day = standing.plan.recalculation, standing.model, on
    if rules is not None and rules.payoff is PayoffProfit.TO_DUE_DATE:
        running = model.holding(on)
        day = running.due if running is not None else on
    owed = owed_on(model, day)
    beside = sum(
        line.open_of(PRINCIPAL) + line.open_of(PROFIT)
        for line in standing.lines
        if line.is_down_payment or line.due > model.last.due
    )
    return owed.principal + owed.profit + beside
