"""What settles a contract before its time, when profit is asked only for the days gone by?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from services.loans.domain.course import level, payments, replay
from services.loans.domain.course.events import Event
from services.loans.domain.course.lines import FEE, PENALTY, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.plan import Plan
from services.loans.domain.course.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """What is asked to close a contract on a day, part by part, in minor units."""

    principal: int
    profit: int
    fee: int
    penalty: int

    @property
    def total(self) -> int:
        """All that is asked."""
        return self.principal + self.profit + self.fee + self.penalty


def closure(plan: Plan, events: Sequence[Event], *, on: date) -> Closure:
    """What closes a contract on a day: all principal, profit and charges only as far as due.

    Of the running instalment the profit is asked for the days gone by, as their part of the days
    of the instalment; of later ones none. A charge is asked when its own date has come. Worked:
    10,000.00 at 1 % a month by days over 365, closed 14 days into a first instalment of 31 days
    with 101.92 of profit: 10,000.00 + 46.03.
    """
    standing = replay.replay(plan, events)
    payments.catch_up(standing, on)
    return Closure(
        principal=sum(line.open_of(PRINCIPAL) for line in standing.lines),
        profit=sum(_profit(plan, line, on) for line in standing.lines),
        fee=sum(_charges(standing, line, FEE, on) for line in standing.lines),
        penalty=sum(_charges(standing, line, PENALTY, on) for line in standing.lines),
    )


def _profit(plan: Plan, line: Line, on: date) -> int:
    if line.due <= on or line.is_down_payment:
        return line.open_of(PROFIT)
    if on <= line.start:
        return 0
    days = Fraction((on - line.start).days, (line.due - line.start).days)
    earned = level.whole(line.asked[PROFIT] * days, plan)
    return max(earned - line.paid[PROFIT] - line.waived[PROFIT], 0)


def _charges(standing: Standing, line: Line, part: int, on: date) -> int:
    if line.due <= on:
        return line.open_of(part)
    due = sum(
        charge.amount
        for charge in standing.charged.values()
        if charge.line is line
        and charge.part == part
        and charge.due_on is not None
        and charge.due_on <= on
    )
    return max(min(due - line.paid[part] - line.waived[part], line.open_of(part)), 0)
