"""Is what shall be paid out of zakat an amount, and is it there?"""

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import funding
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.journal import Channel
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning, tagging
from services.loans.funds.tables import FundRow
from shared.ids import FundId
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
    await require_free(session, fund, amount)


async def require_free(session: AsyncSession, fund: FundRow, amount: Money) -> None:
    """Raise FundExhausted or TagExhausted where the fund has not as much, open and unclaimed."""
    fund_id = FundId(fund.fund_id)
    standing = (await fund_queries.standings(session, [fund_id]))[fund_id]
    funding.require_available(
        fund_queries.fund_of(fund),
        requested=amount,
        cash=standing.cash,
        reserved=standing.reserved,
        committed=standing.committed,
    )
    await tagging.require_free(session, fund, tag=None, amount=amount)
