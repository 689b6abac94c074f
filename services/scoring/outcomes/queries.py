"""What became of applications, as it stands?"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.outcomes.tables import LoanOutcomeRow
from shared import tenancy

ROWS_MAX = 200_000


async def outcomes_by_id(
    session: AsyncSession, application_ids: Collection[UUID]
) -> dict[UUID, LoanOutcomeRow]:
    """How these applications stand; one that nothing was told of is left out."""
    query = (
        select(LoanOutcomeRow)
        .where(
            LoanOutcomeRow.institution_id == tenancy.institution_of(session),
            LoanOutcomeRow.application_id.in_(application_ids),
        )
        .order_by(LoanOutcomeRow.application_id, LoanOutcomeRow.change.desc())
        .ext(distinct_on(LoanOutcomeRow.application_id))
    )
    return {row.application_id: row for row in (await session.execute(query)).scalars()}


async def outcomes_until(
    session: AsyncSession, on: date, *, most: int = ROWS_MAX
) -> dict[UUID, LoanOutcomeRow]:
    """How every application decided by a day stands, by its id; at most so many of the newest.

    A result that was observed later is not known on that day: callers look at `observed_on`.
    """
    query = (
        select(LoanOutcomeRow)
        .where(LoanOutcomeRow.institution_id == tenancy.institution_of(session))
        .order_by(LoanOutcomeRow.application_id.desc(), LoanOutcomeRow.change.desc())
        .ext(distinct_on(LoanOutcomeRow.application_id))
        .limit(most)
    )
    rows = (await session.execute(query)).scalars()
    return {row.application_id: row for row in rows if row.decided_on <= on}


def is_bad(row: LoanOutcomeRow | None, *, on: date) -> bool | None:
    """Whether a loan had ended badly by a day; None where that was not known then."""
    if row is None or row.result is None or row.observed_on is None or row.observed_on > on:
        return None
    return row.result == "bad"
