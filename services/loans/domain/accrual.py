"""How much profit has a loan earned between two days, and what of it do the books show?

Books on the cash basis take profit as income when it is paid. Books on the accrual basis take it
as it is earned; the part paid is booked by repayments, and the close of a day books the rest.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate

from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.money import Money


class Recognition(StrEnum):
    """When profit becomes income.

    `cash`: when it is paid. `scheduled`: the profit of each instalment evenly over its own days,
    which on a declining balance is in proportion to what is outstanding (the effective profit).
    `straight_line`: the profit of the whole loan evenly over all its days.
    """

    CASH = "cash"
    SCHEDULED = "scheduled"
    STRAIGHT_LINE = "straight_line"


NEVER_ACCRUES = frozenset({"qard", "musharaka", "mudaraba", "salam", "istisna", "muzaraa"})
"""Modes of finance that earn nothing by the passing of time: a qard has no profit, a partnership
and a crop share are owed what is declared, and goods are owed, not money."""

DEFERS_PROFIT = frozenset({"murabaha", "istisna"})
"""Modes in which the whole profit is booked at a sale, as deferred: what is earned is taken out of
that, in proportion to time on what is outstanding or evenly, as the policy says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days over which one amount of profit is earned evenly, and what was earned before them.

    It holds for every day up to `due_on`, and for ever where it is the last of its loan.
    Amounts in minor units.
    """

    starts_on: date
    due_on: date
    profit: int
    earned_before: int

    def earned(self, on: date) -> int:
        """All that is earned at the end of a day, rounded once, half to even.

        A window of 1,000 from 1 January to 1 February after 500: on 11 January 500 + 10/31 of
        1,000, that is 823. On 1 February 1,500.
        """
        days = (self.due_on - self.starts_on).days
        passed = min(max((on - self.starts_on).days, 0), days)
        return self.earned_before + half_even(self.profit * passed, days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrued:
    """What the books show of one contract on a day, in minor units.

    `receivable`: earned, not paid. `unearned`: paid, not earned. `suspended`: earned and not paid,
    and not shown because the contract is too late to count on it.
    """

    receivable: int
    unearned: int
    suspended: int


def half_even(numerator: int, denominator: int) -> int:
    """The quotient rounded once to a whole number, a half to the even one: 5/2 is 2, 7/2 is 4."""
    quotient, rest = divmod(2 * numerator + denominator, 2 * denominator)
    return quotient - 1 if rest == 0 and quotient % 2 else quotient


def window(
    instalments: Sequence[Instalment],
    *,
    disbursed_on: date,
    on: date,
    recognition: Recognition = Recognition.SCHEDULED,
) -> Window:
    """The window that a day lies in: that of the first instalment due on the day or later.

    After the last due date it is the last one; what is due on one day is one window. By
    `straight_line` one window is the whole loan. Where nothing is due on any day, as in a
    partnership, nothing is earned by time.
    """
    if not instalments:
        return _window(disbursed_on, disbursed_on, profit=0, earned_before=0)
    last = instalments[-1]
    if recognition is Recognition.STRAIGHT_LINE:
        whole = sum(due.profit.minor for due in instalments)
        return _window(disbursed_on, last.due_on, profit=whole, earned_before=0)
    days = [due.due_on for due in instalments]
    due_on = days[min(bisect_left(days, on), len(days) - 1)]
    first, behind = bisect_left(days, due_on), bisect_right(days, due_on)
    before = [0, *accumulate(due.profit.minor for due in instalments)]
    return _window(
        days[first - 1] if first else disbursed_on,
        due_on,
        profit=before[behind] - before[first],
        earned_before=before[first],
    )


def _window(starts_on: date, due_on: date, *, profit: int, earned_before: int) -> Window:
    """A window of a day at least: what is due on the day of payment is earned on that day."""
    first = min(starts_on, due_on - timedelta(days=1))
    return Window(starts_on=first, due_on=due_on, profit=profit, earned_before=earned_before)


def profit_earned(
    terms: Terms,
    *,
    instalments: Sequence[Instalment],
    start: date,
    end: date,
    recognition: Recognition = Recognition.SCHEDULED,
) -> Money:
    """The scheduled profit earned from `start` up to and without `end`, rounded once.

    The profit of an instalment is earned evenly over the days from the due date before it (or the
    disbursement) to its own. 10.00 over the 31 days of January: 1 to 11 January earns 3.23. Earned
    up to the last due date is exactly the profit of the whole schedule, and what is earned in two
    spans that follow one another is what is earned in both together.
    """
    if end <= start:
        return Money.zero(terms.currency)

    def earned(day: date) -> int:
        found = window(
            instalments, disbursed_on=terms.disbursed_on, on=day, recognition=recognition
        )
        return found.earned(day)

    return Money(earned(end) - earned(start), terms.currency)


def accrued(*, earned: int, received: int, is_suspended: bool) -> Accrued:
    """What the books show of a contract that earned and received so much profit so far.

    Earned 823, received 500: 323 are receivable; suspended, nothing is, and the 323 are named
    apart. Earned 500, received 823: 323 are unearned, suspended or not.
    """
    open_profit = max(earned - received, 0)
    return Accrued(
        receivable=0 if is_suspended else open_profit,
        unearned=max(received - earned, 0),
        suspended=open_profit if is_suspended else 0,
    )
