"""Do the statements of an account follow each other, day by day, with no line missing?"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a statement opened and closed with, and the day it closed on."""

    closed_on: date
    opening: Money
    closing: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DayProof:
    """A day that was closed: `opening + entries + missing = closing`.

    `opening` is what the day closed before it had; `missing` is what no line explains.
    """

    day: date
    opening: Money
    entries: Money
    closing: Money

    @property
    def missing(self) -> Money:
        """What the lines between the two days do not explain."""
        return self.closing - self.opening - self.entries

    @property
    def holds(self) -> bool:
        """Whether the day's entries explain its closing."""
        return self.missing.is_zero


def chain(stated: Iterable[Stated], lines: Iterable[tuple[date, Money]]) -> list[DayProof]:
    """Prove each closed day from the one before: opening + entries = closing.

    `lines` are the booked lines of the account, each once whichever files told it, with their
    sign. The first statement's own opening begins the chain. Worked: opens with 100.000, a line of
    200.125 on the 2nd and closes with 300.125: whole; the next closes the 5th with 290.125 and has
    no line: 10.000 went out that no line tells, `missing` is -10.000. Of a day that was stated
    twice the later word counts. A file that fills a gap later makes the day whole.
    """
    by_day = {one.closed_on: one for one in stated}
    days = sorted(by_day)
    if not days:
        return []
    first = by_day[days[0]]
    sums = _Sums.of(lines)
    proofs = []
    opening, since = first.opening, date.min
    for day in days:
        entries = sums.between(since, day, currency=first.opening.currency)
        proof = DayProof(day=day, opening=opening, entries=entries, closing=by_day[day].closing)
        proofs.append(proof)
        opening, since = proof.closing, day
    return proofs


def covered_through(proofs: Sequence[DayProof]) -> date | None:
    """The last day up to which nothing is missing, or None: what is not there is not there yet."""
    covered = None
    for proof in proofs:
        if not proof.holds:
            return covered
        covered = proof.day
    return covered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    days: Sequence[date]
    totals: Sequence[int]

    @classmethod
    def of(cls, lines: Iterable[tuple[date, Money]]) -> "_Sums":
        ordered = sorted((day, amount.minor) for day, amount in lines)
        totals = (0, *accumulate(minor for _, minor in ordered))
        return cls(days=[day for day, _ in ordered], totals=totals)

    def between(self, after: date, through: date, *, currency: str) -> Money:
        first, last = bisect_right(self.days, after), bisect_right(self.days, through)
        return Money(self.totals[last] - self.totals[first], currency)
