"""How does a signed contract end that is never paid out?"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations, queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain.lifecycle import CancelReason, ContractEvent
from services.loans.domain.positions import Standing
from services.loans.funds import operations as funds
from shared import feed
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.events import ContractCancelled
from shared.ids import ApplicationId, FundId
from shared.money import Money


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
    await operations.enter(
        session, [row], event=ContractEvent.CANCEL, actor_id=actor.id, reason=reason
    )
    if payment_id is not None:
        raise MayStillArrive(reference=row.reference, payment_id=payment_id)
    position = await queries.locked_position(session, row.contract_id)
    position.status = Standing.CANCELLED.value
    await funds.uncommit(
        session,
        fund_id=FundId(row.fund_id),
        application_id=ApplicationId(row.application_id),
        amount=Money(row.principal_minor, row.currency),
        actor_id=actor.id,
    )
    event = ContractCancelled(
        contract_id=row.contract_id,
        application_id=row.application_id,
        fund_id=row.fund_id,
        reason=reason.value,
        principal_minor=row.principal_minor,
        currency=row.currency,
        cancelled_on=on,
    )
    await feed.publish(session, event, subject_id=row.contract_id)
    return row
