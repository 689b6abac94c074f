"""Which repayments does a contract have, and what of one can be charged back?"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts.tables import ContractRow, PositionRow
from services.loans.domain.journal import Channel
from services.loans.repayments.tables import RepaymentRow
from shared import tenancy
from shared.errors import Kind, RafidError
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


CHARGEABLE = text("""
    select r.received_on, r.channel, r.amount_minor - coalesce((
        select sum((o.members ->> 'amount_minor')::bigint)
        from contract_order o
        join order_effect e on e.institution_id = o.institution_id and e.order_id = o.order_id
        where o.institution_id = r.institution_id and o.contract_id = r.contract_id
          and o.kind = 'charge_back' and (o.members ->> 'repayment_id')::uuid = r.repayment_id
          and not exists (select from order_effect b
            where b.institution_id = e.institution_id and b.reverses_order_id = e.order_id)
      ), 0)::bigint as available_minor
    from repayment r
    where r.institution_id = :institution_id and r.contract_id = :contract_id
      and r.repayment_id = :repayment_id and r.amount_minor > 0 and not exists (
        select from repayment b where b.institution_id = r.institution_id
          and b.reverses_repayment_id = r.repayment_id)
      and not exists (
        select from subsidy_payment y where y.institution_id = r.institution_id
          and y.repayment_id = r.repayment_id)
""")


class PaidBySubsidy(RafidError):
    """Another fund paid this, as a subsidy of the price"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The repayment {repayment_id} is a subsidy's: it never came from the borrower."
    repayment_id: UUID


OF_SUBSIDY = text("""
    select exists (select from subsidy_payment
      where institution_id = :institution_id and repayment_id = :repayment_id)
""")


async def refuse_subsidised(session: AsyncSession, repayment_id: UUID) -> None:
    """Refuse to give back to a borrower what a subsidy paid. Raises PaidBySubsidy."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "repayment_id": repayment_id,
    }
    if (await session.execute(OF_SUBSIDY, values)).scalar_one():
        raise PaidBySubsidy(repayment_id=repayment_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargeable:
    """A repayment that stands: its day, where its money lies, what was not charged back yet."""

    received_on: date
    channel: Channel
    available_minor: int


async def chargeable(
    session: AsyncSession, contract_id: UUID, *, repayment_id: UUID
) -> Chargeable | None:
    """Return what of a contract's repayment can be charged back; None unless it stands."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "repayment_id": repayment_id,
    }
    row = (await session.execute(CHARGEABLE, values)).first()
    if row is None:
        return None
    return Chargeable(
        received_on=row.received_on,
        channel=Channel(row.channel),
        available_minor=row.available_minor,
    )


# What stands, in the order in which it was recorded; ids of one instant are in the order of their
# being made.
async def folding(
    session: AsyncSession, *, served: str, after: UUID, limit: int
) -> list[tuple[ContractRow, PositionRow]]:
    """Return a page of the contracts that are served in one way, with their positions."""
    statement = (
        select(ContractRow, PositionRow)
        .join(
            PositionRow,
            (PositionRow.institution_id == ContractRow.institution_id)
            & (PositionRow.contract_id == ContractRow.contract_id),
        )
        .where(
            ContractRow.institution_id == tenancy.institution_of(session),
            ContractRow.servicing == served,
            ContractRow.contract_id > after,
        )
        .order_by(ContractRow.contract_id)
        .limit(limit)
    )
    return [(row, head) for row, head in await session.execute(statement)]
