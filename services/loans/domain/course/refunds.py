"""How much profit is given back when goods are returned and the money is refunded?"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from services.loans.domain.course import model_views, payments
from services.loans.domain.course.events import Disbursed, Event, Paid
from services.loans.domain.course.plan import PaymentKind, Plan
from services.loans.domain.course.standing import Standing

REFUNDS = (PaymentKind.MERCHANT_REFUND, PaymentKind.PAYOUT_REFUND)
Replayed = Callable[[Plan, Sequence[Event]], Standing]


def refunds_profit(plan: Plan, event: Paid) -> bool:
    """Whether a refund also gives the profit back, by the event or else by the plan.

    Only where profit follows the days: elsewhere the whole profit was agreed and stays.
    """
    if event.kind not in REFUNDS or plan.annual_rate == 0 or plan.recalculation is None:
        return False
    if event.refunds_profit is not None:
        return event.refunds_profit and event.kind in plan.profit_refunded_on
    return event.kind in plan.profit_refunded_on


def profit_to_refund(
    plan: Plan, before: Sequence[Event], event: Paid, *, replayed: Replayed
) -> int:
    """The profit that the refunded principal has cost since it was paid out.

    The profit to the day as if all earlier refunds had come on the days of the disbursements, less
    the profit as if this one had too. Worked: of 100.00 for 30 days at 12 % 50.00 are refunded:
    1.00 less 0.50 is 0.50.
    """
    plan = replace(plan, profit_refunded_on=frozenset())
    as_it_was = _profit(plan, _moved(before), event, replayed)
    as_if = _profit(plan, _moved([*before, event]), event, replayed)
    return max(as_it_was - as_if, 0)


def _moved(events: Sequence[Event]) -> list[Event]:
    """The events with all refunds moved to the days of the disbursements, as payments."""
    left = sum(each.amount for each in events if isinstance(each, Paid) and each.kind in REFUNDS)
    found: list[Event] = []
    for place, each in enumerate(events):
        if isinstance(each, Paid) and each.kind in REFUNDS:
            continue
        found.append(each)
        if isinstance(each, Disbursed) and left > 0:
            amount = min(each.amount, left)
            left -= amount
            found.append(
                Paid(key=("refund", place), on=each.on, entered_on=each.entered_on, amount=amount)
            )
    return found


def _profit(plan: Plan, events: Sequence[Event], event: Paid, replayed: Replayed) -> int:
    standing = replayed(plan, events)
    payments.catch_up(standing, event.on)
    return model_views.profit_due_by(standing.model, event.on)
