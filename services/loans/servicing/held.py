"""What do orders do with savings and with what is not drawn, beside the contract itself?"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.disbursements.payable import PaymentUnderWay
from services.loans.domain.holdings import HoldingKind, Purpose, require_free
from services.loans.domain.lifecycle import ContractEvent
from services.loans.domain.servicing.deciding import Decided
from services.loans.domain.servicing.orders import Asked, OrderKind
from services.loans.domain.servicing.refusals import LaterOrderStands
from services.loans.funds import freeing
from services.loans.holdings import operations as holdings
from services.loans.holdings.tables import HoldingRow
from services.loans.servicing.queries import File
from services.loans.servicing.tables import ContractOrderRow
from shared.ids import ApplicationId, EntryId
from shared.money import Money

ENDS = frozenset(
    {ContractEvent.REVERSE_DISBURSEMENT, ContractEvent.SETTLE, ContractEvent.WRITE_OFF}
)


async def require(session: AsyncSession, file: File, asked: Asked, decided: Decided) -> None:
    """Refuse a set-off of more than is saved, and what a tranche on its way could not follow.

    What has left is booked once it has arrived: until then its drawing and its contract stay open,
    and the tranches before it stand. A set-off on which a later order's money rests is not taken
    back. Raises HoldingTooLow, PaymentUnderWay, LaterOrderStands.
    """
    contract = file.contract
    if asked.kind is OrderKind.SET_OFF:
        held = (await holdings.held_for(session, contract)).balance(Purpose.SAVINGS)
        require_free(
            file.standing.money(decided.difference.moved),
            held=held,
            must_stay=Money.zero(held.currency),
            purpose=Purpose.SAVINGS,
        )
    if asked.kind is OrderKind.END_DRAWING or decided.event in ENDS:
        payment_id = await contract_queries.payment_that_may_arrive(session, contract.contract_id)
        if payment_id is not None:
            raise PaymentUnderWay(reference=contract.reference, payment_id=payment_id)
    undone = await _set_off_undone(session, file, asked)
    if undone is not None and decided.difference.moved != undone.amount_minor:
        later = file.history.steps[-1].order_id
        raise LaterOrderStands(order_id=undone.order_id or later, later_order_id=later)


async def follow(
    session: AsyncSession,
    row: ContractOrderRow,
    *,
    file: File,
    asked: Asked,
    decided: Decided,
    entry_id: EntryId | None,
    actor_id: UUID,
) -> None:
    """Move savings with an order whose entry is posted, or free what will not be drawn."""
    contract = file.contract
    if asked.kind is OrderKind.END_DRAWING:
        application_id = ApplicationId(contract.application_id)
        await freeing.free_committed(session, application_id, actor_id=actor_id)
    undone = await _set_off_undone(session, file, asked)
    if entry_id is None or (undone is None and asked.kind is not OrderKind.SET_OFF):
        return
    moved = holdings.record(
        contract,
        purpose=Purpose.SAVINGS,
        kind=HoldingKind.SET_OFF if undone is None else HoldingKind.REVERSAL,
        amount=file.standing.money(-decided.difference.moved),
        on=row.effective_on,
        entry_id=entry_id,
        actor_id=actor_id,
        order_id=row.order_id,
    )
    moved.reverses_holding_id = None if undone is None else undone.holding_id
    await holdings.keep(session, moved, fund_id=contract.fund_id)


async def _set_off_undone(session: AsyncSession, file: File, asked: Asked) -> HoldingRow | None:
    """Give the movement of savings that an order takes back, if it takes one back."""
    undone = None if asked.order_id is None else file.history.step(asked.order_id)
    if undone is None or undone.asked.kind is not OrderKind.SET_OFF:
        return None
    held = await holdings.held_for(session, file.contract)
    return next((one for one in held.rows if one.order_id == asked.order_id), None)
