"""Does what is put off leave there, on its day, what a waqf gives back to who endowed it?"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import queries as cofinancing
from services.loans.domain.servicing.orders import OrderKind
from services.loans.funds import keeping
from services.loans.servicing.applying import RENEGOTIATES, Forced
from shared.ids import FundId

PUTS_OFF: Final = RENEGOTIATES | {OrderKind.REVERSAL}
"""Orders by which dues may come later than they were to."""


@asynccontextmanager
async def returns_kept(session: AsyncSession, orders: Sequence[Forced]) -> AsyncIterator[None]:
    """Refuse orders that leave a day of return shorter than it was. Raises ReturnsNotCovered."""
    later = [one.file.contract for one in orders if one.asked.kind in PUTS_OFF]
    if not later:
        yield
        return
    funds = {FundId(contract.fund_id) for contract in later}
    shared = await cofinancing.plans_of(session, [contract.contract_id for contract in later])
    for plan in shared.values():
        funds |= {source.fund_id for source in plan.sources}
    async with keeping.returns_kept(session, funds):
        yield
