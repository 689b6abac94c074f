"""Has a fund so much money to spare: at hand, promised to nobody, and given for nothing else?"""

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import funding
from services.loans.funds import queries, tagging
from services.loans.funds.tables import FundRow
from shared.ids import FundId
from shared.money import Money


async def require_unpromised(session: AsyncSession, fund: FundRow, amount: Money) -> None:
    """Raise FundExhausted unless a locked fund holds so much beyond what is promised."""
    fund_id = FundId(fund.fund_id)
    standing = (await queries.standings(session, [fund_id]))[fund_id]
    funding.require_available(
        queries.fund_of(fund),
        requested=amount,
        cash=standing.cash,
        reserved=standing.reserved,
        committed=standing.committed,
    )


async def require_free(
    session: AsyncSession, fund: FundRow, amount: Money, *, tag: str | None = None
) -> None:
    """Raise FundExhausted, or TagExhausted where what is free was given for another thing."""
    await require_unpromised(session, fund, amount)
    await tagging.require_free(session, fund, tag=tag, amount=amount)
