"""Which repayments does a contract have?"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts.tables import ContractRow
from services.loans.repayments.tables import RepaymentRow
from shared import tenancy
from shared.ids import BranchId, ContractId, PaymentId
from shared.schemas import Page


async def repayments_of(
    session: AsyncSession,
    contract_id: ContractId,
    *,
    branch_ids: frozenset[BranchId] | None,
    page: Page,
) -> list[RepaymentRow]:
    """Return a contract's repayments in the order of booking, one more than the page takes."""
    statement = (
        select(RepaymentRow)
        .join(
            ContractRow,
            (ContractRow.institution_id == RepaymentRow.institution_id)
            & (ContractRow.contract_id == RepaymentRow.contract_id),
        )
        .where(
            RepaymentRow.institution_id == tenancy.institution_of(session),
            RepaymentRow.contract_id == contract_id,
        )
        .order_by(RepaymentRow.repayment_id)
        .limit(page.limit + 1)
    )
    if branch_ids is not None:
        statement = statement.where(ContractRow.branch_id.in_(branch_ids))
    if page.after is not None:
        statement = statement.where(RepaymentRow.repayment_id > page.after)
    return list((await session.scalars(statement)).all())


async def find_by_payment(session: AsyncSession, payment_id: PaymentId) -> UUID | None:
    """Return the repayment that a payment became, if it has."""
    statement = select(RepaymentRow.repayment_id).where(
        RepaymentRow.institution_id == tenancy.institution_of(session),
        RepaymentRow.payment_id == payment_id,
        RepaymentRow.reverses_repayment_id.is_(None),
    )
    return (await session.scalars(statement)).first()
