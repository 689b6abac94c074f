"""How does a signed contract end that is never paid out?"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations, queries
from services.loans.contracts.operations import Entered
from services.loans.contracts.tables import ContractRow
from services.loans.domain.lifecycle import CancelReason, ContractEvent
from services.loans.domain.positions import Standing
from services.loans.funds import freeing
from shared import feed
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId
from shared.quiet_events import ContractCancelled


class MayStillArrive(RafidError):
    """The loan may still reach its borrower"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The payment {payment_id} for {reference} is not over; cancel once it has failed."
    reference: str
    payment_id: UUID


async def cancel_contract(
    session: AsyncSession, contract_id: UUID, *, reason: CancelReason, on: date, actor: Actor
) -> ContractRow:
    """Cancel a signed contract: its fund has the money back, nothing can be paid out or in on it.

    The application stays signed, since it was; the contract says what became of it. The contract
    is locked before the fund, as in paying out. Raises ContractUnknown (also for one out of the
    actor's reach), TransitionRefused, MayStillArrive.
    """
    row = await queries.contract(session, contract_id, branch_ids=actor.branch_ids, lock=True)
    payment_id = await queries.payment_that_may_arrive(session, contract_id)
    event = ContractCancelled(
        contract_id=row.contract_id,
        application_id=row.application_id,
        fund_id=row.fund_id,
        reason=reason.value,
        principal_minor=row.principal_minor,
        currency=row.currency,
        cancelled_on=on,
    )
    told = feed.Told(event, row.contract_id)
    entered = Entered(contract=row, on=on, event_id=told.event_id)
    await operations.enter(
        session, [entered], event=ContractEvent.CANCEL, actor_id=actor.id, reason=reason
    )
    if payment_id is not None:
        raise MayStillArrive(reference=row.reference, payment_id=payment_id)
    await _note(session, row)
    await free_commitment(session, row, actor_id=actor.id)
    await feed.publish_all(session, [told])
    return row


async def end_unsold(
    session: AsyncSession, entered: Entered, *, reason: CancelReason, actor_id: UUID
) -> None:
    """End a locked contract whose goods were lost or let be before they were the client's.

    What the fund had committed and not paid is free again. Raises TransitionRefused.
    """
    row = entered.contract
    event = ContractCancelled(
        contract_id=row.contract_id,
        application_id=row.application_id,
        fund_id=row.fund_id,
        reason=reason.value,
        principal_minor=row.principal_minor,
        currency=row.currency,
        cancelled_on=entered.on,
    )
    await operations.enter(
        session, [entered], event=ContractEvent.CANCEL, actor_id=actor_id, reason=reason
    )
    await _note(session, row)
    await free_commitment(session, row, actor_id=actor_id)
    await feed.publish(session, event, subject_id=row.contract_id)


async def _note(session: AsyncSession, row: ContractRow) -> None:
    """Note the end on a locked contract's position; one that has moved stands as it was left."""
    position = await queries.locked_position(session, row.contract_id)
    if position.moved_on is None:
        position.status = Standing.CANCELLED.value


async def free_commitment(session: AsyncSession, row: ContractRow, *, actor_id: UUID) -> None:
    """Give funds back what they committed to a locked contract and have not paid."""
    application_id = ApplicationId(row.application_id)
    await freeing.free_committed(session, application_id, actor_id=actor_id)
