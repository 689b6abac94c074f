"""Which payments are on their way, and what was said of them?"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts.tables import ContractRow
from services.loans.payments.tables import PaymentMessageRow, PaymentRow, PaymentStepRow
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId
from shared.schemas import Page


class PaymentNotFound(RafidError):
    """There is no such payment"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No payment with the id {payment_id} is visible to you."
    payment_id: UUID


async def find_payment(
    session: AsyncSession, payment_id: UUID, *, lock: bool = False
) -> PaymentRow | None:
    """Return a payment, locked if asked, or None."""
    statement = select(PaymentRow).where(
        PaymentRow.institution_id == tenancy.institution_of(session),
        PaymentRow.payment_id == payment_id,
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
    row: PaymentRow | None = await session.scalar(statement)
    return row


async def payment(
    session: AsyncSession, payment_id: UUID, *, branch_ids: Collection[UUID] | None
) -> PaymentRow:
    """Return a payment of a contract in the branches seen; raises PaymentNotFound."""
    row = await find_payment(session, payment_id)
    if row is None or not await _is_seen(session, row.contract_id, branch_ids=branch_ids):
        raise PaymentNotFound(payment_id=payment_id)
    return row


async def _is_seen(
    session: AsyncSession, contract_id: UUID, *, branch_ids: Collection[UUID] | None
) -> bool:
    if branch_ids is None:
        return True
    key = (tenancy.institution_of(session), contract_id)
    contract = await session.get(ContractRow, key)
    return contract is not None and contract.branch_id in branch_ids


async def payments(
    session: AsyncSession,
    *,
    status: str | None,
    branch_ids: Collection[UUID] | None,
    page: Page,
) -> Sequence[PaymentRow]:
    """Return a page of payments by id, one more than fits."""
    statement = select(PaymentRow).where(
        PaymentRow.institution_id == tenancy.institution_of(session)
    )
    if status is not None:
        statement = statement.where(PaymentRow.status == status)
    if branch_ids is not None:
        statement = statement.join(
            ContractRow,
            (ContractRow.institution_id == PaymentRow.institution_id)
            & (ContractRow.contract_id == PaymentRow.contract_id),
        ).where(ContractRow.branch_id.in_(branch_ids))
    if page.after is not None:
        statement = statement.where(PaymentRow.payment_id > page.after)
    statement = statement.order_by(PaymentRow.payment_id).limit(page.limit + 1)
    return (await session.scalars(statement)).all()


async def steps(session: AsyncSession, payment_id: UUID) -> Sequence[PaymentStepRow]:
    """Return what each message did to a payment, in the order of arrival."""
    statement = select(PaymentStepRow).where(
        PaymentStepRow.institution_id == tenancy.institution_of(session),
        PaymentStepRow.payment_id == payment_id,
    )
    return (await session.scalars(statement.order_by(PaymentStepRow.step_id))).all()


async def find_message_id(
    session: AsyncSession, *, rail: str, provider_message_id: str, digest: bytes
) -> UUID | None:
    """Return the id of a message that came before, to the letter."""
    statement = select(PaymentMessageRow.message_id).where(
        PaymentMessageRow.institution_id == tenancy.institution_of(session),
        PaymentMessageRow.rail == rail,
        PaymentMessageRow.provider_message_id == provider_message_id,
        PaymentMessageRow.digest == digest,
    )
    found: UUID | None = await session.scalar(statement)
    return found


async def is_heard(session: AsyncSession, message_id: UUID) -> bool:
    """Whether a message has had its effect."""
    statement = select(PaymentStepRow.step_id).where(
        PaymentStepRow.institution_id == tenancy.institution_of(session),
        PaymentStepRow.message_id == message_id,
    )
    return (await session.scalar(statement)) is not None


async def signed_on(session: AsyncSession, contract_id: UUID) -> date:
    """Return the day on which a payment's contract was signed."""
    key = (tenancy.institution_of(session), contract_id)
    return (await session.get_one(ContractRow, key)).signed_on


async def is_repaid(session: AsyncSession, payment_id: UUID) -> bool:
    """Whether a repayment was booked for a payment."""
    values = {"institution_id": tenancy.institution_of(session), "payment_id": payment_id}
    return (await session.scalar(REPAID, values)) is not None


REPAID = text("""
    select repayment_id from repayment
    where institution_id = :institution_id and payment_id = :payment_id
      and reverses_repayment_id is null
""")


async def unheard(
    session: AsyncSession, *, after: UUID, before: UUID, limit: int
) -> Sequence[PaymentMessageRow]:
    """Return kept messages about known payments that have had no effect, in order of arrival."""
    kept, step = PaymentMessageRow, PaymentStepRow
    statement = (
        select(kept)
        .join(
            PaymentRow,
            (PaymentRow.institution_id == kept.institution_id)
            & (PaymentRow.payment_id == kept.payment_id),
        )
        .outerjoin(
            step,
            (step.institution_id == kept.institution_id) & (step.message_id == kept.message_id),
        )
        .where(
            kept.institution_id == tenancy.institution_of(session),
            kept.message_id > after,
            kept.message_id < before,
            step.step_id.is_(None),
        )
    )
    return (await session.scalars(statement.order_by(kept.message_id).limit(limit))).all()


# What is neither definite nor booked, asked for again after 1, 2, 4, … seconds, at most an hour.
WAITING = text("""
    select payment_id from payment
    where institution_id = :institution_id
      and (status in ('requested', 'accepted') or (status = 'completed' and booked_at is null))
      and (asked_at is null
        or asked_at + make_interval(secs => least(power(2, least(attempts, 12)), 3600)) <= :at)
    order by payment_id limit :limit
""")


async def waiting(session: AsyncSession, *, at: datetime, limit: int) -> list[UUID]:
    """Return payments whose end is not known or not booked, and whose turn it is."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "at": at,
        "limit": limit,
    }
    return list((await session.execute(WAITING, values)).scalars())


INSTITUTIONS = text("select institution_id from tenant order by institution_id")


async def institution_ids(session: AsyncSession) -> list[InstitutionId]:
    """Return every institution; which there are is no institution's secret to our own timer."""
    return [InstitutionId(found) for found in (await session.execute(INSTITUTIONS)).scalars()]
