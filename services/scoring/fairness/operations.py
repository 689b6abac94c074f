"""How are protected traits kept? Apart from everything a card or an opinion reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.fairness import queries
from services.scoring.fairness.tables import ToldTraitRow, TraitRow
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError


class TraitsTwice(RafidError):
    """An application stands twice among the traits"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{application_id} stands twice; one batch says one thing of a person."
    application_id: UUID


async def record_traits(
    session: AsyncSession, told: Sequence[Mapping[str, Any]], *, actor: Actor, at: datetime
) -> None:
    """Keep the traits of applicants, all or none; what was kept of one before is replaced.

    Every telling is kept beside, so that an old day is audited by what was known then. Raises
    TraitsTwice.
    """
    seen: set[UUID] = set()
    for item in told:
        if item["application_id"] in seen:
            raise TraitsTwice(application_id=item["application_id"])
        seen.add(item["application_id"])
    institution_id = tenancy.institution_of(session)
    rows = [
        {**item, "institution_id": institution_id, "actor_id": actor.id, "recorded_at": at}
        for item in sorted(told, key=lambda item: item["application_id"])
    ]
    before = insert(ToldTraitRow).from_select(
        queries.KEPT, queries.standing(institution_id, seen)
    )  # what stood before tellings were kept
    for telling in (before, insert(ToldTraitRow).values(rows)):
        await session.execute(telling.on_conflict_do_nothing())
    statement = insert(TraitRow).values(rows)
    replaced = {
        name: statement.excluded[name] for name in (*queries.TRAITS, "actor_id", "recorded_at")
    }
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["institution_id", "application_id"], set_=replaced
        )
    )
