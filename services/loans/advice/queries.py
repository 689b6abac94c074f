"""Which fund does the newest approved run propose, and which adopted reviews are there?"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.advice.tables import ApplicationProposalRow, DecidedReviewRow
from shared import tenancy

ADOPTED = "adopted"


async def proposal(session: AsyncSession, application_id: UUID) -> ApplicationProposalRow | None:
    """What the run that was approved last says of an application; None where none spoke of it."""
    query = (
        select(ApplicationProposalRow)
        .where(
            ApplicationProposalRow.institution_id == tenancy.institution_of(session),
            ApplicationProposalRow.application_id == application_id,
        )
        .order_by(ApplicationProposalRow.sequence.desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def adopted_for(session: AsyncSession, product_code: str) -> Sequence[DecidedReviewRow]:
    """The adopted reviews whose policy may change a product, the newest first."""
    query = (
        select(DecidedReviewRow)
        .where(
            DecidedReviewRow.institution_id == tenancy.institution_of(session),
            DecidedReviewRow.outcome == ADOPTED,
            or_(
                func.cardinality(DecidedReviewRow.products) == 0,
                DecidedReviewRow.products.contains([product_code]),
            ),
        )
        .order_by(DecidedReviewRow.sequence.desc())
    )
    return (await session.scalars(query)).all()
