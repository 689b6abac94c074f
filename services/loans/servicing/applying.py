"""What is written when an order comes into force: one entry, one generation, one event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import operations as contracts
from services.loans.contracts import restating
from services.loans.contracts.operations import Entered
from services.loans.contracts.restating import Change
from services.loans.disbursements import taking_back
from services.loans.domain.lifecycle import ContractEvent
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A decided order on a locked contract, about to come into force; and the event that tells."""

    row: ContractOrderRow
    file: File
    asked: Asked
    decided: Decided
    entry_id: EntryId | None
    told: feed.Told


async def bring_into_force(
    session: AsyncSession,
    row: ContractOrderRow,
    *,
    file: File,
    asked: Asked,
    decided: Decided,
    actor_id: UUID,
) -> None:
    """Write one decided order on a locked contract (see `bring_all_into_force`)."""
    one = forced(row, file=file, asked=asked, decided=decided)
    await _post(session, [one], actor_id=actor_id)
    await held.follow(
        session,
        row,
        file=file,
        asked=asked,
        decided=decided,
        entry_id=one.entry_id,
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
        await _keep(session, [one], generations={row.order_id: generation}, actor_id=actor_id)
    else:
        await _carry_out(session, [one], actor_id=actor_id)


async def bring_all_into_force(
    session: AsyncSession, orders: Sequence[Forced], *, actor_id: UUID
) -> None:
    """Write decided orders on locked contracts, one each: entries, positions, status, events.

    A handful of statements however many they are; for kinds that move neither savings nor payouts.
    Raises PeriodClosed where their day was closed meanwhile, FundHasNoAccount, TransitionRefused.
    """
    await _post(session, orders, actor_id=actor_id)
    await _carry_out(session, orders, actor_id=actor_id)


def forced(row: ContractOrderRow, *, file: File, asked: Asked, decided: Decided) -> Forced:
    """Give a decided order the ids of its entry and of its event."""
    return Forced(
        row=row,
        file=file,
        asked=asked,
        decided=decided,
        entry_id=None if decided.entry is None else EntryId(ids.new()),
        told=feed.Told(_told(row, asked=asked, decided=decided), row.contract_id),
    )


async def _post(session: AsyncSession, orders: Sequence[Forced], *, actor_id: UUID) -> None:
    postings = [
        ledger.Posting(
            entry=one.decided.entry,
            actor_id=actor_id,
            source_id=one.row.order_id,
            entry_id=one.entry_id,
        )
        for one in orders
        if one.decided.entry is not None and one.entry_id is not None
    ]
    await books.post_all(session, postings)


async def _carry_out(session: AsyncSession, orders: Sequence[Forced], *, actor_id: UUID) -> None:
    generations = await _restate(session, orders)
    await _enter(session, orders, actor_id=actor_id)
    await feed.publish_all(session, [one.told for one in orders])
    await _keep(session, orders, generations=generations, actor_id=actor_id)


async def _keep(
    session: AsyncSession,
    orders: Sequence[Forced],
    *,
    generations: Mapping[UUID, int | None],
    actor_id: UUID,
) -> None:
    await session.execute(
        insert(OrderEffectRow),
        [
            {
                "institution_id": one.row.institution_id,
                "order_id": one.row.order_id,
                "contract_id": one.row.contract_id,
                "place": one.file.effects + 1,
                "reverses_order_id": one.row.reverses_order_id,
                "generation": generations.get(one.row.order_id),
                "received_minor": one.decided.before.received,
                "moved_minor": one.decided.difference.moved,
                "written_off_minor": one.decided.difference.written_off,
                "forgiven_minor": one.decided.difference.forgiven,
                "recovered_minor": one.decided.difference.recovered,
                "entry_id": one.entry_id,
                "event_id": one.told.event_id,
                "actor_id": actor_id,
            }
            for one in orders
        ],
    )


async def _restate(session: AsyncSession, orders: Sequence[Forced]) -> dict[UUID, int | None]:
    """Let instalments and positions follow; give the new generations by order."""
    spread = [one for one in orders if _spreads(one.decided)]
    restated = await restating.restate_all(
        session,
        [
            Change(
                contract=one.file.contract,
                on=one.row.effective_on,
                event_id=one.told.event_id,
                status=_counted(one.row, file=one.file),
                instalments=_instalments(one.decided.after.shape.rows, of=one.decided.after),
                order_id=one.row.order_id,
                moved=one.decided.difference.moved + one.decided.difference.forgiven,
            )
            for one in spread
        ],
    )
    for one, found in zip(spread, restated, strict=True):
        if found.difference != one.decided.difference.portions:
            raise ArithmeticError(f"order {one.row.order_id}: {found.difference} was decided anew")
    await restating.restate_all(
        session,
        [
            Change(
                contract=one.file.contract,
                on=one.row.effective_on,
                event_id=one.told.event_id,
                status=Counted.WRITTEN_OFF
                if one.decided.after.shape.written_off > 0
                else _standing_again(one.file),
                written_off=one.decided.difference.written_off,
            )
            for one in orders
            if one.decided.difference.written_off
        ],
    )
    return {one.row.order_id: found.generation for one, found in zip(spread, restated, strict=True)}


def _spreads(decided: Decided) -> bool:
    """Whether an order leaves other instalments, or pours over them what was not poured before."""
    change = decided.difference
    moved = change.moved + change.forgiven
    changed = decided.after.shape.rows != decided.before.shape.rows
    return changed or any(change.portions) or bool(moved)


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


async def _enter(session: AsyncSession, orders: Sequence[Forced], *, actor_id: UUID) -> None:
    entering: dict[ContractEvent, list[Entered]] = {}
    for one in orders:
        entered = Entered(
            contract=one.file.contract, on=one.row.effective_on, event_id=one.told.event_id
        )
        if one.decided.event is not None:
            entering.setdefault(one.decided.event, []).append(entered)
        borrower_id = one.decided.after.shape.borrower_id
        if borrower_id != one.decided.before.shape.borrower_id:
            await contracts.hand_over(session, entered, borrower_id=borrower_id, actor_id=actor_id)
    for event, entered_all in entering.items():
        await contracts.enter(session, entered_all, event=event, actor_id=actor_id)


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
