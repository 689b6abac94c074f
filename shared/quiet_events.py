"""Which facts are told that no service of ours acts on, for webhooks and integrators to hear?

They are events like those of `shared.events`, and promises as much.
"""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class PaymentCompleted(Event):
    """A payment on its way has a definite good end."""

    type: ClassVar[str] = "loans.payment-completed.v1"
    payment_id: UUID
    direction: str
    contract_id: UUID
    amount_minor: int
    currency: str
    completed_on: date


class PaymentFailed(Event):
    """A payment on its way has a definite bad end."""

    type: ClassVar[str] = "loans.payment-failed.v1"
    payment_id: UUID
    direction: str
    contract_id: UUID
    reason_code: str


class ContractCancelled(Event):
    """A signed contract was cancelled before any money went out; its fund has it back."""

    type: ClassVar[str] = "loans.contract-cancelled.v1"
    contract_id: UUID
    application_id: UUID
    fund_id: UUID
    reason: str
    principal_minor: int
    currency: str
    cancelled_on: date


class FundMoneyMoved(Event):
    """A fund moved its own money between cash and wallet; what it has is the same."""

    type: ClassVar[str] = "loans.fund-money-moved.v1"
    fund_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    moved_on: date
    source: str
    target: str


class HeldMoneyMoved(Event):
    """Money held for a contract moved: a borrower's savings or own contribution, out negative."""

    type: ClassVar[str] = "loans.held-money-moved.v1"
    contract_id: UUID
    holding_id: UUID
    fund_id: UUID
    purpose: str
    kind: str
    amount_minor: int
    currency: str
    moved_on: date
