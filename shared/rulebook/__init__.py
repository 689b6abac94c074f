"""Which fact of law, ruling or custom holds here, on this day, under these conditions?

The JSON files beside this module hold facts that change: ceilings, weekends, holidays, what a kind
of fund may finance. Each has its conditions, its days in force, its source and how sure we are. An
institution overrides one by giving a newer fact with its own source; the old one stays.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal, Self, TypedDict, get_args

from shared.errors import JsonValue, Kind, RafidError

Condition = str | int | bool
Confidence = Literal["high", "medium", "low"]

_CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)
_ALWAYS: Final = date.min


class NoRule(RafidError):
    """The rulebook knows no rule for this"""

    kind = Kind.RULE
    detail = "The rulebook has no {topic} for {country} on {on} under: {conditions}."
    topic: str
    country: str | None
    on: date
    conditions: dict[str, Condition]


class SourceJson(TypedDict):
    """Where a fact comes from, as it is written in a file."""

    title: str
    url: str | None
    date: str | None


FactJson = TypedDict(
    "FactJson",
    {
        "id": str,
        "topic": str,
        "country": str | None,
        "conditions": dict[str, Condition | list[Condition]],
        "value": JsonValue,
        "unit": str,
        "from": str | None,
        "until": str | None,
        "source": SourceJson,
        "confidence": str,
        "check": bool,
        "note": str,
    },
    total=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact comes from: the law, ruling or report, and its day as far as it is known."""

    title: str
    url: str | None = None
    dated: str | None = None

    @property
    def given_on(self) -> date | None:
        """Its day, where all of it is known: "2004-03-11" is a day, "2004" is none."""
        try:
            return None if self.dated is None else date.fromisoformat(self.dated)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fact:
    """One dated, conditional fact. It is in force from its first day and before `until`.

    `country` is an ISO 3166 code, with a part of the country where the law differs there
    ("YE-SANAA"), or None for everywhere. A condition is met by the value asked for, or by one of
    its values where it has several. `needs_check`: show it to the operator before it refuses or
    grants anything. Raises `ValueError` for a fact that ends before it begins.
    """

    id: str
    topic: str
    value: JsonValue
    source: Source
    unit: str = ""
    country: str | None = None
    conditions: Mapping[str, frozenset[Condition]] = field(default_factory=dict)
    in_force_from: date | None = None
    in_force_until: date | None = None
    confidence: Confidence = "high"
    needs_check: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if self.in_force_until is not None and self.in_force_until <= self._since:
            raise ValueError(f"{self.id} ends before it begins")

    @classmethod
    def from_json(cls, record: FactJson) -> Self:
        """Read a fact as the files hold it; an institution's override has the same form."""
        source = record["source"]
        conditions = {
            name: frozenset(value) if isinstance(value, list) else frozenset({value})
            for name, value in record.get("conditions", {}).items()
        }
        return cls(
            id=record["id"],
            topic=record["topic"],
            value=record["value"],
            source=Source(title=source["title"], url=source.get("url"), dated=source.get("date")),
            unit=record.get("unit", ""),
            country=record.get("country"),
            conditions=MappingProxyType(conditions),
            in_force_from=_day(record.get("from")),
            in_force_until=_day(record.get("until")),
            confidence=_confidence(record["confidence"]),
            needs_check=record.get("check", False),
            note=record.get("note", ""),
        )

    @property
    def text(self) -> str:
        """The value where it is one word or number, such as a verdict or an amount."""
        if not isinstance(self.value, str):
            raise TypeError(f"the value of {self.id} is not text")
        return self.value

    @property
    def members(self) -> Mapping[str, JsonValue]:
        """The value where it has named members."""
        if not isinstance(self.value, dict):
            raise TypeError(f"the value of {self.id} has no members")
        return self.value

    @property
    def _since(self) -> date:
        return self.in_force_from or _ALWAYS

    def holds(self, *, on: date, country: str | None, conditions: Mapping[str, Condition]) -> bool:
        """Whether the fact is in force that day, there, under these conditions."""
        return (
            self._since <= on
            and (self.in_force_until is None or on < self.in_force_until)
            and (self.country is None or self.country in _places(country))
            and all(
                name in conditions and conditions[name] in accepted
                for name, accepted in self.conditions.items()
            )
        )

    def rank(self) -> tuple[int, int, date]:
        """How specific the fact is: the part of a country, then conditions, then how new."""
        return len(self.country or ""), len(self.conditions), self._since


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


@cache
def facts_of(topic: str) -> tuple[Fact, ...]:
    """Give every fact of a topic that the house itself knows, past ones included."""
    return tuple(fact for fact in FACTS if fact.topic == topic)


@cache
def _places(country: str | None) -> tuple[str, ...]:
    if country is None:
        return ()
    parts = country.split("-")
    return tuple("-".join(parts[: count + 1]) for count in range(len(parts)))


def _confidence(text: str) -> Confidence:
    for known in _CONFIDENCES:
        if text == known:
            return known
    raise ValueError(f"{text} is no degree of confidence")


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _read() -> Iterable[Fact]:
    files = sorted(
        (file for file in resources.files(__name__).iterdir() if file.name.endswith(".json")),
        key=lambda file: file.name,
    )
    for file in files:
        for record in json.loads(file.read_text(encoding="utf-8")):
            yield Fact.from_json(record)


FACTS: Final[tuple[Fact, ...]] = tuple(_read())
