"""How is money booked that has arrived for a loan that was written off meanwhile?"""

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.servicing import operations
from services.loans.servicing.outcomes import Given
from shared import tenancy
from shared.auth import Actor


async def recover(session: AsyncSession, command: ReceiveRepayment) -> Given:
    """Book money that came through a payment as a recovery: it cannot be sent away any more.

    Raises what an order of recovery refuses: BeyondWhatIsThere above what is still owed.
    """
    actor = Actor(
        id=command.actor_id,
        institution_id=tenancy.institution_of(session),
        roles=frozenset(),
    )
    asked = Asked(
        kind=OrderKind.RECOVERY,
        effective_on=command.received_on,
        reason=OrderReason.AGREEMENT,
        amount_minor=command.amount.minor,
        channel=command.channel,
    )
    return await operations.propose(
        session, command.contract_id, asked, actor=actor, today=command.today
    )
