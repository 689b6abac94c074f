"""Will what was endowed for a time be there on the day it goes back?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from shared import periods
from shared.money import Money


class Due(NamedTuple):
    """So much principal that comes back on a day."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A day on which endowed money goes back, and how the loans beyond it stand.

    `lasting` is what stays after the day: the permanent corpus, what goes back still later, and
    other inflows. What is due after the day must not be more.
    """

    on: date
    returned: Money
    lasting: Money
    due_after: Money

    @property
    def short(self) -> Money:
        """By how much the loans beyond the day exceed what stays; none where they do not."""
        return max(self.due_after - self.lasting, Money.zero(self.lasting.currency))

    @property
    def room(self) -> Money:
        """How much more may be lent beyond the day."""
        return max(self.lasting - self.due_after, Money.zero(self.lasting.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What goes back to who endowed it for a time, and what loans bring back when."""

    temporary: tuple[Due, ...] = ()
    dues: tuple[Due, ...] = ()


def ladder(
    temporary: Iterable[Due],
    *,
    permanent: Money,
    dues: Sequence[Due],
    inflows: Money | None = None,
    property_: Money | None = None,
) -> list[Rung]:
    """The days of return, the first first, each with what stays and what is due after it.

    Property comes back on no day that is known: all of it counts as due after every day.

    100,000 goes back on 2027-06-30, permanent 200,000, 230,000 due after that day: short by
    30,000. Source: OIC Fiqh Academy, resolution 181 (7/19), and AAOIFI Sharia Standard 60 on
    temporary waqf; the sum is that of a maturity ladder.
    """
    zero = Money.zero(permanent.currency)
    held = property_ or zero
    returns: dict[date, Money] = {}
    for one in temporary:
        returns[one.on] = returns.get(one.on, zero) + one.amount
    rungs = []
    for day in sorted(returns):
        later = Money.total((sum_ for on, sum_ in returns.items() if on > day), zero.currency)
        rungs.append(
            Rung(
                on=day,
                returned=returns[day],
                lasting=permanent + later + (inflows or zero),
                due_after=held
                + Money.total((due.amount for due in dues if due.on > day), zero.currency),
            )
        )
    return rungs


def first_short(rungs: Iterable[Rung]) -> Rung | None:
    """The first day of return by which too much is lent beyond it; None where there is none."""
    return next((rung for rung in rungs if rung.short.is_positive), None)


def expected_dues(
    amount: Money, *, on: date, term_months: int, grace_months: int = 0
) -> tuple[Due, ...]:
    """When a loan that is not signed yet may be expected back: equal parts by months.

    1,200 over twelve months from the 10th of January with two of grace: ten of 120 from the 10th
    of April.
    """
    first = min(grace_months, term_months - 1) + 1
    months = range(first, term_months + 1)
    parts = amount.split([1] * len(months))
    return tuple(
        Due(periods.add_months(on, month), part) for month, part in zip(months, parts, strict=True)
    )


def still_due(agreed: Sequence[Due], *, paid: Money, left: Money) -> tuple[Due, ...]:
    """What of agreed dues still comes, the oldest being paid first; `left` is all that is owed.

    Three of 100, 150 paid, 150 left: 50 and 100. What no due names comes on a day not known, and
    counts after every day: 400 left of those three is 50, 100 and 250 more.
    """
    found = []
    for due in agreed:
        settled = min(paid, due.amount)
        paid -= settled
        open_ = min(due.amount - settled, left)
        left -= open_
        if open_.is_positive:
            found.append(Due(due.on, open_))
    if left.is_positive:
        found.append(Due(date.max, left))
    return tuple(found)
