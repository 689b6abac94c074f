"""What is written when an order comes into force: one entry, one generation, one event."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations as contracts
from services.loans.contracts import positions
from services.loans.contracts.operations import Entered
from services.loans.disbursements import taking_back
from services.loans.domain.positions import Standing as Counted
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing.deciding import Decided
from services.loans.domain.servicing.orders import Asked, OrderKind
from services.loans.domain.servicing.rows import Rows
from services.loans.domain.servicing.shape import Standing
from services.loans.ledger import operations as ledger
from services.loans.servicing import held
from services.loans.servicing.queries import File
from services.loans.servicing.tables import ContractOrderRow, OrderEffectRow
from shared import feed, ids
from shared.events import ContractCorrected, CorrectedDue
from shared.ids import EntryId

RENEGOTIATES = frozenset(
    {
        OrderKind.PAYMENT_HOLIDAY,
        OrderKind.RESCHEDULE,
        OrderKind.RESTRUCTURE,
        OrderKind.RATE_CHANGE,
        OrderKind.PROFIT_PAUSE,
        OrderKind.RE_AGE,
        OrderKind.RE_AMORTISE,
    }
)


async def bring_into_force(
    session: AsyncSession,
    row: ContractOrderRow,
    *,
    file: File,
    asked: Asked,
    decided: Decided,
    actor_id: UUID,
) -> OrderEffectRow:
    """Write a decided order on a locked contract: entry, positions, status, event, effect.

    Raises PeriodClosed where its day was closed meanwhile, FundHasNoAccount, TransitionRefused.
    """
    event = _told(row, asked=asked, decided=decided)
    told = feed.Told(event, row.contract_id)
    entry_id, generation = None, None
    if decided.entry is not None:
        entry_id = EntryId(ids.new())
        posting = ledger.Posting(
            entry=decided.entry, actor_id=actor_id, source_id=row.order_id, entry_id=entry_id
        )
        await ledger.post_all(session, [posting])
    await held.follow(
        session,
        row,
        file=file,
        asked=asked,
        decided=decided,
        entry_id=entry_id,
        actor_id=actor_id,
    )
    if asked.kind is OrderKind.DISBURSEMENT_REVERSAL:
        generation = await taking_back.take_back(
            session,
            file.contract,
            order_id=row.order_id,
            on=asked.effective_on,
            actor_id=actor_id,
        )
    else:
        generation = await _restate(session, row, file=file, decided=decided, told=told)
        entered = Entered(contract=file.contract, on=row.effective_on, event_id=told.event_id)
        await _enter(session, entered, decided=decided, actor_id=actor_id)
        await feed.publish_all(session, [told])
    change = decided.difference
    effect = OrderEffectRow(
        institution_id=row.institution_id,
        order_id=row.order_id,
        contract_id=row.contract_id,
        place=file.effects + 1,
        reverses_order_id=row.reverses_order_id,
        generation=generation,
        received_minor=decided.before.received,
        moved_minor=change.moved,
        written_off_minor=change.written_off,
        forgiven_minor=change.forgiven,
        recovered_minor=change.recovered,
        entry_id=entry_id,
        event_id=told.event_id,
        actor_id=actor_id,
    )
    session.add(effect)
    await session.flush()
    return effect


async def _restate(
    session: AsyncSession,
    row: ContractOrderRow,
    *,
    file: File,
    decided: Decided,
    told: feed.Told,
) -> int | None:
    """Let instalments and positions follow; give the new generation, if there is one."""
    before, after = decided.before.shape, decided.after.shape
    change = decided.difference
    moved = change.moved + change.forgiven
    generation = None
    if after.rows != before.rows or any(change.portions) or moved:
        restated = await positions.replace_instalments(
            session,
            contract=file.contract,
            instalments=_instalments(after.rows, of=decided.after),
            effective_on=row.effective_on,
            order_id=row.order_id,
            event_id=told.event_id,
            status=_counted(row, file=file),
            moved=moved,
        )
        generation = restated.generation
        if restated.difference != change.portions:
            raise ArithmeticError(f"order {row.order_id}: {restated.difference} was decided anew")
    if change.written_off:
        is_out = after.written_off > 0
        await positions.restate(
            session,
            contract=file.contract,
            on=row.effective_on,
            event_id=told.event_id,
            status=Counted.WRITTEN_OFF if is_out else _standing_again(file),
            written_off=change.written_off,
        )
    return generation


def _counted(row: ContractOrderRow, *, file: File) -> Counted | None:
    """What the contract counts as from now on; None as before."""
    kind = OrderKind(row.kind)
    if kind in RENEGOTIATES:
        return Counted.RENEGOTIATED
    if kind is not OrderKind.REVERSAL:
        return None
    left = [step for step in file.history.steps if step.order_id != row.reverses_order_id]
    undone = [step for step in file.history.steps if step.order_id == row.reverses_order_id]
    if any(step.asked.kind in RENEGOTIATES for step in left):
        return Counted.RENEGOTIATED
    is_renegotiation = any(step.asked.kind in RENEGOTIATES for step in undone)
    return Counted.ACTIVE if is_renegotiation else None


def _standing_again(file: File) -> Counted:
    spread = any(step.asked.kind in RENEGOTIATES for step in file.history.steps)
    return Counted.RENEGOTIATED if spread else Counted.ACTIVE


async def _enter(
    session: AsyncSession, entered: Entered, *, decided: Decided, actor_id: UUID
) -> None:
    if decided.event is not None:
        await contracts.enter(session, [entered], event=decided.event, actor_id=actor_id)
    borrower_id = decided.after.shape.borrower_id
    if borrower_id != decided.before.shape.borrower_id:
        await contracts.hand_over(session, entered, borrower_id=borrower_id, actor_id=actor_id)


def _instalments(rows: Rows, *, of: Standing) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(
            number=number,
            due_on=row.due_on,
            principal=of.money(row.principal),
            profit=of.money(row.profit),
            fee=of.money(row.fee),
            penalty_minor=row.penalty,
        )
        for number, row in enumerate(rows, start=1)
    )


def _told(row: ContractOrderRow, *, asked: Asked, decided: Decided) -> ContractCorrected:
    before, after, change = decided.before, decided.after, decided.difference
    changed = after.shape.rows != before.shape.rows
    portions: Mapping[str, int] = {
        f"{name}_minor": portion for name, portion in change.portions._asdict().items()
    }
    return ContractCorrected(
        contract_id=row.contract_id,
        order_id=row.order_id,
        reverses_order_id=row.reverses_order_id,
        kind=row.kind,
        reason=row.reason,
        fund_id=after.fund.fund_id,
        currency=row.currency,
        effective_on=asked.effective_on,
        status=after.status.value,
        is_settled=not after.owed and bool(after.paid_out),
        borrower_id=after.shape.borrower_id,
        channel=asked.purse,
        dues=dues_of(after.shape.rows) if changed else None,
        **portions,
        moved_minor=change.moved,
        forgiven_minor=change.forgiven,
        written_off_minor=change.written_off,
        recovered_minor=change.recovered,
    )


def dues_of(rows: Rows) -> tuple[CorrectedDue, ...]:
    """Give instalments as an event tells them."""
    return tuple(
        CorrectedDue(
            number=number,
            due_on=row.due_on,
            principal_minor=row.principal,
            profit_minor=row.profit,
            fee_minor=row.fee,
            penalty_minor=row.penalty,
        )
        for number, row in enumerate(rows, start=1)
    )


def earliest(file: File) -> date:
    """Give the first day an order may count from: the payout's, or the signature's before it."""
    return file.standing.opened_on if file.standing.paid_out else file.contract.signed_on
