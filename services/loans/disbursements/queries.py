"""What was paid out, and what is on its way?"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain.schedule import Instalment
from shared import tenancy
from shared.ids import ContractId
from shared.money import Money


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


STANDING = text("""
    select d.disbursement_id from disbursement d
    where d.institution_id = :institution_id and d.contract_id = :contract_id
      and d.reverses_disbursement_id is null and not exists (
        select from disbursement r where r.institution_id = d.institution_id
          and r.reverses_disbursement_id = d.disbursement_id)
    order by d.disbursed_on, d.disbursement_id
""")


async def standing_disbursements(
    session: AsyncSession, contract_id: UUID
) -> tuple[DisbursementRow, ...]:
    """Return what was paid out on a contract and not taken back, in the order of the payouts."""
    institution_id = tenancy.institution_of(session)
    values = {"institution_id": institution_id, "contract_id": contract_id}
    found = (await session.execute(STANDING, values)).scalars().all()
    rows = [await session.get(DisbursementRow, (institution_id, one)) for one in found]
    return tuple(row for row in rows if row is not None)


TAKEN_BACK = text("""
    select contract_id, max(disbursed_on) as taken_back_on from disbursement
    where institution_id = :institution_id and contract_id = any(:contract_ids)
      and reverses_disbursement_id is not null
    group by contract_id
""")


async def taken_back_on(
    session: AsyncSession, contract_ids: Collection[ContractId]
) -> dict[ContractId, date]:
    """Return the last days on which payouts were taken back, by contract."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
    }
    rows = await session.execute(TAKEN_BACK, values)
    return {ContractId(row.contract_id): row.taken_back_on for row in rows}


UNDER_WAY = text("""
    select contract_id, payment_id from payment
    where institution_id = :institution_id and contract_id = any(:contract_ids)
      and direction = 'outbound' and (status in ('requested', 'accepted')
        or (status = 'completed' and booked_at is null))
""")


async def payments_under_way(
    session: AsyncSession, contract_ids: Collection[ContractId]
) -> dict[ContractId, UUID]:
    """Return the payments to borrowers that have not failed and are not booked, by contract."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
    }
    rows = await session.execute(UNDER_WAY, values)
    return {ContractId(row.contract_id): row.payment_id for row in rows}


SIGNED_INSTALMENTS = text("""
    select number, due_on, principal_minor, profit_minor, fee_minor from instalment
    where institution_id = :institution_id and contract_id = :contract_id and generation = 1
    order by number
""")


async def signed_instalments(
    session: AsyncSession, contract_id: UUID, *, currency: str
) -> tuple[Instalment, ...]:
    """Return the instalments of a contract as they were signed."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return tuple(
        Instalment(
            number=row.number,
            due_on=row.due_on,
            principal=Money(row.principal_minor, currency),
            profit=Money(row.profit_minor, currency),
            fee=Money(row.fee_minor, currency),
        )
        for row in await session.execute(SIGNED_INSTALMENTS, values)
    )
