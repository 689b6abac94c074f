"""How does an order of a contract's past come into force again, as it was decided elsewhere?"""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts.tables import ContractRow
from services.loans.domain.servicing import deciding
from services.loans.domain.servicing.orders import Asked, OrderKind
from services.loans.servicing import applying, causes, held, operations, queries
from services.loans.servicing.outcomes import Giving

RESTS_ELSEWHERE: Final = frozenset({OrderKind.TRANSFER, OrderKind.REFINANCE, OrderKind.TOP_UP})
"""Orders whose cause is another person's or another contract's: it was checked where it was."""


async def take_over(
    session: AsyncSession, row: ContractRow, asked: Asked, *, booked_on: date, actor_id: UUID
) -> UUID:
    """Bring an order on a locked contract into force on the day it was booked; gives its id.

    Who gave and who approved it is not here, no cap and no purse refuses it now; what it rests on
    within the contract is checked, and it is folded as it was. Raises what
    `operations.decide` raises of that, LaterOrderStands, PeriodClosed.
    """
    file = await queries.file(session, row)
    earliest = applying.earliest(file)
    if asked.kind not in RESTS_ELSEWHERE:
        earliest = await causes.check(session, file, asked)
    decided = deciding.decide(
        file.standing,
        asked,
        history=file.history,
        earliest=earliest,
        today=booked_on,
        closed_through=file.closed_through,
    )
    await held.require(session, file, asked, decided)
    given = operations.row_of(
        session, Giving(file=file, asked=asked, decided=decided), actor_id=actor_id
    )
    session.add(given)
    await session.flush()
    await applying.bring_into_force(
        session, given, file=file, asked=asked, decided=decided, actor_id=actor_id
    )
    return given.order_id
