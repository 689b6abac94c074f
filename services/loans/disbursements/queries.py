"""What was paid out, and what is on its way?"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.disbursements.tables import DisbursementRow
from shared import tenancy
from shared.ids import ContractId


async def find_by_payment(session: AsyncSession, payment_id: UUID) -> DisbursementRow | None:
    """Return what was booked for a payment, or None."""
    statement = select(DisbursementRow).where(
        DisbursementRow.institution_id == tenancy.institution_of(session),
        DisbursementRow.payment_id == payment_id,
    )
    row: DisbursementRow | None = await session.scalar(statement)
    return row


async def disbursements_of(session: AsyncSession, contract_id: UUID) -> list[DisbursementRow]:
    """Return what was paid out on a contract."""
    statement = select(DisbursementRow).where(
        DisbursementRow.institution_id == tenancy.institution_of(session),
        DisbursementRow.contract_id == contract_id,
    )
    return list(await session.scalars(statement.order_by(DisbursementRow.disbursement_id)))


UNDER_WAY = text("""
    select contract_id, payment_id from payment
    where institution_id = :institution_id and contract_id = any(:contract_ids)
      and direction = 'outbound' and status not in ('failed', 'reversed')
""")


async def payments_under_way(
    session: AsyncSession, contract_ids: Collection[ContractId]
) -> dict[ContractId, UUID]:
    """Return the payments to borrowers that have not failed, by contract."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
    }
    rows = await session.execute(UNDER_WAY, values)
    return {ContractId(row.contract_id): row.payment_id for row in rows}
