"""Why may a contract not be paid out on a day, whatever of it is asked for?"""

from datetime import date
from uuid import UUID

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.modes import MODES
from shared.errors import Kind, RafidError


class AlreadyPaidOut(RafidError):
    """The loan has been paid out, or will not be"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is {state}; only a signed one is paid out, once."
    reference: str
    state: str


class PaymentUnderWay(RafidError):
    """A payment of this loan is on its way"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The payment {payment_id} for {reference} has no definite end yet; nothing is sent."
    reference: str
    payment_id: UUID


class CashNotToClient(RafidError):
    """Cash is not paid to the client in this mode"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The contract {reference} is in the mode {mode}: its steps pay the supplier or hand over"
        " the capital."
    )
    reference: str
    mode: str


class NoDayToPayOut(RafidError):
    """The loan cannot be paid out on this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{disbursed_on} is before signature ({signed_on}) or not before the first due date."
    disbursed_on: date
    signed_on: date


class TakenBackLater(RafidError):
    """The loan was taken back after this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{disbursed_on} is before {taken_back_on}, when the earlier payout was taken back."
    disbursed_on: date
    taken_back_on: date


def require(
    row: ContractRow, *, on: date, under_way: UUID | None, taken_back_on: date | None
) -> None:
    """Refuse a locked contract that is not signed, nor paid out in tranches, or not on that day.

    Raises AlreadyPaidOut, PaymentUnderWay, CashNotToClient, NoDayToPayOut, TakenBackLater.
    """
    terms = contract_queries.terms_of(row)
    is_open = row.status == ContractStatus.ACTIVE and bool(terms.drawing.tranches)
    if row.status != ContractStatus.SIGNED and not is_open:
        raise AlreadyPaidOut(reference=row.reference, state=row.status)
    if under_way is not None:
        raise PaymentUnderWay(reference=row.reference, payment_id=under_way)
    if not MODES[terms.mode_of_finance].PAYS_CLIENT:
        mode = terms.mode_of_finance.value
        raise CashNotToClient(reference=row.reference, mode=mode)
    is_late = on >= terms.first_due_on and not is_open
    if on < row.signed_on or is_late:
        raise NoDayToPayOut(disbursed_on=on, signed_on=row.signed_on)
    if taken_back_on is not None and on < taken_back_on:
        raise TakenBackLater(disbursed_on=on, taken_back_on=taken_back_on)
