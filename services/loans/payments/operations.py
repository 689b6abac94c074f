"""How does a payment set out, and how does it take in what is said of it?"""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import paying
from services.loans.domain.paying import Direction, Heard, Outcome, PaymentStatus, Told
from services.loans.payments import queries
from services.loans.payments.tables import PaymentMessageRow, PaymentRow, PaymentStepRow
from shared import feed, ids, tenancy
from shared.ids import ContractId, PaymentId
from shared.money import Money
from shared.quiet_events import PaymentCompleted, PaymentFailed


async def request_payment(
    session: AsyncSession,
    *,
    payment_id: PaymentId,
    direction: Direction,
    rail: str,
    contract_id: ContractId,
    amount: Money,
    phone_sealed: bytes,
    actor_id: UUID,
    gross: Money | None = None,
) -> PaymentRow:
    """Write down that money shall move, before anybody is asked to move it.

    `gross` is what it pays on the contract, a part of which is kept back.
    """
    row = PaymentRow(
        institution_id=tenancy.institution_of(session),
        payment_id=payment_id,
        direction=direction.value,
        rail=rail,
        contract_id=contract_id,
        currency=amount.currency,
        amount_minor=amount.minor,
        gross_minor=None if gross is None else gross.minor,
        phone_sealed=phone_sealed,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


async def keep_message(
    session: AsyncSession, told: Told, *, rail: str, kind: str, body: bytes, sealed: bytes
) -> UUID:
    """Keep what a rail said as it came; the same message again keeps its first id."""
    digest = hashlib.sha256(body).digest()
    kept = await session.scalar(
        insert(PaymentMessageRow)
        .values(
            institution_id=tenancy.institution_of(session),
            message_id=ids.new(),
            rail=rail,
            provider_message_id=told.message_id,
            digest=digest,
            payment_id=told.payment_id,
            kind=kind,
            body_sealed=sealed,
        )
        .on_conflict_do_nothing()
        .returning(PaymentMessageRow.message_id)
    )
    message_id: UUID | None = kept or await queries.find_message_id(
        session, rail=rail, provider_message_id=told.message_id, digest=digest
    )
    if message_id is None:
        raise LookupError("a message is neither new nor known")
    return message_id


async def hear(session: AsyncSession, told: Told, *, message_id: UUID) -> PaymentRow | None:
    """Let one kept message have its effect, once; return its payment as it is now, or None.

    What contradicts is kept as a difference and moves nothing. Tells PaymentCompleted or
    PaymentFailed where the message was the definite one.
    """
    row = await queries.find_payment(session, told.payment_id, lock=True)
    if row is None or await queries.is_heard(session, message_id):
        return row
    heard = paying.hear(
        PaymentStatus(row.status),
        amount=Money(row.amount_minor, row.currency),
        told=told,
        is_booked=row.booked_at is not None or await queries.is_repaid(session, row.payment_id),
    )
    if heard.outcome is Outcome.MOVED:
        _move(row, told, status=heard.status)
    session.add(_step(row, told, heard=heard, message_id=message_id))
    await session.flush()
    if heard.outcome is Outcome.MOVED:
        await _tell(session, row)
    return row


def _move(row: PaymentRow, told: Told, *, status: PaymentStatus) -> None:
    row.status = status.value
    row.version += 1
    row.provider_reference = told.provider_reference or row.provider_reference
    row.reason_code = told.reason_code
    if status is PaymentStatus.COMPLETED:
        row.completed_on = told.occurred_on


def _step(row: PaymentRow, told: Told, *, heard: Heard, message_id: UUID) -> PaymentStepRow:
    return PaymentStepRow(
        institution_id=row.institution_id,
        step_id=ids.new(),
        payment_id=row.payment_id,
        message_id=message_id,
        told=told.news.value,
        outcome=heard.outcome.value,
        status=heard.status.value,
        reason_code=told.reason_code,
    )


async def _tell(session: AsyncSession, row: PaymentRow) -> None:
    event: PaymentCompleted | PaymentFailed
    if row.status == PaymentStatus.COMPLETED and row.completed_on is not None:
        event = PaymentCompleted(
            payment_id=row.payment_id,
            direction=row.direction,
            contract_id=row.contract_id,
            amount_minor=row.amount_minor,
            currency=row.currency,
            completed_on=row.completed_on,
        )
    elif row.status == PaymentStatus.FAILED:
        event = PaymentFailed(
            payment_id=row.payment_id,
            direction=row.direction,
            contract_id=row.contract_id,
            reason_code=row.reason_code or "unknown",
        )
    else:
        return
    await feed.publish(session, event, subject_id=row.contract_id)


async def note_asked(session: AsyncSession, payment_id: PaymentId, *, at: datetime) -> None:
    """Note that the rail is being asked, so that nobody else asks at the same moment."""
    row = await queries.find_payment(session, payment_id, lock=True)
    if row is not None:
        row.asked_at, row.attempts = at, row.attempts + 1
        await session.flush()


async def mark_booked(session: AsyncSession, payment_id: PaymentId, *, at: datetime) -> None:
    """Note that a later slice has booked what arrived."""
    row = await queries.find_payment(session, payment_id, lock=True)
    if row is not None and row.booked_at is None:
        row.booked_at = at
        await session.flush()
