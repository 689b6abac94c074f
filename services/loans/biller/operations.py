"""What does a request to pay a bill change: kept, made a payment of, ended, told?"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.biller import deciding, queries
from services.loans.biller.deciding import Target
from services.loans.biller.messages import read_payment
from services.loans.biller.tables import BillCallbackRow, BillRequestRow
from services.loans.domain.paying import Direction, PaymentStatus
from services.loans.payments import operations as payments
from services.loans.payments import queries as payment_queries
from services.loans.payments.sealing import Sealer
from shared import ids, tenancy
from shared.auth import Actor, Role
from shared.ids import BranchId, ContractId, InstitutionId, PaymentId

RAIL: Final = "gsma"
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(days=3)


async def keep_request(
    session: AsyncSession,
    *,
    request_id: UUID,
    actor: Actor,
    correlation_id: UUID | None,
    reference: str | None,
    message_sealed: bytes,
    callback_sealed: bytes | None,
) -> bool:
    """Keep a request as it came; say whether it is new, by its id and by its sender's reference."""
    kept = await session.scalar(
        insert(BillRequestRow)
        .values(
            institution_id=tenancy.institution_of(session),
            request_id=request_id,
            client_id=actor.id,
            branch_ids=None if actor.branch_ids is None else list(actor.branch_ids),
            correlation_id=correlation_id,
            reference=reference,
            message_sealed=message_sealed,
            callback_sealed=callback_sealed,
        )
        .on_conflict_do_nothing()
        .returning(BillRequestRow.request_id)
    )
    return kept is not None


def message_of(row: BillRequestRow, sealer: Sealer) -> tuple[Target, bytes]:
    """Open what a request said: what is to be paid, and its body as it came."""
    plain = sealer.opened(InstitutionId(row.institution_id), row.message_sealed)
    account, bill, body = plain.split(b"\n", 2)
    return Target(account=account.decode() or None, bill=bill.decode() or None), body


def message(target: Target, body: bytes) -> bytes:
    """Write what is kept of a request: account, bill, body, a line each but the last."""
    return f"{target.account or ''}\n{target.bill or ''}\n".encode() + body


async def accept(session: AsyncSession, request_id: UUID, *, today: date, sealer: Sealer) -> None:
    """Make a payment of a kept request, once, for whoever sent it.

    Raises what refuses it (see `deciding.require_payable`), and RequestValidationError.
    """
    row = await queries.request(session, request_id, lock=True)
    if row is None or row.status != "received":
        return
    actor = _sender(row)
    target, body = message_of(row, sealer)
    account = await deciding.target_account(session, target, actor=actor)
    amount = await deciding.require_payable(
        session, account, read_payment(body), bill_reference=target.bill, today=today
    )
    payment_id = PaymentId(ids.new())
    await payments.request_payment(
        session,
        payment_id=payment_id,
        direction=Direction.INBOUND,
        rail=RAIL,
        contract_id=ContractId(account.contract_id),
        amount=amount,
        phone_sealed=sealer.seal(actor.institution_id, b""),
        actor_id=actor.id,
    )
    row.status, row.payment_id = "pending", payment_id
    row.contract_id, row.bill_reference = account.contract_id, target.bill
    await session.flush()


def _sender(row: BillRequestRow) -> Actor:
    branches = row.branch_ids
    return Actor(
        id=row.client_id,
        institution_id=InstitutionId(row.institution_id),
        roles=frozenset({Role.INTEGRATOR}),
        branch_ids=None if branches is None else frozenset(map(BranchId, branches)),
    )


async def end_unaccepted(
    session: AsyncSession,
    request_id: UUID,
    *,
    error: Mapping[str, Any],
    at: datetime,
    told_at_once: bool,
) -> None:
    """End a request of which no payment is made; its sender is told now, or called back."""
    row = await queries.request(session, request_id, lock=True)
    if row is None or row.status != "received":
        return
    _end(session, row, status="refused" if told_at_once else "failed", at=at)
    row.error = dict(error)
    await session.flush()


async def note_refusal(
    session: AsyncSession, row: BillRequestRow, *, error: Mapping[str, Any]
) -> None:
    """Note why the payment of a request fails, before it does."""
    row.error = dict(error)
    await session.flush()


async def settle(session: AsyncSession, request_id: UUID, *, at: datetime) -> BillRequestRow:
    """End a request whose payment has its end: booked, or failed; give it as it is now."""
    row = await queries.request(session, request_id, lock=True)
    if row is None:
        raise LookupError(f"the request {request_id} is lost")
    if row.status == "pending" and row.payment_id is not None:
        payment = await payment_queries.find_payment(session, row.payment_id)
        if payment is not None and payment.status == PaymentStatus.FAILED:
            _end(session, row, status="failed", at=at)
        elif payment is not None and payment.booked_at is not None:
            _end(session, row, status="completed", at=at)
        await session.flush()
    return row


def _end(session: AsyncSession, row: BillRequestRow, *, status: str, at: datetime) -> None:
    row.status, row.settled_at = status, at
    if row.callback_sealed is not None and status != "refused":
        session.add(
            BillCallbackRow(
                institution_id=row.institution_id, request_id=row.request_id, next_at=at
            )
        )


async def take_callback(session: AsyncSession, request_id: UUID, *, at: datetime) -> bool:
    """Take it on oneself to tell a request's end now; nobody else does so until the next time.

    Whoever dies over it has only used up one try.
    """
    row = await queries.locked_callback(session, request_id, at=at)
    if row is None:
        return False
    row.next_at = at + pause_after(row.attempts)
    row.attempts += 1
    await session.flush()
    return True


def pause_after(attempts: int) -> timedelta:
    """How long until the next try after so many: 5 s, then twice as long each time, 1 h at most."""
    return min(FIRST_PAUSE * (1 << min(attempts, 20)), LONGEST_PAUSE)


async def note_callback(
    session: AsyncSession, request_id: UUID, *, answer: str, delivered: bool, at: datetime
) -> None:
    """Note what came of telling; after three days it is given up."""
    row = await queries.callback(session, request_id)
    found = await queries.request(session, request_id)
    row.answer = answer[:200]
    if delivered:
        row.delivered_at = at
    elif found is not None and found.settled_at and at - found.settled_at >= GIVEN_UP_AFTER:
        row.given_up_at = at
    await session.flush()
