"""Does a clause of those who gave their zakat refuse a grant of it?"""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers.tables import BorrowerRow
from services.loans.domain.cases import facts_told
from services.loans.domain.zakat.grants import Asked
from services.loans.funds import restricting
from services.loans.funds.tables import FundRow
from shared.money import Money


async def require_met(
    session: AsyncSession,
    fund: FundRow,
    asked: Asked,
    borrower: BorrowerRow,
    *,
    purpose: str,
    on: date,
) -> None:
    """Raise FundRestricted where a payer's clause refuses the grant."""
    facts = facts_told(
        person=borrower.borrower_id,
        sex=borrower.sex,
        born_on=borrower.born_on,
        region=borrower.region,
        sector=None,
        purpose=purpose,
        own_contribution=Money.zero(fund.currency),
        characteristics={},
        on=on,
        zakat_class=asked.zakat_class.value,
    )
    await restricting.require_gift(session, fund, facts, asked.amount, on=on)
