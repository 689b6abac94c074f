"""What of an envelope is reserved, committed, paid and left, in each place and all below it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.loans.domain.clauses import MILLION, Clause, ClauseKind
from services.loans.domain.regions import Regions
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What applications of a place hold: reserved, committed and not paid, paid, in minor units."""

    reserved: int = 0
    committed: int = 0
    paid: int = 0

    def __add__(self, other: "Held") -> "Held":
        return Held(
            reserved=self.reserved + other.reserved,
            committed=self.committed + other.committed,
            paid=self.paid + other.paid,
        )

    @property
    def total(self) -> int:
        """All of it."""
        return self.reserved + self.committed + self.paid


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A region with everything below it; `allotted` and `left` where a clause caps it.

    `region` None is what nobody told a place of.
    """

    region: str | None
    above: str | None
    held: Held
    allotted: Money | None = None
    left: Money | None = None


def places(
    held: Mapping[str | None, Held],
    *,
    regions: Regions,
    clauses: Sequence[Clause],
    received: Money,
) -> list[Place]:
    """What stands in every region of the tree and in every other that was told, by code.

    A region counts all below it: 300 in Irbid and 200 in the north beside it are 500 in the north.
    At most a tenth for the north, 10,000 received: 1,000 is allotted to it and 500 is left.
    """
    rolled: dict[str | None, Held] = {region: Held() for region in regions.above}
    for region, one in held.items():
        for place in (None,) if region is None else regions.chain(region):
            rolled[place] = rolled.get(place, Held()) + one
    base = max(received.minor, sum(one.total for one in held.values()))
    caps = _caps(clauses, base=base)
    found = []
    for region in sorted(rolled, key=lambda code: (code is None, code or "")):
        cap = None if region is None else caps.get(region)
        stands = rolled[region]
        found.append(
            Place(
                region=region,
                above=None if region is None else regions.above.get(region),
                held=stands,
                allotted=None if cap is None else Money(cap, received.currency),
                left=None if cap is None else Money(cap - stands.total, received.currency),
            )
        )
    return found


def _caps(clauses: Sequence[Clause], *, base: int) -> dict[str, int]:
    """The most that a region may get where a clause names it alone; the least of several."""
    found: dict[str, int] = {}
    for clause in clauses:
        if clause.kind is ClauseKind.MOST_SHARE and clause.rule.of == "region":
            cap = clause.rule.millionths * base // MILLION
            for region in clause.rule.values if len(clause.rule.values) == 1 else ():
                found[region] = min(cap, found.get(region, cap))
    return found
