"""Facts that a test's institution gives itself, each by two persons."""

from typing import Any

from services.loans.rulebook import operations
from shared import ids
from shared.auth import Actor, Role
from shared.db import Database
from shared.ids import InstitutionId
from shared.rulebook import Fact, FactJson


def fact(topic: str, value: Any, **members: Any) -> Fact:
    """A fact of Jordan with a source, in the form of the files."""
    record: FactJson = {
        "id": f"own-{topic.replace('_', '-')}",
        "topic": topic,
        "country": "JO",
        "value": value,
        "source": {"title": "Ruling 7 of the board", "date": "2026-01-05"},
        "confidence": "high",
    }
    return Fact.from_json({**record, **members}, is_own=True)  # type: ignore[typeddict-item]


async def give(database: Database, institution_id: InstitutionId, own: Fact) -> None:
    """Let one person propose a fact and another approve it."""
    maker, checker = [
        Actor(id=ids.new(), institution_id=institution_id, roles=frozenset({Role.FUNDS_MANAGER}))
        for _ in range(2)
    ]
    async with database.begin(institution_id) as session:
        proposed = await operations.propose(session, own, actor=maker)
        await operations.decide(
            session, proposed.row.override_id, outcome="approved", year=2026, actor=checker
        )
