"""Is the rate that an order names within the caps of the country, on the order's day?

The contract keeps the rule it was signed under; a rate that changes is held against the rule of
the day it changes on. Fees are agreed once and are no part of the new rate.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contracts
from services.loans.domain import lawful
from services.loans.domain.lawful import Used
from services.loans.domain.servicing.orders import Asked
from services.loans.rulebook import operations as rulebook_uses
from services.loans.rulebook import queries as rulebook
from services.loans.servicing.queries import File
from shared.ids import ApplicationId


async def check(session: AsyncSession, file: File, asked: Asked) -> tuple[Used, ...]:
    """The caps that the rate of an order was held against. Raises what `lawful` raises."""
    rate, on = asked.annual_rate, asked.effective_on
    if rate is None:
        return ()
    signed = await contracts.signing_files(session, [ApplicationId(file.contract.application_id)])
    told = {} if not signed else next(iter(signed.values())).told
    book = (await rulebook.book(session, on=on)).knowing(
        {**told, "mode_of_finance": file.standing.terms.mode_of_finance.value}
    )
    nominal = lawful.check_rate(book, rate, on=on, strict=True)
    effective = lawful.compounded(file.standing.terms, rate)
    return nominal + lawful.check_rate(book, effective, on=on, strict=True, unit="effective")


async def keep(session: AsyncSession, order_id: UUID, file: File, asked: Asked) -> None:
    """Keep the caps that an order's rate was held against with the order."""
    used = await check(session, file, asked)
    await rulebook_uses.record_uses(session, "order", [(order_id, used)])
