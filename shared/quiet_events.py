"""Which facts are told that no service of ours acts on, for webhooks and integrators to hear?

They are events like those of `shared.events`, and promises as much.
"""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class FundReceived(Event):
    """Money came into a fund."""

    type: ClassVar[str] = "loans.fund-received.v1"
    fund_id: UUID
    receipt_id: UUID
    donor_id: UUID | None
    amount_minor: int
    currency: str
    received_on: date
    nature: str | None = None


class FundReceiptReversed(Event):
    """Money booked into a fund was taken back; the amount is negative."""

    type: ClassVar[str] = "loans.fund-receipt-reversed.v1"
    fund_id: UUID
    receipt_id: UUID
    reverses_receipt_id: UUID
    donor_id: UUID | None
    amount_minor: int
    currency: str
    received_on: date


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


class PledgeMade(Event):
    """Somebody promised a fund money: none of it has come."""

    type: ClassVar[str] = "loans.pledge-made.v1"
    fund_id: UUID
    donor_id: UUID
    pledge_id: UUID
    amount_minor: int
    currency: str
    pledged_on: date


class AgreementSigned(Event):
    """A donor, a state or a lender is bound to a fund by an agreement that two persons entered."""

    type: ClassVar[str] = "loans.agreement-signed.v1"
    fund_id: UUID
    donor_id: UUID
    agreement_id: UUID
    party: str
    total_minor: int
    currency: str
    signed_on: date


class InstalmentFellDue(Event):
    """Nothing but its day stands before an instalment of an agreement any more."""

    type: ClassVar[str] = "loans.instalment-fell-due.v1"
    fund_id: UUID
    agreement_id: UUID
    number: int
    due_on: date
    amount_minor: int
    currency: str


class InstalmentReceived(Event):
    """Money stands for an instalment, in the agreement's currency; negative where taken back."""

    type: ClassVar[str] = "loans.instalment-received.v1"
    fund_id: UUID
    agreement_id: UUID
    number: int
    receipt_id: UUID
    amount_minor: int
    currency: str
    received_on: date


class LenderPaid(Event):
    """A fund gave borrowed money back, or paid its cost; negative where taken back."""

    type: ClassVar[str] = "loans.lender-paid.v1"
    fund_id: UUID
    agreement_id: UUID
    draw_id: UUID
    payment_id: UUID
    principal_minor: int
    cost_minor: int
    currency: str
    paid_on: date


class CorpusMoved(Event):
    """Two persons had a waqf do something: a deed, a payment, a reserve, an exchange, a return."""

    type: ClassVar[str] = "loans.corpus-moved.v1"
    fund_id: UUID
    order_id: UUID
    kind: str
    amount_minor: int
    currency: str
    moved_on: date


class CorpusEarned(Event):
    """Yield of a corpus came in as money, or a participant gave to its pool."""

    type: ClassVar[str] = "loans.corpus-earned.v1"
    fund_id: UUID
    income_id: UUID
    kind: str
    amount_minor: int
    currency: str
    received_on: date


class ClauseApproved(Event):
    """A clause of a fund was approved, or one that lifts or follows another: it holds on its days.

    `clause_kind` tells what it is about ("lifting": it ends the one it succeeds), never its words.
    """

    type: ClassVar[str] = "loans.clause-approved.v1"
    fund_id: UUID
    clause_id: UUID
    clause_kind: str
    valid_from: date
    succeeds_id: UUID | None = None


class ZakatClassDecided(Event):
    """A case for zakat was decided; approved, it counts the person to a class for a while."""

    type: ClassVar[str] = "loans.zakat-class-decided.v1"
    eligibility_id: UUID
    borrower_id: UUID
    outcome: str
    zakat_class: str | None
    decided_on: date
    expires_on: date | None


class ZakatGrantPaid(Event):
    """Zakat was given: it is the receiver's own once it was handed over."""

    type: ClassVar[str] = "loans.zakat-grant-paid.v1"
    grant_id: UUID
    fund_id: UUID
    borrower_id: UUID
    eligibility_id: UUID
    zakat_class: str
    form: str
    paid_to: str
    region: str
    amount_minor: int
    currency: str
    paid_on: date


class ZakatGrantAccepted(Event):
    """The receiver of a grant accepted what was handed over."""

    type: ClassVar[str] = "loans.zakat-grant-accepted.v1"
    grant_id: UUID
    fund_id: UUID
    handed_on: date


class ZakatGrantReversed(Event):
    """A payment of a grant reached nobody and was taken back."""

    type: ClassVar[str] = "loans.zakat-grant-reversed.v1"
    grant_id: UUID
    fund_id: UUID
    amount_minor: int
    currency: str
    reversed_on: date


class ZakatCostPaid(Event):
    """The work on zakat was paid out of its share of what was collected to date."""

    type: ClassVar[str] = "loans.zakat-cost-paid.v1"
    cost_id: UUID
    fund_id: UUID
    purpose: str
    amount_minor: int
    currency: str
    paid_on: date
    collected_minor: int
    limit_minor: int


class WarningRaised(Event):
    """A running loan is among those that officers look after this month; reasons as codes."""

    type: ClassVar[str] = "scoring.warning-raised.v1"
    warning_id: UUID
    loan_id: UUID
    branch_id: UUID | None
    month: date
    grade: str
    reasons: tuple[str, ...]


class WebhookEndpointDisabled(Event):
    """An address of an integrator is told nothing more: a person's word, its own, or silence."""

    type: ClassVar[str] = "loans.webhook-endpoint-disabled.v1"
    endpoint_id: UUID
    reason: str
