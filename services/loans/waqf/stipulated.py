"""Does what the founder or a donor stipulated refuse that yield is spent so?"""

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import queries as borrowers
from services.loans.domain.cases import Facts, facts_told
from services.loans.domain.regions import plain
from services.loans.domain.waqf_orders import WaqfOrder
from services.loans.funds import restricting
from services.loans.funds.tables import FundRow
from shared.auth import Actor
from shared.money import Money


async def require_met(
    session: AsyncSession, fund: FundRow, order: WaqfOrder, *, actor: Actor
) -> None:
    """Raise FundRestricted where a clause of the fund refuses that its yield is spent so.

    Who is paid is read where a borrower within reach is named as the party; of anybody else
    nothing is told, and a clause that asks for it refuses.
    """
    row = None
    if order.party_id is not None:
        known = await borrowers.borrowers_by_id(session, [order.party_id], actor=actor)
        row = known.get(order.party_id)
    if row is None:
        facts = Facts(person=order.party_id, purpose=plain(order.purpose or "") or None)
    else:
        facts = facts_told(
            person=row.borrower_id,
            sex=row.sex,
            born_on=row.born_on,
            region=row.region,
            sector=None,
            purpose=order.purpose,
            own_contribution=Money.zero(fund.currency),
            characteristics={},
            on=order.on,
        )
    await restricting.require_gift(session, fund, facts, order.amount, on=order.on)
