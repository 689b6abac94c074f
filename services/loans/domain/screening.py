"""Which of many cases may each of many funds finance, and why not the others?

The same as `restrictions.refusals` for every case and fund, without asking for each: a clause is
decided once for whatever looks alike to it, and found by halving where what is met turns into
what is broken as amounts grow. Which cases a reason refuses is one number with a bit for each.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from operator import or_
from typing import Final

from services.loans.domain import restrictions
from services.loans.domain.cases import About, Case
from services.loans.domain.clauses import Clause
from services.loans.domain.funding import Refusal
from services.loans.domain.readings import READINGS, UNCONCERNED, Found, Shape, View
from services.loans.domain.restrictions import Restrictions
from services.loans.domain.telling_clauses import refusal_of

_NOBODY: Final = object()
"""Somebody to whom nothing was given before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What refuses which cases of one fund, in the order in which reasons are given."""

    reasons: tuple[tuple[tuple[Refusal, ...], int], ...]

    @property
    def refused(self) -> int:
        """The cases that something refuses, a bit for each."""
        found = 0
        for _, cases in self.reasons:
            found |= cases
        return found

    def why(self, place: int) -> list[Refusal]:
        """Every reason against the case at a place."""
        return [one for refusals, cases in self.reasons if cases >> place & 1 for one in refusals]


def screen(cases: Sequence[Case], *, funds: Sequence[Restrictions]) -> list[Screened]:
    """For each fund, what refuses which of the cases; regions and ages are those of all funds.

    Every case for itself: none is taken as given before another.
    """
    columns = _Columns(cases=cases)
    return [
        Screened(reasons=(*_by_kind(columns, fund), *_by_clauses(columns, fund))) for fund in funds
    ]


@dataclass(slots=True)
class _Group:
    """Cases that look alike but for their size, the smallest first, with the bits of each tail."""

    sizes: list[int]
    tails: list[int]

    @classmethod
    def of(cls, sized: list[tuple[int, int]]) -> "_Group":
        sized.sort()
        bits = [1 << place for _, place in reversed(sized)]
        return cls(sizes=[size for size, _ in sized], tails=[*accumulate(bits, or_)][::-1])

    @property
    def bits(self) -> int:
        return self.tails[0] if self.tails else 0

    def refused(self, decide: Callable[[int], Found], *, shape: Shape) -> tuple[Found, int]:
        """What is found where the clause is not met, and for which cases."""
        place = 0
        if shape is not Shape.PLAIN:
            place = bisect_left(self.sizes, 1, key=lambda size: decide(size) is not Found.MET)
        if place == len(self.sizes):
            return Found.MET, 0
        found = decide(self.sizes[place])
        return found, 0 if found is Found.MET else self.tails[place]


_Groups = dict[Hashable, _Group]


@dataclass(slots=True)
class _Columns:
    """The cases by what clauses look at, each way of looking taken once."""

    cases: Sequence[Case]
    looks: dict[Hashable, _Groups] = field(default_factory=dict)
    merged: dict[Hashable, _Group] = field(default_factory=dict)
    kinds: dict[Hashable, dict[Hashable, tuple[Case, int]]] = field(default_factory=dict)
    days: dict[tuple[date, date | None], tuple[Case, int]] = field(default_factory=dict)

    def groups(self, clause: Clause, *, about: About) -> _Groups:
        """Cases by what a clause sees of them."""
        key = _key(clause)
        found = self.looks.get(key)
        if found is None:
            view = READINGS[clause.kind].view
            sized: dict[Hashable, list[tuple[int, int]]] = {}
            for place, case in enumerate(self.cases):
                seen, size = view(clause, case, about)
                sized.setdefault(seen, []).append((size, place))
            found = self.looks[key] = {seen: _Group.of(each) for seen, each in sized.items()}
        return found

    def everybody(self, clause: Clause, *, about: About) -> _Group:
        """All cases that a counting clause speaks of and knows, as one group."""
        key = _key(clause)
        if key not in self.merged:
            view = READINGS[clause.kind].view
            seen = [(view(clause, case, about), place) for place, case in enumerate(self.cases)]
            self.merged[key] = _Group.of(
                [(one.size, place) for one, place in seen if one.seen not in {None, UNCONCERNED}]
            )
        return self.merged[key]

    def spared(self, clause: Clause) -> int:
        """The cases for which a clause does not hold: by their days alone."""
        if not self.days:
            for place, case in enumerate(self.cases):
                key = case.on, case.facts.agreed_on
                one, bits = self.days.get(key, (case, 0))
                self.days[key] = one, bits | 1 << place
        found = 0
        for case, bits in self.days.values():
            found |= bits if restrictions.is_spared(clause, case=case) else 0
        return found

    def alike(self, sees: Callable[[Case], Hashable]) -> dict[Hashable, tuple[Case, int]]:
        """Cases that a fund's kind sees alike, one of each."""
        found = self.kinds.get(sees)
        if found is None:
            found = self.kinds[sees] = {}
            for place, case in enumerate(self.cases):
                key = sees(case)
                one, bits = found.get(key, (case, 0))
                found[key] = one, bits | 1 << place
        return found


def _key(clause: Clause) -> Hashable:
    """What decides how a clause looks at a case."""
    rule = clause.rule
    return clause.kind, rule.of, rule.values if rule.of else None


def _by_kind(columns: _Columns, fund: Restrictions) -> list[tuple[tuple[Refusal, ...], int]]:
    """What kind, terms and deed refuse."""
    found: dict[tuple[Refusal, ...], int] = {}
    for case, bits in columns.alike(fund.sees).values():
        refusals = tuple(fund.of_kind(case))
        if refusals:
            found[refusals] = found.get(refusals, 0) | bits
    return [*found.items()]


def _by_clauses(columns: _Columns, fund: Restrictions) -> list[tuple[tuple[Refusal, ...], int]]:
    found: list[tuple[tuple[Refusal, ...], int]] = []
    for clause in fund.clauses:
        bits = _decided(columns, clause, about=fund.about)
        if any(bits.values()):
            spared = columns.spared(clause)
            for finding, cases in bits.items():
                if cases & ~spared:
                    refusal = refusal_of(clause, is_told=finding is Found.BROKEN)
                    found.append(((refusal,), cases & ~spared))
    return found


def _decided(columns: _Columns, clause: Clause, *, about: About) -> dict[Found, int]:
    """The cases that a clause refuses, and those of which it would have to know more."""
    reading = READINGS[clause.kind]
    groups = columns.groups(clause, about=about)
    bits = {Found.BROKEN: 0, Found.NOT_TOLD: 0}

    def decide(seen: Hashable, group: _Group, *, but: int = 0) -> None:
        found, cases = group.refused(
            lambda size: reading.decide(clause, View(seen, size), about), shape=reading.shape
        )
        if found is not Found.MET:
            bits[found] |= cases & ~but

    if reading.shape is not Shape.COUNTED:
        for seen, group in groups.items():
            decide(seen, group)
        return bits
    if None in groups:
        decide(None, groups[None])
    figured = [seen for seen in about.counts(clause).of if seen in groups and seen is not None]
    others = 0
    for seen in figured:
        decide(seen, groups[seen])
        others |= groups[seen].bits
    decide(_NOBODY, columns.everybody(clause, about=about), but=others)
    return bits
