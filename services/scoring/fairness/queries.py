"""Which group is an applicant of? Asked by the audit of fairness, and by nothing else."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.fairness.tables import ToldTraitRow, TraitRow
from shared import tenancy

TRAITS = ("sex", "age_band", "region", "disability")
KEPT = ("institution_id", "application_id", "recorded_at", "actor_id", *TRAITS)
ROWS_MAX = 200_000


async def groups(
    session: AsyncSession, *, known_at: datetime | None = None, most: int = ROWS_MAX
) -> dict[str, dict[UUID, str]]:
    """The group of every application whose trait was recorded, trait by trait.

    As they were known at an instant, now without one. At most so many of the newest: ids are given
    in the order of time.
    """
    tables = (TraitRow,) if known_at is None else (TraitRow, ToldTraitRow)
    each = union_all(*(_told(table, session, known_at) for table in tables)).subquery().c
    query = (
        select(*each)
        .ext(distinct_on(each.application_id))
        .order_by(each.application_id.desc(), each.recorded_at.desc())
        .limit(most)
    )
    rows = (await session.execute(query)).all()
    return {
        trait: {
            row.application_id: group
            for row in rows
            for group in [getattr(row, trait)]
            if group is not None
        }
        for trait in TRAITS
    }


def _told(
    table: type[TraitRow | ToldTraitRow], session: AsyncSession, known_at: datetime | None
) -> Select[Any]:
    members = (getattr(table, name) for name in ("application_id", "recorded_at", *TRAITS))
    query = select(*members).where(table.institution_id == tenancy.institution_of(session))
    return query if known_at is None else query.where(table.recorded_at <= known_at)


def standing(institution_id: UUID, application_ids: Collection[UUID]) -> Select[Any]:
    """What stands of these applications, in the order of `KEPT`."""
    return select(*(getattr(TraitRow, name) for name in KEPT)).where(
        TraitRow.institution_id == institution_id,
        TraitRow.application_id.in_(application_ids),
    )


async def is_told_by(session: AsyncSession, actor_ids: Collection[UUID]) -> bool:
    """Whether one of these people recorded a trait that stands."""
    query = select(TraitRow.application_id).where(
        TraitRow.institution_id == tenancy.institution_of(session),
        TraitRow.actor_id.in_(actor_ids),
    )
    return (await session.execute(query.limit(1))).first() is not None
