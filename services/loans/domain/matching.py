"""Which lines of a statement are which movements of ours, and what is said of the rest?

First by exact identifiers (ours, the end-to-end one, the provider's); then by amount, currency,
reference and day; never by the amount alone. Where several would do, nobody is matched: a person
says which. The answer does not depend on the order of lines or movements.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

from services.loans.domain.account_statement import NO_REFERENCE, Side
from shared.money import Money

DAYS_APART: Final = timedelta(days=1)
"""How far apart two days may be that a reference joins: banks book on the day after."""

DAYS_NEAR: Final = timedelta(days=5)
"""How far apart a movement of the same amount may be that a person is asked about."""

_NO_NAMES: Final = frozenset({"", NO_REFERENCE, "NONREF", "NONE", "0"})


class Outcome(StrEnum):
    """What is said of a line or a movement of ours; the last asks a person to choose."""

    MATCHED = "matched"
    OURS_ONLY = "ours_only"
    THEIRS_ONLY = "theirs_only"
    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    DUPLICATE = "duplicate"
    REVERSED = "reversed"
    FEE = "fee"
    UNDECIDED = "undecided"


class Level(StrEnum):
    """By what a match was found."""

    IDENTIFIER = "identifier"
    REFERENCE = "reference"
    PERSON = "person"


class Fate(StrEnum):
    """Whether a movement waits for its line, has had it, or was taken back."""

    EXPECTED = "expected"
    TAKEN = "taken"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """A booked line of a statement; `names` is everything it refers by (`name_of` each)."""

    key: str
    names: frozenset[str]
    amount: Money
    side: Side
    day: date
    is_reversal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A payment or a booked movement of ours: what names it alone, and what it refers to."""

    key: str
    names: frozenset[str]
    references: frozenset[str]
    amount: Money
    side: Side
    day: date
    fate: Fate = Fate.EXPECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One outcome with the keys it is of. `fee` is what a provider kept of a settlement."""

    outcome: Outcome
    lines: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    level: Level | None = None
    fee: Money | None = None


def name_of(text: str | None) -> str | None:
    """An identifier as it is compared, or None where it says nothing.

    Providers change case and drop hyphens and spaces: `a1b2-c3 d4` is `A1B2C3D4`.
    """
    bare = "" if text is None else "".join(sign for sign in text if sign.isalnum()).upper()
    return None if bare in _NO_NAMES else bare


def names_of(texts: Iterable[str | None]) -> frozenset[str]:
    """What of several texts names something."""
    return frozenset(name for text in texts if (name := name_of(text)) is not None)


def match(
    lines: Iterable[Theirs], ours: Iterable[Ours], *, fee_share: Fraction = Fraction(0)
) -> list[Found]:
    """Put every line and every expected movement under one outcome, each exactly once.

    Worked: a line of 148.500 in names payments of 100.000 and 50.000; with `fee_share` 1/50 it is
    their settlement and 1.500 the fee; with 0 the amounts differ. `fee_share` is the most that a
    provider may keep of a sum. Movements that are taken or undone explain, and are not listed.
    """
    left, mine = list(lines), list(ours)
    found = []
    for some, named in _named(left, mine):
        found += _Judged(fee_share=fee_share).judge(some, named)
    done = {key for one in found for key in (*one.lines, *one.ours)}
    left = [one for one in left if one.key not in done]
    free = [one for one in mine if one.key not in done and one.fate is Fate.EXPECTED]
    found += _by_reference(left, free)
    return sorted(found, key=lambda one: (one.outcome, one.lines, one.ours))


def _named(
    lines: Sequence[Theirs], ours: Sequence[Ours]
) -> Iterable[tuple[list[Theirs], list[Ours]]]:
    """Give the lines and movements that names join, set by set; what stands alone is left out."""
    known = frozenset(name for one in ours for name in one.names)
    roots: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := roots.setdefault(name, name)) != name:
            name = above
        return name

    items: list[Theirs | Ours] = [*lines, *ours]
    for item in items:
        names = sorted(item.names & known)
        for name in names[1:]:
            roots[root(name)] = root(names[0])
    sets: defaultdict[str, tuple[list[Theirs], list[Ours]]] = defaultdict(lambda: ([], []))
    for line in lines:
        if line.names & known:
            sets[root(min(line.names & known))][0].append(line)
    for one in ours:
        if one.names:
            sets[root(min(one.names))][1].append(one)
    return [(some, named) for some, named in sets.values() if some and named]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What is said of lines and movements that share identifiers."""

    fee_share: Fraction

    def judge(self, lines: Sequence[Theirs], ours: Sequence[Ours]) -> list[Found]:
        sides = {one.side for one in ours}
        found = []
        for side in Side:
            some = sorted((one for one in lines if one.side is side), key=_order)
            mine = sorted((one for one in ours if one.side is side), key=_order)
            if side in sides:
                found += self._same_side(some, mine)
            else:
                found += [_against(line, ours) for line in some]
        return found

    def _same_side(self, lines: Sequence[Theirs], ours: Sequence[Ours]) -> list[Found]:
        if all(one.fate is Fate.UNDONE for one in ours):
            return [_said(Outcome.REVERSED, [line]) for line in lines]
        fresh = [one for one in ours if one.fate is Fate.EXPECTED]
        pairs = _pairs(lines, fresh)
        found = [_said(Outcome.MATCHED, [line], [one]) for line, one in pairs]
        paired = {key for line, one in pairs for key in (line.key, one.key)}
        lines = [line for line in lines if line.key not in paired]
        fresh = [one for one in fresh if one.key not in paired]
        if not fresh:
            return found + [_again(line, ours) for line in lines]
        if not lines:
            return found  # what nobody named yet is looked for by its reference
        return found + self._together(lines, fresh)

    def _together(self, lines: Sequence[Theirs], fresh: Sequence[Ours]) -> list[Found]:
        """Say whether one line settles all of several movements, and what its repetitions are."""
        first, rest = lines[0], lines[1:]
        if any((one.amount, one.names) != (first.amount, first.names) for one in rest):
            equal = [line for line in lines if [line.amount] == [one.amount for one in fresh]]
            if not equal:
                outcome = Outcome.AMOUNT_DIFFERS if len(fresh) == 1 else Outcome.UNDECIDED
                return [_said(outcome, lines, fresh)]
            first, rest = equal[0], [line for line in lines if line is not equal[0]]
        settled = self._settles(first, fresh)
        if settled.outcome not in {Outcome.MATCHED, Outcome.FEE}:
            return [_said(settled.outcome, lines, fresh)]
        return [settled, *(_again(line, fresh) for line in rest)]

    def _settles(self, line: Theirs, fresh: Sequence[Ours]) -> Found:
        currency = line.amount.currency
        if any(one.amount.currency != currency for one in fresh):
            return _said(Outcome.CURRENCY_DIFFERS, [line], fresh)
        total = Money.total((one.amount for one in fresh), currency)
        fee = total - line.amount if line.side is Side.IN else line.amount - total
        if fee.is_zero:
            return _said(Outcome.MATCHED, [line], fresh)
        if fee.is_positive and fee.minor <= total.minor * self.fee_share:
            return _said(Outcome.FEE, [line], fresh, fee=fee)
        return _said(Outcome.AMOUNT_DIFFERS, [line], fresh)


def _order(one: Theirs | Ours) -> tuple[date, str]:
    return one.day, one.key


def _said(
    outcome: Outcome,
    lines: Sequence[Theirs],
    ours: Sequence[Ours] = (),
    *,
    level: Level = Level.IDENTIFIER,
    fee: Money | None = None,
) -> Found:
    return Found(
        outcome=outcome,
        lines=tuple(sorted(line.key for line in lines)),
        ours=tuple(sorted(one.key for one in ours)),
        level=level if outcome in {Outcome.MATCHED, Outcome.FEE} else None,
        fee=fee,
    )


def _pairs(lines: Sequence[Theirs], fresh: Sequence[Ours]) -> list[tuple[Theirs, Ours]]:
    """Give lines and movements that name each other, are equal, and have no other choice."""
    fitting = {
        line.key: [one for one in fresh if one.amount == line.amount and one.names & line.names]
        for line in lines
    }
    return _only(lines, fitting)


def _only(
    lines: Sequence[Theirs], fitting: Mapping[str, Sequence[Ours]]
) -> list[tuple[Theirs, Ours]]:
    wanted: defaultdict[str, int] = defaultdict(int)
    for choices in fitting.values():
        for one in choices:
            wanted[one.key] += 1
    return [
        (line, fitting[line.key][0])
        for line in lines
        if len(fitting[line.key]) == 1 and wanted[fitting[line.key][0].key] == 1
    ]


def _against(line: Theirs, ours: Sequence[Ours]) -> Found:
    """Say what goes the other way under the name of a movement: a fee, or the money back."""
    smallest = min(one.amount.minor for one in ours)
    is_fee = line.side is Side.OUT and not line.is_reversal and line.amount.minor < smallest
    return _said(Outcome.FEE if is_fee else Outcome.REVERSED, [line])


def _again(line: Theirs, ours: Sequence[Ours]) -> Found:
    """Say what a line is whose movement has its line: that one twice, a fee, or something else."""
    amounts = [one.amount for one in ours if one.amount.currency == line.amount.currency]
    if line.amount in {*amounts, Money.total(amounts, line.amount.currency)}:
        return _said(Outcome.DUPLICATE, [line])
    if line.side is Side.OUT and all(line.amount < one for one in amounts):
        return _said(Outcome.FEE, [line])
    return _said(Outcome.THEIRS_ONLY, [line])


def _by_reference(lines: Sequence[Theirs], ours: Sequence[Ours]) -> list[Found]:
    """Match what a reference joins alone; say what a person must choose, and what is alone."""
    equal: defaultdict[tuple[Money, Side], list[Ours]] = defaultdict(list)
    for one in ours:
        equal[one.amount, one.side].append(one)
    referred = {
        line.key: [
            one
            for one in equal[line.amount, line.side]
            if line.names & one.references and abs(line.day - one.day) <= DAYS_APART
        ]
        for line in lines
    }
    pairs = _only(lines, referred)
    found = [_said(Outcome.MATCHED, [line], [one], level=Level.REFERENCE) for line, one in pairs]
    paired = {key for line, one in pairs for key in (line.key, one.key)}
    asked: set[str] = set()
    for line in lines:
        near = [
            one.key
            for one in equal[line.amount, line.side]
            if one.key not in paired and abs(line.day - one.day) <= DAYS_NEAR
        ]
        if near and line.key not in paired:
            asked.update([line.key, *near])
    for line in lines:
        if line.key not in paired:
            outcome = Outcome.UNDECIDED if line.key in asked else Outcome.THEIRS_ONLY
            found.append(_said(outcome, [line]))
    for one in ours:
        if one.key not in paired:
            outcome = Outcome.UNDECIDED if one.key in asked else Outcome.OURS_ONLY
            found.append(_said(outcome, [], [one]))
    return found
