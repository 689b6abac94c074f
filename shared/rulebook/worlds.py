"""Which facts could hold where not everything is known, and what would have to be told?

What is not told is neither met nor unmet. Every way in which the untold could turn out is a
*world*; each has one fact that holds in it, or none. Where all worlds have the same fact, nobody
needs to be asked. `contradictions` walks the same worlds to find two facts of one rank.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product
from math import prod
from typing import Final

from shared.rulebook.facts import Condition, Fact, places

PART: Final = "part"
"""The name of the part of a country among what is told or missing: "SANAA" of "YE-SANAA"."""
WORLDS_MAX: Final = 20_000
_OTHER: Final = "\0other"  # a value that no fact names


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The fact that holds in a world; `is_past` where it is the last of a line that has ended."""

    fact: Fact
    is_past: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """What could hold: a fact for each world, None for a world in which none does.

    `missing` are the conditions that would have to be told to know which. Nothing is missing
    where only one answer is possible.
    """

    found: tuple[Found | None, ...]
    missing: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[Found, ...]:
        """The facts among the answers."""
        return tuple(found for found in self.found if found is not None)


def possible(
    tiers: Sequence[Iterable[Fact]],
    *,
    on: date,
    country: str | None,
    told: Mapping[str, Condition],
) -> Possible:
    """Every fact that could hold that day; facts of an earlier tier come before later ones.

    With a ceiling of 50 for associations and none for others, and no word on which this is: the
    fact and None, and "institution_type" is missing.
    """
    kept = [[one for one in facts if _could_hold(one, country, told)] for facts in tiers]
    untold = _untold([one for facts in kept for one in facts], country, told)
    if prod(len(values) for values in untold.values()) > WORLDS_MAX:
        everything = tuple(
            Found(fact=one) for facts in kept for one in facts if one.is_in_force(on)
        )
        return Possible(found=(*everything, None), missing=tuple(sorted(untold)))
    winners: dict[tuple[Condition, ...], Found | None] = {}
    for values in product(*untold.values()):
        world = dict(zip(untold, values, strict=True))
        part = world.pop(PART, _OTHER)
        place = country if part == _OTHER else f"{country}-{part}"
        winners[values] = _winner(kept, on=on, country=place, world={**told, **world})
    distinct = tuple({_key(found): found for found in winners.values()}.values())
    if len(distinct) == 1:
        return Possible(found=distinct)
    missing = tuple(name for place, name in enumerate(untold) if _matters(winners, place))
    return Possible(found=distinct, missing=missing)


def contradictions(facts: Sequence[Fact]) -> list[tuple[Fact, Fact]]:
    """Pairs of facts of one question and one rank that would hold at once and differ.

    A pair is none where a more specific fact stands above both in every world that they share.
    The unit is a part of the question: a nominal and an effective cap hold beside each other.
    """
    found = []
    for one, other in combinations(facts, 2):
        alike = (one.topic, one.unit, one.country) == (other.topic, other.unit, other.country)
        same_rank = len(one.conditions) == len(other.conditions)
        if not alike or not same_rank or one.value == other.value:
            continue
        rivals = [fact for fact in facts if fact not in (one, other) and fact.topic == one.topic]
        if any(_tie(one, other, rivals)):
            found.append((one, other))
    return found


def _could_hold(fact: Fact, country: str | None, told: Mapping[str, Condition]) -> bool:
    inside = fact.country is not None and fact.country.startswith(f"{country}-")
    if not inside and not fact.is_of(country):
        return False
    return all(told[name] in accepted for name, accepted in fact.conditions.items() if name in told)


def _untold(
    facts: Sequence[Fact], country: str | None, told: Mapping[str, Condition]
) -> dict[str, list[Condition]]:
    """Each untold condition with the values that some fact names, and one that none does."""
    named: dict[str, set[Condition]] = {}
    for fact in facts:
        for name, accepted in fact.conditions.items():
            if name not in told:
                named.setdefault(name, set()).update(accepted)
        if country is not None and fact.country is not None and not fact.is_of(country):
            named.setdefault(PART, set()).add(fact.country.removeprefix(f"{country}-"))
    return {name: [*sorted(named[name], key=str), _OTHER] for name in sorted(named)}


def _winner(
    tiers: Sequence[Sequence[Fact]], *, on: date, country: str | None, world: dict[str, Condition]
) -> Found | None:
    fitting = [
        [fact for fact in facts if fact.is_of(country) and fact.meets(world)] for facts in tiers
    ]
    standing = next(
        (
            max(holding, key=_order)
            for facts in fitting
            if (holding := [fact for fact in facts if fact.is_in_force(on)])
        ),
        None,
    )
    if standing is not None and not standing.is_published:
        return Found(fact=standing)
    over = [
        fact for facts in fitting for fact in facts if fact.when_past != "ends" and fact.is_over(on)
    ]
    if over:
        return Found(fact=max(over, key=_ended), is_past=True)
    return None if standing is None else Found(fact=standing)


def _order(fact: Fact) -> tuple[int, int, date, str]:
    return *fact.rank(), fact.id


def _ended(fact: Fact) -> tuple[date, bool, int, int, str]:
    specific, conditions, _ = fact.rank()
    return fact.in_force_until or date.max, fact.is_own, specific, conditions, fact.id


def _key(found: Found | None) -> tuple[str, bool, bool] | None:
    return None if found is None else (found.fact.id, found.fact.is_own, found.is_past)


def _matters(winners: Mapping[tuple[Condition, ...], Found | None], place: int) -> bool:
    """Whether telling the value at a place could change what holds."""
    groups: dict[tuple[Condition, ...], set[object]] = {}
    for values, found in winners.items():
        rest = values[:place] + values[place + 1 :]
        groups.setdefault(rest, set()).add(_key(found))
    return any(len(answers) > 1 for answers in groups.values())


def _tie(one: Fact, other: Fact, rivals: Sequence[Fact]) -> Iterator[bool]:
    """For each day and world that two facts share, whether no fact stands above both."""
    conditions = {**one.conditions}
    for name, accepted in other.conditions.items():
        conditions[name] = conditions[name] & accepted if name in conditions else accepted
    starts = {fact.in_force_from or date.min for fact in (one, other, *rivals)}
    ends = {fact.in_force_until for fact in rivals if fact.in_force_until is not None}
    days = [day for day in starts | ends if one.is_in_force(day) and other.is_in_force(day)]
    names = sorted(conditions)
    for day in days:
        for values in product(*(sorted(conditions[name], key=str) for name in names)):
            world = dict(zip(names, values, strict=True))
            yield not any(
                fact.rank()[:2] > one.rank()[:2]
                and fact.unit == one.unit
                and fact.holds(on=day, country=one.country, conditions=world)
                for fact in rivals
            )


__all__ = ["PART", "Found", "Possible", "contradictions", "places", "possible"]
