"""What does an order change, and what is left when one is taken back?

A contract's shape is a fold over what was signed and its orders in the order of their approval.
Taking an order back folds the others anew: nothing is undone by a guess, and what comes out is
what would stand had the order never been given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.loans.domain import days
from services.loans.domain.journal import EntryKind, JournalEntry
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.servicing import course_effects, effects, shape
from services.loans.domain.servicing.life import Life
from services.loans.domain.servicing.orders import Asked, OrderKind, Weight
from services.loans.domain.servicing.refusals import (
    LaterOrderStands,
    OrderDayNotPossible,
    OrderNotStanding,
    ReversalOfReversal,
)
from services.loans.domain.servicing.shape import Difference, Shape, Standing
from shared.errors import RafidError
from shared.ids import EntryId

FINAL = frozenset({OrderKind.REVERSAL, OrderKind.DISBURSEMENT_REVERSAL, OrderKind.END_DRAWING})
ENTRY_KINDS: Mapping[OrderKind, EntryKind] = {
    OrderKind.WRITE_OFF: EntryKind.WRITE_OFF,
    OrderKind.CHARGE_OFF: EntryKind.WRITE_OFF,
    OrderKind.RECOVERY: EntryKind.RECOVERY,
    OrderKind.FORGIVENESS: EntryKind.FORGIVENESS,
    OrderKind.REFUND: EntryKind.SURPLUS_REFUND,
    OrderKind.REVERSAL: EntryKind.REVERSAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An order in force: what was asked, and what repayments had brought when it was approved."""

    order_id: UUID
    asked: Asked
    received: int
    entry_id: EntryId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The shape as signed, and the orders in force since, in the order of their approval."""

    origin: Shape
    steps: tuple[Step, ...] = ()

    def step(self, order_id: UUID) -> Step | None:
        """The order in force with an id, or None."""
        return next((step for step in self.steps if step.order_id == order_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An order's whole effect: before, after, the difference, its entry, the change of status."""

    before: Standing
    after: Standing
    difference: Difference
    entry: JournalEntry | None
    event: ContractEvent | None


def status_of(found: Shape) -> ContractStatus:
    """The status of a contract that was paid out, by its shape."""
    if found.is_undone:
        return ContractStatus.SIGNED
    if found.is_closed:
        return ContractStatus.CLOSED
    return ContractStatus.WRITTEN_OFF if found.written_off else ContractStatus.ACTIVE


def fold(standing: Standing, *, history: History) -> Shape:
    """The shape that the orders in force make of what was signed.

    Raises `LaterOrderStands` where an order no longer fits, naming it.
    """
    found = history.origin
    for step in history.steps:
        if step.asked.kind in FINAL:
            continue
        status = status_of(found)
        if standing.status is ContractStatus.SIGNED:
            status = standing.status
        then = replace(standing, shape=found, received=step.received, status=status)
        try:
            found = effects.apply(then, step.asked)
        except RafidError as refused:
            raise LaterOrderStands(
                order_id=step.order_id, later_order_id=step.order_id
            ) from refused
    return found


def without(standing: Standing, *, history: History, order_id: UUID) -> Shape:
    """The shape as if an order in force had never been given.

    Raises `ReversalOfReversal`, `OrderNotStanding`, `LaterOrderStands`.
    """
    step = history.step(order_id)
    if step is None:
        raise OrderNotStanding(order_id=order_id, state="not_in_force")
    if step.asked.kind in FINAL:
        raise ReversalOfReversal(order_id=order_id, order_kind=step.asked.kind)
    rest = tuple(one for one in history.steps if one.order_id != order_id)
    try:
        found = fold(standing, history=replace(history, steps=rest))
    except LaterOrderStands as refused:
        raise LaterOrderStands(
            order_id=order_id, later_order_id=refused.later_order_id
        ) from refused
    _require_money_stays(standing, found, history=history, step=step)
    return found


def _require_money_stays(standing: Standing, found: Shape, *, history: History, step: Step) -> None:
    """Raise `LaterOrderStands` where a later order would have moved other money than it moved.

    A payoff took in what was owed on its day: without a waiver before it, it would have been more.
    """
    place = history.steps.index(step)
    before, with_it, whole = (
        fold(standing, history=replace(history, steps=history.steps[:count]))
        for count in (place, place + 1, len(history.steps))
    )
    own = with_it.moved - before.moved
    if found.moved != whole.moved - own:
        later = history.steps[-1].order_id
        raise LaterOrderStands(order_id=step.order_id, later_order_id=later)


def decide(
    standing: Standing,
    asked: Asked,
    *,
    history: History,
    earliest: date,
    today: date,
    closed_through: date | None,
) -> Decided:
    """Decide one order: the shape after it and the one entry that books the difference.

    Money that moved is booked on its day, or on the first open day of the books; everything else
    today: a correction never touches a closed period. Raises `OrderDayNotPossible` and what its
    kind refuses.
    """
    if asked.kind is OrderKind.REVERSAL and asked.order_id is not None:
        step = history.step(asked.order_id)
        earliest = max(earliest, step.asked.effective_on if step else earliest)
    if not earliest <= asked.effective_on <= today:
        raise OrderDayNotPossible(effective_on=asked.effective_on, earliest=earliest, latest=today)
    found = _shape(standing, asked, history=history)
    after = replace(standing, shape=found, status=_status(standing, found))
    difference = Difference.between(standing, after=after)
    moved = difference.moved or difference.recovered
    reverses = history.step(asked.order_id) if asked.order_id else None
    kind = ENTRY_KINDS.get(asked.kind, EntryKind.CORRECTION)
    if kind is EntryKind.REVERSAL and not (reverses and reverses.entry_id):
        kind = EntryKind.CORRECTION
    entry = difference.entry(
        standing,
        kind=kind,
        occurred_on=days.open_day(
            asked.effective_on if moved else today, closed_through=closed_through
        ),
        purse=(reverses.asked if reverses else asked).purse,
        reverses_entry_id=reverses.entry_id if reverses else None,
    )
    return Decided(
        before=standing,
        after=after,
        difference=difference,
        entry=entry,
        event=shape.event_of(standing.shape, after=found),
    )


def weight(decided: Decided, *, asked: Asked) -> int:
    """The amount that decides who must approve, in minor units.

    What is given up or moved, and but for the kinds that say so at least the principal
    outstanding before or after: 1,200.000 for taking a payoff of it back.
    """
    change = decided.difference
    moved = (change.moved, change.written_off, change.forgiven, change.recovered)
    if asked.rule.weight is Weight.OUTSTANDING:
        standings = (decided.before.outstanding, decided.after.outstanding)
        return max(*standings, *(abs(part) for part in moved))
    owed_less = decided.before.owed - decided.after.owed
    return max(abs(part) for part in (*moved, owed_less))


def _shape(standing: Standing, asked: Asked, *, history: History) -> Shape:
    if standing.life is not None:
        return _shape_of_course(standing, standing.life, asked, history=history)
    if asked.kind is OrderKind.REVERSAL and asked.order_id is not None:
        return without(standing, history=history, order_id=asked.order_id)
    return effects.apply(standing, asked)


def _shape_of_course(standing: Standing, life: Life, asked: Asked, *, history: History) -> Shape:
    if asked.kind is not OrderKind.REVERSAL or asked.order_id is None:
        return course_effects.apply(standing, life, asked)
    step = history.step(asked.order_id)
    if step is None:
        raise OrderNotStanding(order_id=asked.order_id, state="not_in_force")
    if step.asked.kind in FINAL:
        raise ReversalOfReversal(order_id=asked.order_id, order_kind=step.asked.kind)
    first = history.origin.borrower_id
    return course_effects.without(standing, life, order_id=asked.order_id, first_borrower=first)


def _status(standing: Standing, found: Shape) -> ContractStatus:
    if standing.status is ContractStatus.SIGNED:
        return standing.status
    return status_of(found)
