"""What do level instalments ask for, line by line, after money was paid out or a day has passed?"""

from datetime import date

from services.loans.domain.course import level
from services.loans.domain.course.lines import Line
from services.loans.domain.course.plan import InstalmentRule
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.standing import Standing


def is_level(standing: Standing) -> bool:
    """Whether the instalments are found once for the whole term."""
    return standing.plan.instalment_rule is InstalmentRule.FIXED_LEVEL


def lay_out(standing: Standing, on: date, *, overdue_to: date | None = None) -> None:
    """Find the instalments anew from all that was paid out so far.

    With `overdue_to`, principal past due and unpaid has borne profit up to that day.
    """
    lines = _regular(standing)
    gross = {event.key: event.amount for event in standing.disbursed}
    down = sum(line.asked[0] for line in standing.lines if line.is_down_payment)
    given = level.Given(
        periods=[(line.start, line.due) for line in lines],
        drawn=_drawn(standing),
        bearing=sum(gross.values()),
        paid=[_paid_by(standing, line.start) - down for line in lines],
        overdue_to=overdue_to,
    )
    found = level.instalments(standing.plan, given)
    for line, (principal, profit) in zip(lines, found, strict=True):
        line.asked[0], line.asked[1] = principal + line.credited, profit
        line.note(on)


def catch_up(standing: Standing, day: date) -> None:
    """Where profit is counted anew, let principal past due bear profit up to a day."""
    rules = standing.plan.recalculation
    if rules is not None and rules.overdue_bears and standing.disbursed:
        lay_out(standing, day, overdue_to=day)


def _regular(standing: Standing) -> list[Line]:
    return [line for line in standing.lines if line.is_regular]


def _drawn(standing: Standing) -> list[tuple[date, int]]:
    """What was paid out, less the down payments that fell due on the same day."""
    waiting = [line for line in standing.lines if line.is_down_payment]
    found = []
    for event in standing.disbursed:
        line = next((line for line in waiting if line.due == event.on), None)
        if line is not None:
            waiting.remove(line)
        found.append((event.on, event.amount - (line.asked[0] if line else 0)))
    return found


def _paid_by(standing: Standing, day: date) -> int:
    return sum(
        entry.parts[0]
        for entry in standing.entries
        if entry.on <= day and entry.kind is not TransactionKind.DISBURSEMENT
    )
