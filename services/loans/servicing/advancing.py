"""What does a payment do that goes beyond what is due: fewer instalments, or smaller ones?

The payment and its effect are one transaction, one entry and one event. The effect is an order of
its own, in force at once, so that it is folded with the others and can be taken back.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations as contracts
from services.loans.domain import collecting
from services.loans.domain.amortisation import Advance
from services.loans.domain.collecting import ReceiveRepayment, Standing
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.servicing import course_receipts, effects
from services.loans.domain.servicing.course_receipts import Folded
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.servicing.refusals import (
    NothingPaidAhead,
    OrderChangesNothing,
    OrderNotForServicing,
)
from services.loans.repayments.writing import Accepted
from services.loans.servicing.queries import File
from services.loans.servicing.tables import ContractOrderRow, OrderEffectRow
from shared import ids
from shared.errors import Kind, RafidError
from shared.ids import ContractId, RepaymentId


class AdvanceStands(RafidError):
    """The repayment has changed the instalments"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The order {order_id} rests on repayment {repayment_id}: take it back first."
    order_id: UUID
    repayment_id: RepaymentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Advancing:
    """The order that a payment gives with itself; `received` counts the payment in."""

    order_id: UUID
    asked: Asked
    received: int


def fold(
    standing: Standing, *, file: File, command: ReceiveRepayment, repayment_id: RepaymentId
) -> tuple[Folded, Advancing | None]:
    """Decide a payment and what it does to the instalments; without an effect it pours over them.

    The effect is the one it names, else the one agreed; it has none where nothing is paid ahead.
    Raises what `collecting.collect` refuses.
    """
    plain = collecting.collect(
        standing,
        amount=command.amount,
        received_on=command.received_on,
        channel=command.channel,
        today=command.today,
        has_arrived=command.payment_id is not None,
    )
    effect = command.effect or file.standing.terms.amortisation.advance
    poured = Folded(decided=plain, rows=None), None
    if effect is Advance.NEXT_DUES or file.standing.status is not ContractStatus.ACTIVE:
        return poured
    held = replace(file.standing, received=file.standing.received + command.amount.minor)
    asked = Asked(
        kind=OrderKind.ADVANCE,
        effective_on=command.received_on,
        reason=OrderReason.AGREEMENT,
        effect=effect,
        repayment_id=repayment_id,
    )
    try:
        shape = effects.apply(held, asked)
    except (NothingPaidAhead, OrderChangesNothing):
        return poured
    folded = course_receipts.follow(
        standing,
        shape.rows,
        minor=command.amount.minor,
        on=command.received_on,
        channel=command.channel,
    )
    if folded.rows is None:
        return poured
    return folded, Advancing(order_id=ids.new(), asked=asked, received=held.received)


def require_none(file: File, command: ReceiveRepayment) -> None:
    """Refuse an effect where the course follows every payment. Raises OrderNotForServicing."""
    if command.effect not in {None, Advance.NEXT_DUES}:
        raise OrderNotForServicing(
            order_kind=OrderKind.ADVANCE,
            contract_id=ContractId(file.contract.contract_id),
            recalculation=file.standing.terms.charging.recalculation,
        )


def require_no_effect(file: File, repayment_id: RepaymentId) -> None:
    """Raise AdvanceStands where a payment's effect on the instalments is in force."""
    for step in file.history.steps:
        if step.asked.kind is OrderKind.ADVANCE and step.asked.repayment_id == repayment_id:
            raise AdvanceStands(order_id=step.order_id, repayment_id=repayment_id)


async def keep(session: AsyncSession, file: File, advance: Advancing, *, item: Accepted) -> None:
    """Write the order that a payment gave with itself, and what it did."""
    row, asked = file.contract, advance.asked
    common = {
        "institution_id": row.institution_id,
        "order_id": advance.order_id,
        "contract_id": row.contract_id,
        "actor_id": item.command.actor_id,
    }
    session.add(
        ContractOrderRow(
            **common,
            batch_id=None,
            kind=asked.kind.value,
            reason=asked.reason.value,
            effective_on=asked.effective_on,
            members=asked.members(),
            reverses_order_id=None,
            weight_minor=max(file.standing.outstanding, 0),
            currency=row.currency,
        )
    )
    await session.flush()
    session.add(
        OrderEffectRow(
            **common,
            place=file.effects + 1,
            reverses_order_id=None,
            generation=item.decided.after.generation,
            received_minor=advance.received,
            moved_minor=0,
            written_off_minor=0,
            forgiven_minor=0,
            recovered_minor=0,
            entry_id=None,
            event_id=item.event_id,
        )
    )
    await contracts.take_one_by_one(session, row)
