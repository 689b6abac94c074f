"""What does the sandbox wallet remember of an order?"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.rails.tables import SandboxTransferRow
from shared import tenancy


async def find_transfer(session: AsyncSession, payment_id: UUID) -> SandboxTransferRow | None:
    """Return an order, or None if the wallet never heard of it."""
    key = (tenancy.institution_of(session), payment_id)
    return await session.get(SandboxTransferRow, key)
