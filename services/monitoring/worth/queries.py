"""What did the run that was approved last find of a fund?"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.worth.tables import FundWorthRow
from shared import tenancy
from shared.ids import FundId


async def newest(session: AsyncSession, fund_id: FundId) -> FundWorthRow | None:
    """The fund's row of the run that was approved last; None where none spoke of it."""
    query = (
        select(FundWorthRow)
        .where(
            FundWorthRow.institution_id == tenancy.institution_of(session),
            FundWorthRow.fund_id == fund_id,
        )
        .order_by(FundWorthRow.sequence.desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()
