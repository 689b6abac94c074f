"""How do funds get back what they committed to a contract and will not pay out?"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.claiming import Move
from services.loans.domain.funding import ClaimKind
from services.loans.funds import operations, queries
from shared.ids import ApplicationId


async def free_committed(
    session: AsyncSession, application_id: ApplicationId, *, actor_id: UUID
) -> None:
    """Free every commitment of a locked contract's application, of one fund or of several.

    Nothing committed is no error. Raises FundNotFound.
    """
    funds = {fund_id for _, fund_id in await queries.claims_of(session, [application_id])}
    await queries.locked_funds(session, sorted(funds))
    held = await queries.claims_of(session, [application_id])
    for (_, fund_id), claims in sorted(held.items(), key=lambda one: one[0][1]):
        if claims.committed.is_positive:
            move = Move(
                fund_id=fund_id,
                application_id=application_id,
                kind=ClaimKind.UNCOMMIT,
                amount=claims.committed,
            )
            await operations.claim_once(session, move, actor_id=actor_id)
