"""What was paid out, and what is on its way?"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain.schedule import Instalment
from shared import tenancy
from shared.ids import ContractId, FundId
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


async def standing_disbursements(
    session: AsyncSession, contract_id: UUID
) -> tuple[DisbursementRow, ...]:
    """Return what was paid out on a contract and not taken back, in the order of the payouts."""
    return (await standing_of(session, [contract_id])).get(contract_id, ())


async def standing_of(
    session: AsyncSession, contract_ids: Collection[UUID]
) -> dict[UUID, tuple[DisbursementRow, ...]]:
    """Return what `standing_disbursements` says of contracts; nothing of one never paid out."""
    back = aliased(DisbursementRow)
    statement = (
        select(DisbursementRow)
        .where(
            DisbursementRow.institution_id == tenancy.institution_of(session),
            DisbursementRow.contract_id.in_(contract_ids),
            DisbursementRow.reverses_disbursement_id.is_(None),
            ~exists().where(
                back.institution_id == DisbursementRow.institution_id,
                back.reverses_disbursement_id == DisbursementRow.disbursement_id,
            ),
        )
        .order_by(DisbursementRow.disbursed_on, DisbursementRow.disbursement_id)
    )
    found: dict[UUID, tuple[DisbursementRow, ...]] = {}
    for row in await session.scalars(statement):
        found[row.contract_id] = (*found.get(row.contract_id, ()), row)
    return found


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


BORROWERS = text("""
    select count(distinct c.borrower_id) from contract c
    where c.institution_id = :institution_id and c.fund_id = :fund_id and exists (
      select from disbursement d
      where d.institution_id = c.institution_id and d.contract_id = c.contract_id
        and d.amount_minor > 0 and d.disbursed_on <= :as_of
        and not exists (select from disbursement r
          where r.institution_id = d.institution_id
            and r.reverses_disbursement_id = d.disbursement_id))
""")


async def borrowers_reached(session: AsyncSession, fund_id: FundId, *, as_of: date) -> int:
    """Return how many borrowers a fund had paid out to by a day, each counted once."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "as_of": as_of,
    }
    count: int = (await session.execute(BORROWERS, values)).scalar_one()
    return count
