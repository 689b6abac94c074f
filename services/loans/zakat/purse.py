"""Is what shall be paid out of zakat an amount, and is it there?"""

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.journal import Channel
from services.loans.funds import returning, sparing
from services.loans.funds.tables import FundRow
from shared.money import Money


def require_positive(amount: Money) -> None:
    """Raise AmountNotPositive for what is no amount to be paid."""
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)


async def require_money(
    session: AsyncSession, fund: FundRow, amount: Money, channel: Channel
) -> None:
    """Raise FundExhausted where fund or channel has not as much that is free."""
    await returning.require_held(session, fund, amount, channel)
    await sparing.require_free(session, fund, amount)
