"""How does an institution give a fact of its own, and how are used facts kept?

One person proposes, another approves. An approved fact stands in the place of the one that was
approved before under its id; nothing is ever changed or taken away.
"""

from collections.abc import Iterable
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.lawful import Used
from services.loans.institutions import operations as institutions
from services.loans.rulebook import queries
from services.loans.rulebook.queries import Proposed
from services.loans.rulebook.tables import FactUseRow, OverrideDecisionRow, OverrideRow
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.rulebook import Fact, forms, worlds
from shared.rulebook.facts import places

Outcome = Literal["approved", "rejected"]
Subject = Literal["application", "decision", "contract", "product", "order", "closing_policy"]

# Holidays stand beside each other; of every other topic one fact answers.
BESIDE = frozenset({"holiday"})


class OverrideElsewhere(RafidError):
    """The fact is of another country"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fact is of {country}; the institution works in {own}."
    country: str
    own: str


class OverrideDecided(RafidError):
    """Somebody has decided on the fact already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The fact {fact_id} is {outcome} already; propose another."
    fact_id: str
    outcome: str


class OverrideMakerDecides(RafidError):
    """Nobody approves a fact of their own"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever proposed the fact {fact_id} cannot decide on it."
    fact_id: str


class OverrideContradicts(RafidError):
    """The fact contradicts another of the institution"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "{fact_id} and {other_id} would hold at once and differ; give it the other's id to"
        " replace it, or other conditions or days."
    )
    fact_id: str
    other_id: str


class TooManyFacts(RafidError):
    """The institution has as many facts of its own as it may"""

    kind = Kind.RULE
    service = "loans"
    detail = "An institution gives {most} facts at most; replace one by its id."
    most: int


async def propose(session: AsyncSession, fact: Fact, *, actor: Actor) -> Proposed:
    """Keep a fact that waits for a second person.

    Raises FactMalformed, TopicNotYours, OverrideElsewhere.
    """
    forms.check_own(fact)
    country, _ = await queries.own_facts(session)
    if fact.country is None or country not in places(fact.country):
        raise OverrideElsewhere(country=fact.country or "*", own=country)
    row = OverrideRow(
        institution_id=tenancy.institution_of(session),
        override_id=ids.new(),
        fact_id=fact.id,
        topic=fact.topic,
        fact=cast("dict[str, object]", fact.to_json()),
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return await queries.proposed(session, row.override_id)


async def decide(
    session: AsyncSession, override_id: UUID, *, outcome: Outcome, year: int, actor: Actor
) -> Proposed:
    """Approve or reject a proposal. The number it is given holds back every other decision.

    Raises OverrideUnknown, OverrideMakerDecides, OverrideDecided, OverrideContradicts,
    TooManyFacts.
    """
    reference = await institutions.next_reference(session, kind="RB", year=year)
    found = await queries.proposed(session, override_id)
    if found.decision is not None:
        raise OverrideDecided(fact_id=found.row.fact_id, outcome=found.decision.outcome)
    if found.row.actor_id == actor.id:
        raise OverrideMakerDecides(fact_id=found.row.fact_id)
    if outcome == "approved":
        await _require_room(session, found.fact)
    session.add(
        OverrideDecisionRow(
            institution_id=found.row.institution_id,
            override_id=override_id,
            outcome=outcome,
            reference=reference,
            proposer_id=found.row.actor_id,
            actor_id=actor.id,
        )
    )
    await session.flush()
    return await queries.proposed(session, override_id)


async def record_uses(
    session: AsyncSession, subject: Subject, used: Iterable[tuple[UUID, tuple[Used, ...]]]
) -> None:
    """Keep the facts that decisions rested on, as they are now; one without facts keeps none."""
    institution_id = tenancy.institution_of(session)
    rows = [
        {
            "institution_id": institution_id,
            "use_id": ids.new(),
            "subject": subject,
            "subject_id": subject_id,
            "facts": [one.to_json() for one in facts],
        }
        for subject_id, facts in used
        if facts
    ]
    if rows:
        await session.execute(insert(FactUseRow), rows)


async def _require_room(session: AsyncSession, fact: Fact) -> None:
    _, standing = await queries.own_facts(session)
    others = [one for one in standing if one.id != fact.id and one.topic == fact.topic]
    if len(standing) >= queries.OWN_FACTS_MAX and len(standing) == len(
        [one for one in standing if one.id != fact.id]
    ):
        raise TooManyFacts(most=queries.OWN_FACTS_MAX)
    if fact.topic in BESIDE:
        return
    for one, other in worlds.contradictions([*others, fact]):
        if fact in (one, other):
            rival = other if one is fact else one
            raise OverrideContradicts(fact_id=fact.id, other_id=rival.id)
