"""Why is held money not moved, or a movement not taken back?"""

from datetime import date
from uuid import UUID

from services.loans.domain.holdings import HoldingKind
from shared.errors import Kind, RafidError
from shared.ids import ContractId
from shared.money import Money


class HoldsNoMore(RafidError):
    """The contract takes no more money to be held"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is {state}: nothing more is put in on it."
    reference: str
    state: str


class HoldingStands(RafidError):
    """The movement cannot be taken back by itself"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "{holding_id} ({holding_kind}) is reversed already, is a reversal, or is taken back with"
        " the payout or the order that made it."
    )
    holding_id: UUID
    holding_kind: str


class LaterEarningStands(RafidError):
    """A later earning rests on this one"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{later_holding_id} was earned after {holding_id}: reverse the later one first."
    holding_id: UUID
    later_holding_id: UUID


class OwnMovement(RafidError):
    """Nobody takes back what they booked themselves"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever booked {holding_id} does not take it back: another person does."
    holding_id: UUID


class NotAskedByAnother(RafidError):
    """Held money goes out, and declared profit in, by two persons"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{amount} is moved on {contract_id} for the request of another person: let them ask for"
        " it, then name the request."
    )
    contract_id: ContractId
    amount: Money


class HeldRequestUnknown(RafidError):
    """There is no such request"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No request {request_id} was made on {contract_id}."
    request_id: UUID
    contract_id: ContractId


class HeldRequestOther(RafidError):
    """The request asks for something else"""

    kind = Kind.RULE
    service = "loans"
    detail = "{request_id} asks for a movement of kind {asked_kind} of {amount}; this is another."
    request_id: UUID
    asked_kind: HoldingKind
    amount: Money


class HeldRequestMet(RafidError):
    """The request was met before"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{request_id} was met by {holding_id}: a request is met once."
    request_id: UUID
    holding_id: UUID


class HeldRequestExpired(RafidError):
    """The request has expired"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{request_id} could be met before {expires_on}: let it be asked anew."
    request_id: UUID
    expires_on: date


class HeldRequestWithdrawn(RafidError):
    """The request was withdrawn"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{request_id} was withdrawn: let it be asked anew."
    request_id: UUID
