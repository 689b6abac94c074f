"""What is one fact of law, ruling or custom: what it says, where, when, and who says so?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, Self, TypedDict, TypeVar, get_args

from shared.errors import JsonValue

Condition = str | int | bool
Confidence = Literal["high", "medium", "low"]
WhenPast = Literal["ends", "warn", "refuse"]
Word = TypeVar("Word", bound=str)

_CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)
_WHEN_PAST: Final[tuple[WhenPast, ...]] = get_args(WhenPast)
_ALWAYS: Final = date.min


class SourceJson(TypedDict, total=False):
    """Where a fact comes from, as it is written in a file; `read_on` is the day it was read."""

    title: str
    article: str | None
    url: str | None
    date: str | None
    read_on: str | None


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
        "past": str,
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
    article: str | None = None
    url: str | None = None
    dated: str | None = None
    read_on: date | None = None

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
    grants anything. `when_past` says what becomes of it after its last day: it just ends, or its
    successor is missing, and then whoever relies on it is warned or refused. `is_own`: given by
    the institution itself. Raises `ValueError` for a fact that ends before it begins.
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
    when_past: WhenPast = "ends"
    confidence: Confidence = "high"
    needs_check: bool = False
    is_own: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if self.in_force_until is not None and self.in_force_until <= self._since:
            raise ValueError(f"{self.id} ends before it begins")

    @classmethod
    def from_json(cls, record: FactJson, *, is_own: bool = False) -> Self:
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
            source=Source(
                title=source["title"],
                article=source.get("article"),
                url=source.get("url"),
                dated=source.get("date"),
                read_on=_day(source.get("read_on")),
            ),
            unit=record.get("unit", ""),
            country=record.get("country"),
            conditions=MappingProxyType(conditions),
            in_force_from=_day(record.get("from")),
            in_force_until=_day(record.get("until")),
            when_past=_one_of(_WHEN_PAST, record.get("past", "ends"), "rule for what is past"),
            confidence=_one_of(_CONFIDENCES, record["confidence"], "degree of confidence"),
            needs_check=record.get("check", False),
            is_own=is_own,
            note=record.get("note", ""),
        )

    def to_json(self) -> FactJson:
        """Write the fact as the files hold it; `from_json` reads it back."""
        source = self.source
        return {
            "id": self.id,
            "topic": self.topic,
            "country": self.country,
            "conditions": {
                name: sorted(accepted, key=str) for name, accepted in self.conditions.items()
            },
            "value": self.value,
            "unit": self.unit,
            "from": _text(self.in_force_from),
            "until": _text(self.in_force_until),
            "past": self.when_past,
            "source": {
                "title": source.title,
                "article": source.article,
                "url": source.url,
                "date": source.dated,
                "read_on": _text(source.read_on),
            },
            "confidence": self.confidence,
            "check": self.needs_check,
            "note": self.note,
        }

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
    def is_published(self) -> bool:
        """Whether the fact only says that a figure is published from time to time, not which."""
        return isinstance(self.value, dict) and self.value.get("rule") == "published"

    @property
    def _since(self) -> date:
        return self.in_force_from or _ALWAYS

    def is_in_force(self, on: date) -> bool:
        """Whether the day lies from the fact's first day and before its last."""
        return self._since <= on and not self.is_over(on)

    def is_over(self, on: date) -> bool:
        """Whether the fact has ended by that day."""
        return self.in_force_until is not None and self.in_force_until <= on

    def meets(self, conditions: Mapping[str, Condition]) -> bool:
        """Whether every condition of the fact is told and met."""
        return all(
            name in conditions and conditions[name] in accepted
            for name, accepted in self.conditions.items()
        )

    def is_of(self, country: str | None) -> bool:
        """Whether the fact is of that place, of what it is a part of, or of everywhere."""
        return self.country is None or self.country in places(country)

    def holds(self, *, on: date, country: str | None, conditions: Mapping[str, Condition]) -> bool:
        """Whether the fact is in force that day, there, under these conditions."""
        return self.is_in_force(on) and self.is_of(country) and self.meets(conditions)

    def rank(self) -> tuple[int, int, date]:
        """How specific the fact is: the part of a country, then conditions, then how new."""
        return len(self.country or ""), len(self.conditions), self._since


def places(country: str | None) -> tuple[str, ...]:
    """A place and what it is a part of: "YE-SANAA" gives "YE" and "YE-SANAA"."""
    if country is None:
        return ()
    parts = country.split("-")
    return tuple("-".join(parts[: count + 1]) for count in range(len(parts)))


def _one_of(known: tuple[Word, ...], text: str, what: str) -> Word:
    for word in known:
        if text == word:
            return word
    raise ValueError(f"{text} is no {what}")


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
