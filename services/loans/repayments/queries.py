"""Which repayments does a contract have, what of one can be charged back, what else was entered?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
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
ENTERED = text("""
    select * from (
      select 'paid_out' as what, d.disbursement_id as id, d.disbursed_on as day,
        d.amount_minor as minor, 0::bigint as forgiven, 0::bigint as written_off,
        0::bigint as recovered, null as kind, null as reason, null::jsonb as members, d.recorded_at
      from disbursement d
      where d.institution_id = :institution_id and d.contract_id = :contract_id
        and d.reverses_disbursement_id is null and not exists (
          select from disbursement b where b.institution_id = d.institution_id
            and b.reverses_disbursement_id = d.disbursement_id)
      union all
      select 'received', r.repayment_id, r.received_on, r.amount_minor, 0, 0, 0, null, null, null,
        r.recorded_at
      from repayment r
      where r.institution_id = :institution_id and r.contract_id = :contract_id
        and r.reverses_repayment_id is null and not exists (
          select from repayment b where b.institution_id = r.institution_id
            and b.reverses_repayment_id = r.repayment_id)
      union all
      select 'ordered', o.order_id, o.effective_on, e.moved_minor, e.forgiven_minor,
        e.written_off_minor, e.recovered_minor, o.kind, o.reason, o.members, e.recorded_at
      from order_effect e
      join contract_order o on o.institution_id = e.institution_id and o.order_id = e.order_id
      where e.institution_id = :institution_id and e.contract_id = :contract_id
        and e.reverses_order_id is null and not exists (
          select from order_effect b where b.institution_id = e.institution_id
            and b.reverses_order_id = e.order_id)
    ) m order by m.recorded_at, m.id
""")
FIRST_DUES = text("""
    select number, due_on, principal_minor, profit_minor, fee_minor, penalty_minor from instalment
    where institution_id = :institution_id and contract_id = :contract_id and generation = 1
    order by number
""")


async def entered(session: AsyncSession, contract_id: UUID) -> Sequence[Row[Any]]:
    """Return all that stands on a contract, payouts and orders too, as it was recorded."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return (await session.execute(ENTERED, values)).all()


async def first_dues(session: AsyncSession, contract_id: UUID) -> Sequence[Row[Any]]:
    """Return the instalments of a contract as they were signed."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return (await session.execute(FIRST_DUES, values)).all()


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
