"""Why is an order refused? Each with the values that explain it."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.loans.domain.charging import Recalculation
from services.loans.domain.chart import FundKind
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.servicing.orders import OrderKind
from shared.errors import Kind, RafidError, Sentence
from shared.ids import ContractId
from shared.money import Money


class BeyondWhatIsThere(RafidError):
    """The amount is more than there is"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} is more than the {available} there is ({what})."
    asked: Money
    available: Money
    what: Sentence


class OrderNotForState(RafidError):
    """The contract's state does not allow this order"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "A contract that is {state} takes no order of kind {order_kind}."
    order_kind: OrderKind
    state: ContractStatus


class OrderNotForServicing(RafidError):
    """The contract takes no order of this kind"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "An order of kind {order_kind} is not for contract {contract_id}, whose profit is counted"
        " by {recalculation}."
    )
    order_kind: OrderKind
    contract_id: ContractId
    recalculation: Recalculation


class CourseDoesNotFollow(RafidError):
    """The course of the contract does not hold with this"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "With this on {effective_on} the course of contract {contract_id} would lose {missing};"
        " nothing was changed: take back what came later first."
    )
    contract_id: ContractId
    effective_on: date
    missing: Money


class OrderDayNotPossible(RafidError):
    """The order cannot count from that day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{effective_on} is not between {earliest} (its cause) and {latest} (today)."
    effective_on: date
    earliest: date
    latest: date


class DueDayNotPossible(RafidError):
    """Nothing can fall due on that day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{due_on} is not after {after}; give a later day."
    due_on: date
    after: date


class OrderChangesNothing(RafidError):
    """The order would change nothing"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "On contract {contract_id} an order of kind {order_kind} changes nothing now."
    contract_id: ContractId
    order_kind: OrderKind


class ForgivenessNotZakat(RafidError):
    """Only zakat may forgive a debt to its borrower"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The contract is financed by a fund of kind {fund_kind}; a debt is forgiven only at the"
        " expense of zakat, others write it off."
    )
    fund_kind: FundKind


class FeeNotAgreed(RafidError):
    """No fee is added to a contract that follows the Sharia"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{amount} was not in the contract: its fees are the documented cost agreed at signing, and"
        " a late amount is charged as a penalty, for charity."
    )
    amount: Money


class RateNotForThis(RafidError):
    """The rate cannot be changed so"""

    kind = Kind.RULE
    service = "loans"
    detail = "{annual_rate} cannot replace the agreed {agreed_rate} by this order."
    annual_rate: Decimal
    agreed_rate: Decimal


class TooManyInstalments(RafidError):
    """What is open cannot be spread over so many instalments"""

    kind = Kind.RULE
    service = "loans"
    detail = "{open_principal} cannot be spread over {instalments} with {grace} of grace."
    open_principal: Money
    instalments: int
    grace: int


class NothingPaidAhead(RafidError):
    """Nothing is paid ahead"""

    kind = Kind.RULE
    service = "loans"
    detail = "Until {effective_on} fell due {due}, and {paid} was paid: nothing is paid ahead."
    effective_on: date
    due: Money
    paid: Money


class NotSettled(RafidError):
    """The contract is not settled"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{owed} is still owed and {surplus} is owed back: settle both before closing."
    owed: Money
    surplus: Money


class HasMoved(RafidError):
    """Money or orders have moved on the contract since it was paid out"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{paid} was paid and {given_up} given up since it was paid out: reverse these first."
    paid: Money
    given_up: Money


class ReversalOfReversal(RafidError):
    """An order of this kind is not reversed"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The order {order_id} of kind {order_kind} is not reversed: give a new order."
    order_id: UUID
    order_kind: OrderKind


class OrderNotStanding(RafidError):
    """The order does not stand"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The order {order_id} is {state}; only one in force is reversed, and once."
    order_id: UUID
    state: str


class LaterOrderStands(RafidError):
    """A later order rests on this one"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The order {later_order_id} rests on {order_id}: reverse the later one first."
    order_id: UUID
    later_order_id: UUID


class NotSpreadAnew(RafidError):
    """The instalments of this contract are not spread anew"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "On contract {contract_id} profit joins the principal as it was agreed: an order of kind"
        " {order_kind} cannot tell the two apart. Settle it by a new contract."
    )
    contract_id: ContractId
    order_kind: OrderKind
