"""From which day to which day does each instalment of a plan run?"""

from collections.abc import Sequence
from datetime import date

from services.loans.domain.course.events import Rescheduled
from services.loans.domain.course.plan import CountedFrom, Plan
from services.loans.domain.course.span_rates import Measure, step
from shared.errors import Kind, RafidError

Days = tuple[date, date]


class InstalmentEndsBeforeItBegins(RafidError):
    """The instalment would end before it begins"""

    kind = Kind.RULE
    service = "loans"
    detail = "{due_on} is not after {starts_on}, when the instalment begins; give a later day."
    due_on: date
    starts_on: date


def periods(plan: Plan, *, paid_out_on: date) -> list[Days]:
    """The first and the due day of every instalment, one following the other.

    Due dates are counted from the day of the first disbursement (or of signing, when the plan says
    so), each from that day and not from the one before: 31 January, 28 February, 31 March. A first
    due date that was chosen is the day that the others are counted from.
    """
    start = plan.signed_on if plan.counted_from is CountedFrom.SIGNING else paid_out_on
    start = plan.regular_from or start
    dues = _dues(plan, start)
    start = step(start, plan.every * plan.grace.everything, plan.unit, plan.month_end_rule)
    return list(plan.periods) or list(zip((start, *dues[:-1]), dues, strict=True))


def _dues(plan: Plan, start: date) -> list[date]:
    anchor, first = start, 1 + plan.grace.everything
    if plan.first_due_on is not None:
        anchor, first = plan.first_due_on, plan.grace.everything
    rule = plan.month_end_rule
    dues = [
        step(anchor, plan.every * number, plan.unit, rule)
        for number in range(first, first + plan.instalments)
    ]
    if plan.last_due_on is not None:
        dues[-1] = plan.last_due_on
    return dues


def moved(plan: Plan, found: Sequence[Days], order: Rescheduled) -> list[Days]:
    """The periods after an order moved the due date of one: the later ones follow from it.

    Worked: monthly from 1 January, the first moved from 1 February to 1 March: 1 April, 1 May.
    Raises `InstalmentEndsBeforeItBegins`.
    """
    at, to = order.on, order.due_on or order.on
    index = next((place for place, days in enumerate(found) if days[1] >= at), len(found))
    kept = list(found[:index])
    start = found[index][0] if index < len(found) else to
    if index < len(found) and to <= start:
        raise InstalmentEndsBeforeItBegins(due_on=to, starts_on=start)
    for number in range(len(found) - index):
        due = step(to, plan.every * number, plan.unit, plan.month_end_rule)
        kept.append((start, due))
        start = due
    return kept


def following(measure: Measure, found: Sequence[Days], count: int) -> list[Days]:
    """So many further periods after the last.

    They are counted from the first day of the course, or from the first due date where that was
    chosen.
    """
    every, unit, rule = measure.every, measure.unit, measure.month_end_rule
    anchor, passed = measure.origin, len(found)
    if step(anchor, every, unit, rule) != found[0][1]:
        anchor, passed = found[0][1], len(found) - 1
    added: list[Days] = []
    start = found[-1][1]
    for number in range(passed + 1, passed + count + 1):
        due = step(anchor, every * number, unit, rule)
        added.append((start, due))
        start = due
    return added
