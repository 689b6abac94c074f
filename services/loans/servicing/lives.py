"""What is a contract's course folded from, as it stands in the tables?"""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing.life import Entered, Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.repayments import queries as repayments
from shared.money import Money

COURSE = "course"
"""How a contract is served whose profit every payment counts anew."""


async def life_of(session: AsyncSession, row: ContractRow) -> Life:
    """Return what a contract's course is folded from; what was taken back is not in it."""
    entered = [_entered(one) for one in await repayments.entered(session, row.contract_id)]
    signed = tuple(
        Instalment(
            number=one.number,
            due_on=one.due_on,
            principal=Money(one.principal_minor, row.currency),
            profit=Money(one.profit_minor, row.currency),
            fee=Money(one.fee_minor, row.currency),
            penalty_minor=one.penalty_minor,
        )
        for one in await repayments.first_dues(session, row.contract_id)
    )
    terms = contract_queries.terms_of(row)
    return Life(terms=terms, signed=signed, entered=tuple(entered))


def _entered(one: Row[Any]) -> Entered:
    if one.what == "paid_out":
        return PaidOut(key=one.id, on=one.day, amount=one.minor)
    if one.what == "received":
        return Received(key=one.id, on=one.day, amount=one.minor)
    asked = Asked.of(
        OrderKind(one.kind),
        effective_on=one.day,
        reason=OrderReason(one.reason),
        members=one.members,
    )
    return Ordered(
        order_id=one.id,
        asked=asked,
        moved=one.minor,
        forgiven=one.forgiven,
        written_off=one.written_off,
        recovered=one.recovered,
    )
