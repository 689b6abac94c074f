"""Where does a contract stand after each day on which something moved, as the books know it?

A position is the contract's standing from one day until the next movement: what was paid out and
paid in by then, what is outstanding, and the oldest due that is not paid in full. A movement dated
back changes the position of its own day and of every later one; the earlier rows stay, so that
what the books knew before can still be asked. How late a contract is on a day is a subtraction.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Self

from services.loans.domain.allocation import Order, Parts

PRINCIPAL = 0
"""The place of the principal among the parts of an instalment."""


class Standing(StrEnum):
    """What a position counts as: `closed` owes nothing, `written_off` is given up."""

    SIGNED = "signed"
    ACTIVE = "active"
    RENEGOTIATED = "renegotiated"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which something moved, and the sums up to its end, in minor units."""

    valid_from: date
    disbursed: int
    paid: int


@dataclass(frozen=True, slots=True)
class Position:
    """A contract's standing from a day on, in minor units of its currency."""

    valid_from: date
    disbursed: int
    paid: int
    outstanding: int
    oldest_open_due_on: date | None
    status: Standing
    written_off: int = 0

    @property
    def day(self) -> Day:
        """The sums alone, from which the rest follows."""
        return Day(self.valid_from, self.disbursed, self.paid)


@dataclass(frozen=True, slots=True)
class Ladder:
    """A generation of instalments as running totals, for many questions on the same dues."""

    instalments: tuple[Parts, ...]
    due_on: tuple[date, ...]
    order: Order
    totals: tuple[int, ...]
    principals: tuple[int, ...]

    @classmethod
    def of(cls, instalments: Sequence[Parts], due_on: Sequence[date], order: Order) -> Self:
        """Sum the instalments up once."""
        return cls(
            instalments=tuple(instalments),
            due_on=tuple(due_on),
            order=order,
            totals=tuple(accumulate(map(sum, instalments))),
            principals=tuple(accumulate((parts[0] for parts in instalments), initial=0)),
        )

    @property
    def owed(self) -> int:
        """All that was agreed."""
        return self.totals[-1] if self.totals else 0

    def principal_of(self, paid: int) -> int:
        """The principal that a sum pays. 270 on twice 250 + 10: 250, and 0 of the second."""
        filled = bisect_right(self.totals, paid)
        principal = self.principals[filled]
        if filled == len(self.instalments):
            return principal
        parts = self.instalments[filled]
        left = max(paid - (self.totals[filled - 1] if filled else 0), 0)
        for position in self.order[: self.order.index(PRINCIPAL)]:
            left -= min(parts[position], left)
        return principal + min(parts[PRINCIPAL], left)

    def oldest_open(self, paid: int) -> date | None:
        """The due date of the first instalment that a sum does not fill; None if it fills all."""
        filled = bisect_right(self.totals, paid)
        return self.due_on[filled] if filled < len(self.due_on) else None


def stand(
    day: Day, *, ladder: Ladder, base: Standing = Standing.ACTIVE, written_off: int = 0
) -> Position:
    """The position that follows from the sums of a day and what was given up by then.

    Worked: 1,000 paid out, four dues of 250 + 10 from 1 February, 300 paid: outstanding
    1,000 - 280 = 720 and the oldest open due is the second. Before anything is paid out nothing
    is due.
    """
    out = day.disbursed > 0
    is_closed = out and day.paid >= ladder.owed
    status = base if out else Standing.SIGNED
    return Position(
        valid_from=day.valid_from,
        disbursed=day.disbursed,
        paid=day.paid,
        outstanding=day.disbursed - ladder.principal_of(day.paid) - written_off,
        oldest_open_due_on=ladder.oldest_open(day.paid) if out else None,
        status=Standing.CLOSED if is_closed else status,
        written_off=written_off,
    )


def stand_of(
    day: Day,
    *,
    principal: int,
    instalments: Sequence[Parts],
    due_on: Sequence[date],
    base: Standing = Standing.ACTIVE,
) -> Position:
    """What `stand` says, where the principal paid is known: one walk along the instalments."""
    rest, oldest = day.paid, None
    for parts, due in zip(instalments, due_on, strict=True):
        rest -= parts[0] + parts[1] + parts[2] + parts[3]
        if rest < 0:
            oldest = due
            break
    out = day.disbursed > 0
    status = base if out else Standing.SIGNED
    return Position(
        valid_from=day.valid_from,
        disbursed=day.disbursed,
        paid=day.paid,
        outstanding=day.disbursed - principal,
        oldest_open_due_on=oldest if out else None,
        status=Standing.CLOSED if out and oldest is None else status,
    )


def moved(days: Sequence[Day], *, on: date, paid: int = 0, disbursed: int = 0) -> tuple[Day, ...]:
    """The days that a movement changes: its own and every later one, with the new sums.

    `days` are in order and reach back at least to the last one before `on`. Worked: days of
    100 on the 1st and 250 on the 9th; 50 dated the 5th gives 150 on the 5th and 300 on the 9th.
    """
    before = [day for day in days if day.valid_from <= on]
    start = before[-1] if before else Day(on, 0, 0)
    changed = [replace(start, valid_from=on), *(day for day in days if day.valid_from > on)]
    return tuple(Day(day.valid_from, day.disbursed + disbursed, day.paid + paid) for day in changed)


def days_of(movements: Iterable[tuple[date, int, int]]) -> tuple[Day, ...]:
    """Fold (value date, paid out, paid in) into days with running sums; any order will do."""
    sums: dict[date, tuple[int, int]] = {}
    for on, disbursed, paid in movements:
        old = sums.get(on, (0, 0))
        sums[on] = (old[0] + disbursed, old[1] + paid)
    days = []
    disbursed = paid = 0
    for on in sorted(sums):
        disbursed, paid = disbursed + sums[on][0], paid + sums[on][1]
        days.append(Day(on, disbursed, paid))
    return tuple(days)
