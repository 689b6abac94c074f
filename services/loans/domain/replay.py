"""What is the state of a contract on a day, as the books knew it at an instant?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.loans.domain import allocation, arrears
from services.loans.domain.allocation import Allocation
from services.loans.domain.arrears import Arrears
from services.loans.domain.positions import Position
from services.loans.domain.schedule import Instalment, totals
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError
from shared.money import Money


class MovementKind(StrEnum):
    """What moved: money to the borrower, money back, or the opposite of an earlier movement.

    `order`: what an order paid on the contract, or gave back of what was paid.
    """

    DISBURSEMENT = "disbursement"
    REPAYMENT = "repayment"
    SURPLUS_REFUND = "surplus_refund"
    ORDER = "order"
    REVERSAL = "reversal"


class ReversalUnfounded(RafidError):
    """A reversal must undo one known movement, whole and once"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The movement {movement_id} cannot be reversed: it is unknown, reversed or different."
    movement_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement of money on a contract.

    `amount` is positive, of a reversal too; an order's is negative where it gives money back.
    `effective_on` is the value date, `known_at` when the
    books learnt of it; a reversal names the movement that it undoes in `reverses`.
    """

    movement_id: UUID
    kind: MovementKind
    amount: Money
    effective_on: date
    known_at: datetime
    reverses: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What had moved on a contract by a day; `given_up_minor` is principal written off."""

    disbursed: Money
    paid: Money
    refunded: Money
    given_up_minor: int = 0

    @property
    def given_up(self) -> Money:
        """Principal written off."""
        return Money(self.given_up_minor, self.disbursed.currency)


def sums_of(position: Position | None, *, currency: str) -> Sums:
    """The sums of a position; nothing has moved where there is none."""
    disbursed, paid, given_up = (
        (0, 0, 0) if position is None else (position.disbursed, position.paid, position.written_off)
    )
    return Sums(
        disbursed=Money(disbursed, currency),
        paid=Money(paid, currency),
        refunded=Money.zero(currency),
        given_up_minor=given_up,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractState:
    """Everything one may ask of a contract on a day."""

    as_of: date
    disbursed: Money
    paid: Allocation
    outstanding_principal: Money
    open_dues: tuple[Instalment, ...]
    arrears: Arrears
    next_due: Instalment | None
    is_closed: bool

    @property
    def surplus(self) -> Money:
        """What the borrower has paid in excess and is owed."""
        return self.paid.surplus


def replay(
    terms: Terms,
    *,
    instalments: Sequence[Instalment],
    movements: Iterable[Movement],
    as_of: date,
    known_at: datetime,
) -> ContractState:
    """The state after every movement with value date <= as_of that was known at `known_at`.

    The order of the movements does not matter. Worked: 3,000.000 TND in 12 of 250.000 paid out,
    300.000 paid before the second due date: outstanding 2,700.000, next due is 200.000.
    Raises `ReversalUnfounded`, `CurrencyMismatch`, `ReversedMoreThanPaid`.
    """
    heard = [movement for movement in movements if movement.known_at <= known_at]
    disbursed, paid, refunded = _sums(heard, as_of=as_of, currency=terms.currency)
    sums = Sums(disbursed=disbursed, paid=paid, refunded=refunded)
    return state_of(terms, instalments=instalments, sums=sums, as_of=as_of)


def state_of(
    terms: Terms, *, instalments: Sequence[Instalment], sums: Sums, as_of: date
) -> ContractState:
    """The state that follows from the sums that had moved by a day: all the state there is."""
    currency, order = terms.currency, allocation.order_of(terms.allocation_order)
    disbursed, paid_total, refunded = sums.disbursed, sums.paid, sums.refunded
    portions = allocation.waterfall(paid_total.minor, instalments=totals(instalments), order=order)
    paid = Allocation.of(portions._replace(surplus=portions.surplus - refunded.minor), currency)
    open_dues: tuple[Instalment, ...] = ()
    if disbursed.is_positive:
        open_dues = allocation.dues_at(instalments, paid=paid_total, order=terms.allocation_order)
    return ContractState(
        as_of=as_of,
        disbursed=disbursed,
        paid=paid,
        outstanding_principal=disbursed - paid.principal - sums.given_up,
        open_dues=open_dues,
        arrears=arrears.arrears(open_dues, as_of=as_of, currency=currency),
        next_due=next((due for due in open_dues if due.due_on >= as_of), None),
        is_closed=disbursed.is_positive and not open_dues,
    )


def in_goods(state: ContractState) -> ContractState:
    """The state of a contract on which goods are owed: late by days, by no amount of money.

    20 sacks to be delivered on 15 February at 1,000.000, seen on 1 April: 45 days late,
    1,000.000 outstanding at what they stand at, nothing due in money.
    """
    none = state.disbursed * 0
    late = replace(state.arrears, principal=none, profit=none, fee=none, penalty=none)
    return replace(state, open_dues=(), arrears=late, next_due=None)


def correction(before: ContractState, *, after: ContractState) -> Allocation:
    """The difference that a backdated movement makes: what is to be booked, and no more."""
    return Allocation(
        principal=after.paid.principal - before.paid.principal,
        profit=after.paid.profit - before.paid.profit,
        fee=after.paid.fee - before.paid.fee,
        penalty=after.paid.penalty - before.paid.penalty,
        surplus=after.paid.surplus - before.paid.surplus,
    )


def _sums(heard: Sequence[Movement], *, as_of: date, currency: str) -> tuple[Money, Money, Money]:
    """Disbursed, repaid and refunded up to a day, reversals taken off."""
    known = {movement.movement_id: movement for movement in heard}
    _refuse_unfounded(heard, known=known)
    sums = dict.fromkeys(MovementKind, Money.zero(currency))
    for movement in heard:
        if movement.effective_on > as_of:
            continue
        if movement.reverses is None:
            sums[movement.kind] += movement.amount
        else:
            sums[known[movement.reverses].kind] -= movement.amount
    return (
        sums[MovementKind.DISBURSEMENT],
        sums[MovementKind.REPAYMENT] + sums[MovementKind.ORDER],
        sums[MovementKind.SURPLUS_REFUND],
    )


def _refuse_unfounded(heard: Sequence[Movement], *, known: dict[UUID, Movement]) -> None:
    reversed_ids: set[UUID] = set()
    for movement in heard:
        if (movement.kind is MovementKind.REVERSAL) != (movement.reverses is not None):
            raise ReversalUnfounded(movement_id=movement.reverses)
        if movement.reverses is None:
            continue
        undone = known.get(movement.reverses)
        founded = (
            undone is not None
            and undone.kind is not MovementKind.REVERSAL
            and undone.amount == movement.amount
            and undone.effective_on <= movement.effective_on
            and movement.reverses not in reversed_ids
        )
        if not founded:
            raise ReversalUnfounded(movement_id=movement.reverses)
        reversed_ids.add(movement.reverses)
