"""Do the statements of an account follow each other, day by day, with no line missing?"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Literal

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
    no line: 10.000 went out that no line tells, `missing` is -10.000. A day may close several
    times, each statement opening as another closed; of one that was stated anew the later word
    counts. A file that fills a gap later makes the day whole.
    """
    by_day: defaultdict[date, list[Stated]] = defaultdict(list)
    for one in stated:
        by_day[one.closed_on].append(one)
    days = sorted(by_day)
    if not days:
        return []
    sums = _Sums.of(lines)
    proofs = []
    opening, since = _begin(by_day[days[0]]), date.min
    for day in days:
        entries = sums.between(since, day, currency=opening.currency)
        proof = DayProof(day=day, opening=opening, entries=entries, closing=_end(by_day[day]))
        proofs.append(proof)
        opening, since = proof.closing, day
    return proofs


def _begin(of_day: Sequence[Stated]) -> Money:
    """Give what a day opened with: where no other of its statements closed."""
    found = [one for one in of_day if not _is_among(one.opening, of_day, besides=one, at="closing")]
    return (found or of_day)[0].opening


def _end(of_day: Sequence[Stated]) -> Money:
    """Give what a day closed with: where no other of its statements opens."""
    found = [one for one in of_day if not _is_among(one.closing, of_day, besides=one, at="opening")]
    return (found or of_day)[-1].closing


def _is_among(
    amount: Money, of_day: Sequence[Stated], *, besides: Stated, at: Literal["opening", "closing"]
) -> bool:
    others = (one for one in of_day if one != besides)
    return any(amount == (one.opening if at == "opening" else one.closing) for one in others)


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
