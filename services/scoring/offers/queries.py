"""What was offered, and what became of it?"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.offers.tables import OfferOutcomeRow
from shared import tenancy
from shared.ids import AssessmentId


async def outcomes_of(session: AsyncSession, assessment_id: AssessmentId) -> list[OfferOutcomeRow]:
    """Everything that became of an offer, the oldest first."""
    query = (
        select(OfferOutcomeRow)
        .where(
            OfferOutcomeRow.institution_id == tenancy.institution_of(session),
            OfferOutcomeRow.assessment_id == assessment_id,
        )
        .order_by(OfferOutcomeRow.change)
    )
    return list((await session.execute(query)).scalars())
