"""Which fact of law, ruling or custom holds here, on this day, under these conditions?

The JSON files beside this module hold facts that change: ceilings, weekends, holidays, what a kind
of fund may finance. Each has its conditions, its days in force, its source and how sure we are. An
institution overrides one by giving a newer fact with its own source; the old one stays.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from shared.errors import Kind, RafidError
from shared.rulebook import worlds
from shared.rulebook.facts import Condition, Confidence, Fact, FactJson, Source, SourceJson
from shared.rulebook.worlds import Found, Possible

__all__ = [
    "FACTS",
    "Condition",
    "Confidence",
    "Fact",
    "FactJson",
    "Found",
    "NoRule",
    "Possible",
    "Source",
    "SourceJson",
    "facts_of",
    "find",
    "find_all",
    "possible",
]


class NoRule(RafidError):
    """The rulebook knows no rule for this"""

    kind = Kind.RULE
    detail = "The rulebook has no {topic} for {country} on {on} under: {conditions}."
    topic: str
    country: str | None
    on: date
    conditions: dict[str, Condition]


def find(
    topic: str,
    *,
    on: date,
    country: str | None = None,
    overrides: Sequence[Fact] = (),
    **conditions: Condition,
) -> Fact:
    """Give the most specific fact in force that day; an override comes before every fact of ours.

    Worked: `find("loan_ceiling", country="EG", on=date(2024, 6, 1))` has the value "242000".
    Raises `NoRule` where no fact holds.
    """
    for facts in (overrides, facts_of(topic)):
        holding = [
            fact
            for fact in facts
            if fact.topic == topic and fact.holds(on=on, country=country, conditions=conditions)
        ]
        if holding:
            return max(holding, key=Fact.rank)
    raise NoRule(topic=topic, country=country, on=on, conditions=dict(conditions))


def find_all(
    topic: str,
    *,
    on: date,
    country: str | None = None,
    overrides: Sequence[Fact] = (),
    **conditions: Condition,
) -> list[Fact]:
    """Give every fact of a topic in force that day, ordered by id; none is an empty list.

    An override replaces the fact that has its id.
    """
    by_id = {
        fact.id: fact
        for facts in (facts_of(topic), overrides)
        for fact in facts
        if fact.topic == topic and fact.holds(on=on, country=country, conditions=conditions)
    }
    return [by_id[name] for name in sorted(by_id)]


def possible(
    topic: str,
    *,
    on: date,
    country: str | None,
    told: Mapping[str, Condition],
    unit: str | None = None,
    overrides: Sequence[Fact] = (),
) -> Possible:
    """Give every fact of a topic that could hold, however what is not told turns out.

    Where nothing is missing it is what `find` gives, or None. A fact whose line has ended without
    a successor is given as past, if it says that this matters. With a unit only its facts count:
    nominal and effective caps hold beside each other.
    """
    own = tuple(fact for fact in overrides if fact.topic == topic)
    known = frozenset(told.items())
    return _possible(topic=topic, unit=unit, on=on, country=country, told=known, own=own)


@lru_cache(maxsize=4_096)
def _possible(
    *,
    topic: str,
    unit: str | None,
    on: date,
    country: str | None,
    told: frozenset[tuple[str, Condition]],
    own: tuple[Fact, ...],
) -> Possible:
    """The same question has the same answer: thousands of applications ask it in a row."""
    tiers = [
        [fact for fact in facts if unit is None or fact.unit == unit]
        for facts in (own, facts_of(topic))
    ]
    return worlds.possible(tiers, on=on, country=country, told=dict(told))


@cache
def facts_of(topic: str) -> tuple[Fact, ...]:
    """Give every fact of a topic that the house itself knows, past ones included."""
    return tuple(fact for fact in FACTS if fact.topic == topic)


def _read() -> Iterable[Fact]:
    files = sorted(
        (file for file in resources.files(__name__).iterdir() if file.name.endswith(".json")),
        key=lambda file: file.name,
    )
    for file in files:
        for record in json.loads(file.read_text(encoding="utf-8")):
            yield Fact.from_json(record)


FACTS: Final[tuple[Fact, ...]] = tuple(_read())
