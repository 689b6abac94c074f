"""Can the movements of a contract whose whole life a file tells have been, one after the other?

They stand in the order in which they were recorded. What can be said without the books is said
here: days, causes that come later, what is taken back twice. The rest is found by living it again.
"""

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from services.loans.domain import drawn, portfolio_orders
from services.loans.domain.holdings import Purpose
from services.loans.domain.lifecycle import CancelReason, ContractStatus
from services.loans.domain.portfolio_orders import BORROWER, CONTRACT, Named
from services.loans.domain.portfolio_records import (
    CellInvalid,
    ContractRecord,
    MovedKind,
    MovedRecord,
)
from services.loans.domain.servicing.deciding import FINAL
from services.loans.domain.servicing.orders import OrderKind, OrderReason
from services.loans.domain.taking_over import MISTAKES, MovementOutOfOrder
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError

OF_MONEY: Final = frozenset(set(MovedKind) - {MovedKind.REVERSAL, MovedKind.CANCELLATION})
REVERSIBLE: Final = frozenset(
    {MovedKind.REPAYMENT, MovedKind.DEPOSIT, MovedKind.WITHDRAWAL, MovedKind.EARNING}
    | (set(OrderKind) - FINAL)
)
MEMBERS: Final = {
    MovedKind.DISBURSEMENT: {"saved"},
    MovedKind.DEPOSIT: {"purpose", "evidence"},
    MovedKind.WITHDRAWAL: {"purpose", "evidence"},
    MovedKind.EARNING: {"evidence"},
}
"""What the details of a movement may hold; those of an order are its own (`portfolio_orders`)."""


class TakenBackUnfounded(RafidError):
    """What is taken back is not there to be taken back"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Movement {number} takes back movement {reverses}, which is none before it that can be,"
        " of another amount, or was taken back already."
    )
    number: int
    reverses: int


class FaultyMovementError(Exception):
    """One movement is at fault: its number, and the reason as `__cause__`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def check(record: ContractRecord, *, today: date) -> None:
    """Refuse what cannot have been; raises `FaultyMovementError` from what is wrong.

    That is `MovementOutOfOrder`, `TakenBackUnfounded`, `NothingOfTheName`, `CellInvalid`,
    `OrderMemberWrong`; and `CellInvalid` for a status that no contract has.
    """
    if record.status and record.status not in set(ContractStatus):
        raise CellInvalid(column="status", value=record.status)
    before: dict[int, MovedRecord] = {}
    undone: set[int] = set()
    for one in record.moved:
        try:
            _check(record, one, before=before, undone=undone, today=today)
        except RafidError as error:
            raise FaultyMovementError(one.number) from error
        before[one.number] = one


def _check(
    record: ContractRecord,
    one: MovedRecord,
    *,
    before: dict[int, MovedRecord],
    undone: set[int],
    today: date,
) -> None:
    is_nothing = one.kind in OF_MONEY and not one.amount.minor
    booked_on = one.booked_on or one.on
    if is_nothing or not record.signed_on <= one.on <= today or booked_on > today:
        raise MovementOutOfOrder(reference=record.reference, number=one.number)
    if isinstance(one.kind, OrderKind):
        portfolio_orders.asked_of(one, named=_named_by(record, before))
        return
    _check_details(one)
    if one.kind is MovedKind.REVERSAL:
        cause = before.get(one.reverses or 0)
        other = cause is not None and one.amount.minor not in {0, cause.amount.minor}
        if cause is None or cause.kind not in REVERSIBLE or cause.number in undone or other:
            raise TakenBackUnfounded(number=one.number, reverses=one.reverses or 0)
        undone.add(cause.number)
        _check_reason(one, cause)
    if one.kind is MovedKind.CANCELLATION and one.reason not in set(CancelReason):
        raise CellInvalid(column="reason", value=one.reason or "-")


def _check_reason(one: MovedRecord, cause: MovedRecord) -> None:
    """Money is taken back for one of few reasons, an order for those of orders."""
    reasons: Collection[str] = MISTAKES
    if isinstance(cause.kind, OrderKind):
        reasons = set(OrderReason)
    if one.reason and one.reason not in reasons:
        raise CellInvalid(column="reason", value=one.reason)


def _check_details(one: MovedRecord) -> None:
    allowed: Collection[str] = MEMBERS.get(MovedKind(one.kind), ())
    for name, text in one.details.items():
        if name not in allowed or (name == "purpose" and text not in set(Purpose)):
            raise CellInvalid(column="details", value=f"{name}: {text}"[:80])


def _named_by(record: ContractRecord, before: dict[int, MovedRecord]) -> Named:
    """Ids that stand for what may be named: the shape of an order is tried, not its effect."""
    some = UUID(int=0)
    named = {
        name: {one.details[name]: some for one in record.moved if name in one.details}
        for name in (BORROWER, CONTRACT)
    }
    repaid = (one.number for one in before.values() if one.kind is MovedKind.REPAYMENT)
    return Named(
        repayments=dict.fromkeys(repaid, some),
        borrowers=named[BORROWER],
        contracts=named[CONTRACT],
    )


def rests_on(record: ContractRecord) -> frozenset[str]:
    """The other contracts that a contract's orders name: those that settled it."""
    return frozenset(
        one.details[CONTRACT]
        for one in record.moved
        if CONTRACT in one.details and isinstance(one.kind, OrderKind)
    )


def held_by(record: ContractRecord) -> tuple[str, ...]:
    """The names of all borrowers of a contract: who signed it, and those it was handed to."""
    later = [one.details[BORROWER] for one in record.moved if BORROWER in one.details]
    return tuple(dict.fromkeys([record.borrower_key, *later]))


def claims(record: ContractRecord, terms: Terms) -> bool:
    """Whether money of the fund is, or could again be, kept for a contract of the file.

    One that is drawn in parts or was not paid out, and one whose payout was taken back.
    """
    kinds = {one.kind for one in record.moved}
    return (
        drawn.in_parts(terms)
        or MovedKind.DISBURSEMENT not in kinds
        or OrderKind.DISBURSEMENT_REVERSAL in kinds
    )
