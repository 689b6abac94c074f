"""Where has a share of mixed money gone, and whose is a draw? Worked out over a pool's versions.

At each version, and at what was drawn from each, units part in whole numbers as `pools.shares`
parts them, so that the parts of what is asked for always add up to it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.loans.domain.lineage import Place, Spot
from services.loans.domain.pools import Version, shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Where units of a pool rest: at hand, out by the version drawn from, paid out of the pool."""

    at_hand: int
    out: Mapping[int, int]
    paid_back: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose units are: by the version in which they came; `owed` came from nobody yet."""

    came: Mapping[int, int]
    owed: int = 0


@dataclass(slots=True)
class _Resting:
    at_hand: int = 0
    out: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    paid_back: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))


def whereabouts(versions: Sequence[Version], came: Mapping[int, int]) -> Rest:
    """Follow units, by the version that they came in, on to where they rest now.

    100 and 300 came on one day, 200 were drawn on it and 80 of them came back on a later one:
    of the 100, 30 are out, and 70 at hand (50 never left).
    """
    rest = _Resting()
    at = dict(came)
    coming_back = _returns(versions)
    for version in versions:
        here = at.pop(version.number, 0)
        if not here:
            continue
        is_open = version is versions[-1]
        weights = (version.drawn, version.paid_back, max(version.carried, 0))
        drawn, paid_back, carried = shares(here, weights)
        if paid_back:
            rest.paid_back[version.number] += paid_back
        if carried and is_open:
            rest.at_hand += carried
        elif carried:
            at[version.number + 1] = at.get(version.number + 1, 0) + carried
        if drawn:
            _part_draw(version, drawn, back=coming_back.get(version.number, []), at=at, rest=rest)
    return Rest(at_hand=rest.at_hand, out=dict(rest.out), paid_back=dict(rest.paid_back))


def _part_draw(
    version: Version,
    drawn: int,
    *,
    back: list[tuple[int, int]],
    at: dict[int, int],
    rest: _Resting,
) -> None:
    """Part what was drawn from a version into what came back in later ones, and what is out."""
    standing = version.drawn - sum(units for _, units in back)
    *came_back, out = shares(drawn, [*(units for _, units in back), standing])
    for (number, _), units in zip(back, came_back, strict=True):
        if units:
            at[number] = at.get(number, 0) + units
    if out:
        rest.out[version.number] += out


def origins(versions: Sequence[Version], drawn: Mapping[int, int]) -> Origin:
    """Follow units, by the version that they were drawn from, back to the versions they came in.

    100 and 300 came in version 0, 200 in version 1 beside what was left of them, 400; a draw of
    90 from version 1 has 60 from version 0 and 30 from version 1.
    """
    at = defaultdict(int, {number: units for number, units in drawn.items() if units > 0})
    came: dict[int, int] = {}
    owed = 0
    for place in range(len(versions) - 1, -1, -1):
        version = versions[place]
        here = at.pop(version.number, 0)
        if not here:
            continue
        before = versions[place - 1].carried if place else 0
        missing = max(-version.carried, 0)
        back = list(version.returned.items())
        weights = [version.came, max(before, 0), missing, *(units for _, units in back)]
        new, carried, nobody, *came_back = shares(here, weights)
        owed += nobody
        if new:
            came[version.number] = new
        if carried:
            at[version.number - 1] += carried
        for (number, _), units in zip(back, came_back, strict=True):
            if units:
                at[number] += units
    return Origin(came=dict(sorted(came.items())), owed=owed)


def before(versions: Sequence[Version], given_back: Mapping[int, int]) -> list[Version]:
    """Versions as they stood before units were given back later, by the version they came in.

    300 and 200 came and 250 were drawn; the 200 given back the day after leave 50 of 300 at hand,
    as if they had never come. Before that day it was 250 of 500.
    """
    found = [replace(one, returned=dict(one.returned)) for one in versions]
    for number, units in given_back.items():
        for version in found:
            version.came += units if version.number == number else 0
            version.carried += units if version.number >= number else 0
    return found


def placed(amount: int, standing: Sequence[tuple[Spot, int]]) -> list[tuple[Spot, int]]:
    """Part units of one draw among the spots on which it stands: among places, then within each.

    So the parts of a place add up to what is told of it. 2 of a draw of 3, of which two contracts
    have one each and one is lost: 1 in the first contract, none in the second, 1 lost.
    """
    places: defaultdict[Place, list[tuple[Spot, int]]] = defaultdict(list)
    for spot, units in standing:
        places[spot.place].append((spot, units))
    parts = shares(amount, [sum(units for _, units in known) for known in places.values()])
    return [
        (spot, units)
        for known, part in zip(places.values(), parts, strict=True)
        for (spot, _), units in zip(known, shares(part, [units for _, units in known]), strict=True)
    ]


def standing(versions: Sequence[Version]) -> dict[int, int]:
    """What was drawn from each version and has not come back; none of it is left out."""
    back = _returns(versions)
    return {
        one.number: one.drawn - sum(units for _, units in back.get(one.number, []))
        for one in versions
    }


def lent_again(versions: Sequence[Version]) -> dict[int, int]:
    """Of what was drawn from each version, the units that had been out before.

    1,000 came and 600 were drawn on one day; 200 of them came back on the next, beside the 400
    that were left, and 300 were drawn: 100 of these had been out before.
    """
    again: dict[int, int] = {}
    used = 0
    for place, version in enumerate(versions):
        before = versions[place - 1].carried if place else 0
        used += sum(version.returned.values())
        whole = max(before, 0) + version.came + sum(version.returned.values())
        if whole <= 0:
            again[version.number] = 0
            continue
        held = max(version.carried, 0)
        again[version.number] = min(version.drawn * used // whole, version.drawn)
        used = held * used // whole
    return again


def _returns(versions: Sequence[Version]) -> dict[int, list[tuple[int, int]]]:
    """By the version drawn from: in which versions how many units came back."""
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for version in versions:
        for number, units in version.returned.items():
            found[number].append((version.number, units))
    return found
