"""Which group is an applicant of? Asked by the audit of fairness, and by nothing else."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.fairness.tables import TraitRow
from shared import tenancy

TRAITS = ("sex", "age_band", "region", "disability")
ROWS_MAX = 200_000


async def groups(session: AsyncSession, *, most: int = ROWS_MAX) -> dict[str, dict[UUID, str]]:
    """The group of every application whose trait was recorded, trait by trait.

    At most so many of the newest: ids are given in the order of time.
    """
    query = (
        select(TraitRow)
        .where(TraitRow.institution_id == tenancy.institution_of(session))
        .order_by(TraitRow.application_id.desc())
        .limit(most)
    )
    rows = (await session.execute(query)).scalars().all()
    return {
        trait: {
            row.application_id: group
            for row in rows
            for group in [getattr(row, trait)]
            if group is not None
        }
        for trait in TRAITS
    }


async def is_told_by(session: AsyncSession, actor_ids: Collection[UUID]) -> bool:
    """Whether one of these people recorded a trait that stands."""
    query = select(TraitRow.application_id).where(
        TraitRow.institution_id == tenancy.institution_of(session),
        TraitRow.actor_id.in_(actor_ids),
    )
    return (await session.execute(query.limit(1))).first() is not None
