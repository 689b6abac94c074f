"""Whose share is in money that was mixed? Followed by versions of a fund's pool, pro rata.

All that comes in on one day joins one version of the pool with what the version before left and
what came back; whatever leaves on that day has the same mixture. So a draw names a version, a
return names the version it was drawn from, and nothing is kept for a single receipt: its share is
worked out on reading, node after node, and at each the residue goes to the largest remainders.
A day that ends with the pool overdrawn goes on: its version ends once the pool holds again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from services.loans.domain.lineage import Flow, Place

SOURCES = frozenset({Place.RECEIPT, Place.YIELD})

Pieces = dict[int, int]
"""How many units of a spot were drawn from which version; below none: taken before they came."""


@dataclass(slots=True, kw_only=True)
class Version:
    """A mixture: what came new, what left for good places, what was paid back out of it.

    `returned` holds, by the version that they were drawn from, the units that came back into it.
    """

    number: int
    begun_on: date
    came: int = 0
    drawn: int = 0
    paid_back: int = 0
    carried: int = 0
    returned: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a flow; `version` is what it was drawn from or joined, None where it mixes not.

    `is_owed` where the place that it leaves never had it, or the one it joins owed it.
    """

    amount: int
    version: int | None
    is_owed: bool = False


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """Split units by weights in whole numbers, the residue to the largest remainders.

    10 by (1, 1, 1): 4, 3, 3: the first of equal remainders takes it. Hare's method (Balinski and
    Young, Fair Representation, 1982). Weights are not below zero and sum to more than none.
    """
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    rest = amount - sum(parts)
    if rest:
        remainders = [amount * weight % total for weight in weights]
        order = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
        for number in order[:rest]:
            parts[number] += 1
    return parts


@dataclass(slots=True)
class Pool:
    """The versions of one fund's pool, in their order; the last one is open."""

    versions: list[Version] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The number of the first version at hand."""
        return self.versions[0].number if self.versions else 0

    def open(self, day: date) -> Version:
        """Give the version of a day: a new one, unless the last is of that day or overdrawn."""
        last = self.versions[-1] if self.versions else None
        if last is not None and (day <= last.begun_on or last.carried < 0):
            return last
        number = 0 if last is None else last.number + 1
        carried = 0 if last is None else last.carried
        self.versions.append(Version(number=number, begun_on=day, carried=carried))
        return self.versions[-1]

    def lay(
        self, flow: Flow, *, day: date, pieces: Pieces, came_in: int | None = None
    ) -> list[Part]:
        """Let a flow mix; gives its parts. `pieces` are those of its place out of hand.

        `came_in` is the version that a receipt came in, where the flow gives it back. Receipts of
        100 and 300 on one day, then 200 drawn: a draw of 200 from version 0, a quarter and three.
        """
        now = self.open(day)
        source, target = flow.source.place, flow.target.place
        if source in SOURCES and target in SOURCES:
            return [Part(amount=flow.amount, version=None)]
        if source in SOURCES:
            now.came += flow.amount
            if target is Place.HAND:
                now.carried += flow.amount
                return [Part(amount=flow.amount, version=now.number)]
            return _into(now, flow.amount, pieces=pieces)
        if source is not Place.HAND:
            return _out_of(now, flow, pieces=pieces)
        now.carried -= flow.amount
        if target not in SOURCES:
            return _into(now, flow.amount, pieces=pieces)
        return self._given_back(now, flow.amount, came_in=came_in)

    def _given_back(self, now: Version, amount: int, *, came_in: int | None) -> list[Part]:
        """What a receipt gets back: as far as the pool never needed it, it was never in it.

        The rest, as all that goes back to nobody's receipt, is paid out of the mixture of the day.
        """
        unneeded = 0
        if came_in is not None:
            held = [one.carried for one in self.versions[came_in - self.first : -1]]
            origin = self.versions[came_in - self.first]
            unneeded = max(0, min([amount, origin.came, *held]))
            origin.came -= unneeded
            for version in self.versions[came_in - self.first : -1]:
                version.carried -= unneeded
        parts = []
        if unneeded:
            parts.append(Part(amount=unneeded, version=came_in))
        if amount - unneeded:
            now.paid_back += amount - unneeded
            parts.append(Part(amount=amount - unneeded, version=now.number))
        return parts


def _into(now: Version, amount: int, *, pieces: Pieces) -> list[Part]:
    """Units that go to a place; those that it owes are made good first."""
    parts: list[Part] = []
    left = amount
    for number in sorted(pieces):
        if left and pieces[number] < 0:
            part = min(left, -pieces[number])
            parts.append(Part(amount=part, version=number, is_owed=True))
            pieces[number] += part
            now.paid_back += part
            left -= part
    if left:
        now.drawn += left
        pieces[now.number] = pieces.get(now.number, 0) + left
        parts.append(Part(amount=left, version=now.number))
    return parts


def _out_of(now: Version, flow: Flow, *, pieces: Pieces) -> list[Part]:
    """Units that leave a place: the oldest draw first, then what it comes to owe."""
    parts: list[Part] = []
    left = flow.amount
    comes_back = flow.target.place is Place.HAND
    for number in sorted(pieces):
        part = min(left, pieces[number])
        if part <= 0:
            continue
        parts.append(Part(amount=part, version=number))
        pieces[number] -= part
        left -= part
        if comes_back and number == now.number:
            now.drawn -= part
        elif comes_back:
            now.returned[number] = now.returned.get(number, 0) + part
    if left:
        pieces[now.number] = pieces.get(now.number, 0) - left
        now.came += left
        now.drawn += 0 if comes_back else left
        parts.append(Part(amount=left, version=now.number, is_owed=True))
    if comes_back:
        now.carried += flow.amount
    return parts
