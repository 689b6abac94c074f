"""How do the buckets of lateness change?"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.at_risk import Scheme
from services.loans.portfolio.tables import BucketSchemeRow
from shared import tenancy
from shared.errors import Kind, RafidError


class BucketsSetToday(RafidError):
    """Buckets were set today already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The buckets from {effective_on} on are set; they can be changed again on that day."
    effective_on: date


async def set_buckets(
    session: AsyncSession, scheme: Scheme, *, today: date, actor_id: UUID
) -> BucketSchemeRow:
    """Let buckets hold from tomorrow on: no answer about a day that has begun ever changes.

    Raises BucketsSetToday.
    """
    effective_on = today + timedelta(days=1)
    statement = (
        insert(BucketSchemeRow)
        .values(
            institution_id=tenancy.institution_of(session),
            effective_on=effective_on,
            from_days=list(scheme.from_days),
            non_accrual_after_days=scheme.non_accrual_after_days,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
        .returning(BucketSchemeRow)
    )
    row: BucketSchemeRow | None = await session.scalar(statement)
    if row is None:
        raise BucketsSetToday(effective_on=effective_on)
    return row
