"""What is held for a contract, and what is still owed on it?"""

from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.holdings import HoldingKind, Moved, Purpose
from services.loans.holdings.tables import (
    HoldingRequestEndRow,
    HoldingRequestRow,
    HoldingRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError


class HoldingUnknown(RafidError):
    """There is no such movement of held money"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No movement of held money {holding_id} is visible to you."
    holding_id: UUID


async def holding(session: AsyncSession, holding_id: UUID) -> HoldingRow:
    """Return a movement of held money. Raises HoldingUnknown."""
    row = await session.get(HoldingRow, (tenancy.institution_of(session), holding_id))
    if row is None:
        raise HoldingUnknown(holding_id=holding_id)
    return row


async def holdings_of(session: AsyncSession, contract_id: UUID) -> list[HoldingRow]:
    """Return every movement of money held for a contract, in the order of booking."""
    statement = select(HoldingRow).where(
        HoldingRow.institution_id == tenancy.institution_of(session),
        HoldingRow.contract_id == contract_id,
    )
    return list(await session.scalars(statement.order_by(HoldingRow.holding_id)))


async def find_reversal(session: AsyncSession, holding_id: UUID) -> UUID | None:
    """Return the movement that took one back, or None."""
    statement = select(HoldingRow.holding_id).where(
        HoldingRow.institution_id == tenancy.institution_of(session),
        HoldingRow.reverses_holding_id == holding_id,
    )
    found: UUID | None = await session.scalar(statement)
    return found


async def find_request(session: AsyncSession, request_id: UUID) -> HoldingRequestRow | None:
    """Return a request for held money, or None."""
    key = (tenancy.institution_of(session), request_id)
    return await session.get(HoldingRequestRow, key)


async def find_met(session: AsyncSession, request_id: UUID) -> UUID | None:
    """Return the movement that met a request, or None."""
    statement = select(HoldingRow.holding_id).where(
        HoldingRow.institution_id == tenancy.institution_of(session),
        HoldingRow.request_id == request_id,
    )
    found: UUID | None = await session.scalar(statement)
    return found


async def is_withdrawn(session: AsyncSession, request_id: UUID) -> bool:
    """Whether a request was withdrawn."""
    key = (tenancy.institution_of(session), request_id)
    return await session.get(HoldingRequestEndRow, key) is not None


async def open_requests(
    session: AsyncSession, contract_id: UUID, *, on: date
) -> list[HoldingRequestRow]:
    """Return what was asked for on a contract and may be met on a day, in the order of asking."""
    asked = HoldingRequestRow
    is_met = select(HoldingRow.holding_id).where(
        HoldingRow.institution_id == asked.institution_id,
        HoldingRow.request_id == asked.request_id,
    )
    ended = HoldingRequestEndRow
    is_ended = select(ended.request_id).where(
        ended.institution_id == asked.institution_id, ended.request_id == asked.request_id
    )
    statement = select(asked).where(
        asked.institution_id == tenancy.institution_of(session),
        asked.contract_id == contract_id,
        asked.expires_on > on,
        ~is_met.exists(),
        ~is_ended.exists(),
    )
    return list(await session.scalars(statement.order_by(asked.request_id)))


def moved(row: HoldingRow) -> Moved:
    """Give a movement as the domain knows it."""
    return Moved(
        purpose=Purpose(row.purpose),
        kind=HoldingKind(row.kind),
        amount=row.amount_minor,
        on=row.moved_on,
    )


# What is owed is what was agreed and is not yet paid, once anything is paid out or may still be.
OWES = text("""
    select p.status not in ('closed', 'cancelled') and c.status <> 'cancelled'
    from position p join contract c using (institution_id, contract_id)
    where p.institution_id = :institution_id and p.contract_id = :contract_id
""")


async def owes(session: AsyncSession, contract_id: UUID) -> bool:
    """Whether something is owed on a contract, or may be once it is paid out."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return bool((await session.execute(OWES, values)).scalar())


PAID_OUT_ON = text("""
    select distinct disbursed_on from disbursement
    where institution_id = :institution_id and contract_id = :contract_id and amount_minor > 0
""")


async def paid_out_on(session: AsyncSession, contract_id: UUID) -> frozenset[date]:
    """Return the days on which something was paid out on a contract."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return frozenset(await session.scalars(PAID_OUT_ON, values))
