"""What of a promise is firmly due to a fund, and what rests on a receipt?

Nothing here is money: what is firmly due may be reserved and committed where its agreement says so,
and is paid out once it has come.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import funding
from services.loans.domain.claiming import Ask, Purses
from services.loans.funds import queries
from services.loans.funds.tables import FundExpectationRow, ReceiptRow
from shared import ids, tenancy
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money


class ClaimsRestOnDue(RafidError):
    """Applications rest on what would no longer come"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The fund {fund_code} has promised more than it would have; release {missing} first."
    fund_code: str
    missing: Money


async def expect(
    session: AsyncSession,
    *,
    fund_id: FundId,
    source_id: UUID,
    number: int,
    amount: Money,
    from_on: date,
    until_on: date,
    actor_id: UUID,
) -> None:
    """Add to what is firmly due from a day until another, or take away from it."""
    session.add(
        FundExpectationRow(
            institution_id=tenancy.institution_of(session),
            expectation_id=ids.new(),
            fund_id=fund_id,
            source_id=source_id,
            number=number,
            amount_minor=amount.minor,
            from_on=from_on,
            until_on=until_on,
            actor_id=actor_id,
        )
    )
    await session.flush()


async def require_no_claims(session: AsyncSession, fund_id: FundId, *, on: date) -> None:
    """Refuse where more is claimed of a locked fund than it holds and is due. ClaimsRestOnDue."""
    fund = (await queries.locked_funds(session, [fund_id]))[fund_id]
    standing = (await queries.standings(session, [fund_id], on=on))[fund_id]
    free = standing.counted_on - standing.reserved - standing.committed
    if free.is_negative:
        raise ClaimsRestOnDue(fund_code=fund.code, missing=-free)


async def require_come(session: AsyncSession, asks: Sequence[Ask], *, purses: Purses) -> None:
    """Refuse to pay out of locked funds what has not come yet. Raises FundExhausted.

    A fund that holds all it has promised pays any of it. Where something rests on what is firmly
    due, whoever comes first is paid, and payments that have set out are counted as gone.
    """
    asked: defaultdict[FundId, list[Money]] = defaultdict(list)
    for ask in asks:
        asked[ask.fund_id].append(ask.amount)
    for fund_id, amounts in asked.items():
        purse = purses[fund_id]
        if purse.standing.is_covered:
            continue
        row = await queries.fund_by_id(session, fund_id)
        currency = purse.fund.currency
        funding.require_available(
            purse.fund,
            requested=Money.total(amounts, currency),
            cash=purse.standing.cash,
            reserved=await queries.under_way(session, row),
            committed=Money.zero(currency),
        )


async def bind(
    session: AsyncSession, receipt_id: UUID, *, by: UUID | None, instead_of: UUID | None = None
) -> bool:
    """Let something rest on a receipt, or nothing any more; False where another does already."""
    bound = await session.execute(
        update(ReceiptRow)
        .where(
            ReceiptRow.institution_id == tenancy.institution_of(session),
            ReceiptRow.receipt_id == receipt_id,
            ReceiptRow.bound_by.is_not_distinct_from(instead_of),
        )
        .values(bound_by=by)
        .returning(ReceiptRow.receipt_id)
    )
    return bound.first() is not None
