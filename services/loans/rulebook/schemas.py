"""What do a fact of the rulebook, an override of it and its use look like on the wire?"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from services.loans.domain.lawful import Standing, Used
from services.loans.rulebook.queries import Proposed
from services.loans.rulebook.tables import FactUseRow
from shared.rulebook import Fact, FactJson
from shared.schemas import Body, Instant

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Place = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z]{2,10})?$", examples=["YE-SANAA"])]
FactId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,79}$")]
Words = Annotated[str, Field(min_length=1, max_length=300)]
Short = Annotated[str, Field(min_length=1, max_length=60)]
Value = Short | bool
Members = Annotated[
    dict[Annotated[str, Field(max_length=40)], Short | bool | int | list[Short]],
    Field(max_length=60),
]


class SourceBody(Body):
    """Where a fact comes from: the text, its article and address, its day, the day it was read."""

    title: Words
    article: Short | None = None
    url: Annotated[str, Field(max_length=300, pattern=r"^https?://\S+$")] | None = None
    dated: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}){0,2}$")] | None = None
    read_on: date | None = None


class OverrideIn(Body):
    """A fact of the institution's own, in place of one of ours or beside them.

    `country` is the institution's, or a part of it. With the id of a fact that was approved
    before, it takes that one's place. `when_past` says what becomes of it after `ends_on`.
    """

    fact_id: FactId
    topic: Name
    country: Place
    conditions: Annotated[
        dict[Name, Annotated[list[Value], Field(min_length=1, max_length=20)]],
        Field(max_length=5),
    ] = {}
    value: Short | Members
    unit: Annotated[str, Field(max_length=20)] = ""
    starts_on: date | None = None
    ends_on: date | None = None
    when_past: Literal["ends", "warn", "refuse"] = "ends"
    source: SourceBody
    confidence: Literal["high", "medium", "low"]
    needs_legal_check: bool = False
    note: Annotated[str, Field(max_length=500)] = ""

    def fact(self) -> Fact:
        """Give the fact as the rulebook knows it. Raises `ValueError` for one that never holds."""
        told = self.model_dump(mode="json")
        source = told["source"]
        record: FactJson = {
            "id": self.fact_id,
            "topic": self.topic,
            "country": self.country,
            "conditions": told["conditions"],
            "value": told["value"],
            "unit": self.unit,
            "from": told["starts_on"],
            "until": told["ends_on"],
            "past": self.when_past,
            "source": {
                "title": source["title"],
                "article": source["article"],
                "url": source["url"],
                "date": source["dated"],
                "read_on": source["read_on"],
            },
            "confidence": self.confidence,
            "check": self.needs_legal_check,
            "note": self.note,
        }
        return Fact.from_json(record, is_own=True)


class FactOut(Body):
    """A fact of the rulebook with how sure it is; `own`: given by the institution.

    `standing`: in force, one of several that may hold until more is told, past its period, a rule
    whose published figure was not given, or in another currency than what it was held against.
    """

    fact_id: str
    topic: str
    country: str | None
    conditions: dict[str, list[str | bool | int]]
    value: JsonValue
    unit: str
    starts_on: date | None
    ends_on: date | None
    source: SourceBody
    confidence: str
    needs_legal_check: bool
    own: bool
    note: str
    standing: Standing

    @classmethod
    def of(cls, used: Used) -> Self:
        """Write a fact with its standing."""
        return cls.of_kept(used.to_json())

    @classmethod
    def of_kept(cls, kept: Mapping[str, Any]) -> Self:
        """Write a fact as it was kept with a decision."""
        source = kept["source"]
        return cls.model_validate(
            {
                "fact_id": kept["id"],
                "topic": kept["topic"],
                "country": kept["country"],
                "conditions": kept["conditions"],
                "value": kept["value"],
                "unit": kept["unit"],
                "starts_on": kept["from"],
                "ends_on": kept["until"],
                "source": {
                    "title": source["title"],
                    "article": source["article"],
                    "url": source["url"],
                    "dated": source["date"],
                    "read_on": source["read_on"],
                },
                "confidence": kept["confidence"],
                "needs_legal_check": kept["check"],
                "own": kept["own"],
                "note": kept["note"],
                "standing": kept["standing"],
            }
        )


class FactsOut(Body):
    """The facts of a place on a day; `silent_on` are topics on which the rulebook has none."""

    country: str
    on: date
    items: list[FactOut]
    silent_on: list[str]


class OverrideOut(Body):
    """A proposal, and what a second person said of it."""

    override_id: UUID
    state: Literal["proposed", "approved", "rejected"]
    reference: str | None
    fact: FactOut
    proposed_by: UUID
    proposed_at: Instant
    decided_by: UUID | None
    decided_at: Instant | None

    @classmethod
    def of(cls, proposed: Proposed, *, standing: Standing) -> Self:
        """Write a proposal."""
        row, decision = proposed.row, proposed.decision
        fact = FactOut.of(Used(fact=proposed.fact, standing=standing))
        return cls(
            override_id=row.override_id,
            state=proposed.state,
            reference=None if decision is None else decision.reference,
            fact=fact,
            proposed_by=row.actor_id,
            proposed_at=row.recorded_at,
            decided_by=None if decision is None else decision.actor_id,
            decided_at=None if decision is None else decision.recorded_at,
        )


class FactUseOut(Body):
    """The facts that one decision rested on, as they were then."""

    use_id: UUID
    subject: str
    subject_id: UUID
    recorded_at: Instant
    facts: list[FactOut]

    @classmethod
    def of(cls, row: FactUseRow) -> Self:
        """Write a use."""
        return cls(
            use_id=row.use_id,
            subject=row.subject,
            subject_id=row.subject_id,
            recorded_at=row.recorded_at,
            facts=[FactOut.of_kept(kept) for kept in row.facts],
        )
