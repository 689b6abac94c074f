"""What is the receiver of zakat to those who paid it and who decide, and what is owed to us?"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.lawful import Book
from services.loans.domain.zakat import ageing, grants, rules, ties
from services.loans.domain.zakat.ageing import Limits
from services.loans.domain.zakat.grants import Debt
from services.loans.funds.tables import FundRow
from services.loans.zakat import queries
from services.loans.zakat_payers import queries as payer_queries
from shared.money import Money
from shared.rulebook import Fact

NO_WARNINGS = Limits(notice=1, warning=1, urgent=1, most=1)


async def require_untied(
    session: AsyncSession,
    fund: FundRow,
    borrower_id: UUID,
    *,
    days: Collection[date],
    actors: Collection[UUID],
    book: Book,
) -> Fact:
    """Raise where the receiver is kin of a payer in hand, or of who gives, or is staff.

    Whose zakat it is, is asked of each day named. Gives the rule on whom zakat does not reach.
    Raises TieNotDeclared, StaffReceives, PayersKin, TiedToReceiver.
    """
    payers = [await _payers_in_hand(session, fund, on=day) for day in sorted({*days})]
    payer_ids = set[UUID]().union(*payers)
    excluded = rules.fact(book, "excluded_relations", on=min(days))
    declared = await payer_queries.ties(session, borrower_id, payer_ids=payer_ids)
    ties.require_untied(
        declared,
        borrower_id=borrower_id,
        actors=actors,
        excluded=excluded.text.split(),
        source=excluded.source.title,
    )
    namesakes = await payer_queries.namesakes(session, borrower_id, payer_ids=payer_ids)
    ties.require_told(declared, namesakes=namesakes, borrower_id=borrower_id)
    return excluded


async def require_no_kin(session: AsyncSession, borrower_id: UUID, *, actor_id: UUID) -> None:
    """Raise TiedToReceiver where who decides on a class is kin of the person, or is that person."""
    declared = await payer_queries.ties(session, borrower_id, payer_ids=())
    ties.require_no_kin(declared, actor_id=actor_id)


async def require_owed(
    session: AsyncSession, debt: Debt | None, *, borrower_id: UUID, asked_on: date, on: date
) -> None:
    """Hold a debt that is named as ours against our books. Raises DebtNotOwed, DebtMadeForZakat."""
    if debt is None or debt.contract_id is None:
        return
    own = await queries.own_debt(session, debt.contract_id, on=on)
    grants.require_owed(debt, own=own, borrower_id=borrower_id, asked_on=asked_on)


async def _payers_in_hand(session: AsyncSession, fund: FundRow, *, on: date) -> set[UUID]:
    """The known payers whose zakat still lies in the fund: what went out was of the oldest."""
    collected = await payer_queries.collected(session, fund.fund_id, on=on)
    held = Money(await queries.in_hand(session, fund.fund_id, on=on), fund.currency)
    left = ageing.layers(
        [one.receipt for one in collected], in_hand=held, on=on, limits=NO_WARNINGS
    )
    open_ids = {layer.receipt.receipt_id for layer in left}
    return {
        one.payer_id
        for one in collected
        if one.payer_id is not None and one.receipt.receipt_id in open_ids
    }
