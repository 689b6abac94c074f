"""Which facts are told to other services, and in which form?

Every event carries ids, codes and minor units, never names, documents or free text about a
person. A published version never changes: a new form is a new version.
"""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.bookings import BookedEntry, FundShare


class Event(BaseModel):
    """A fact in the past tense; `type` names it with its service and version."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    type: ClassVar[str]


class InstitutionCreated(Event):
    """An institution was founded in the system."""

    type: ClassVar[str] = "loans.institution-created.v1"
    code: str
    country: str
    currency: str
    name_ar: str
    name_fr: str
    name_en: str


class BranchCreated(Event):
    """An institution opened a branch."""

    type: ClassVar[str] = "loans.branch-created.v1"
    branch_id: UUID
    code: str
    region: str
    name_ar: str
    name_fr: str
    name_en: str


class FundCreated(Event):
    """A fund was opened; its kind never changes."""

    type: ClassVar[str] = "loans.fund-created.v1"
    fund_id: UUID
    code: str
    kind: str
    currency: str
    name_ar: str
    name_fr: str
    name_en: str


class DonorLinked(Event):
    """A donor may from now on see a fund."""

    type: ClassVar[str] = "loans.donor-linked.v1"
    fund_id: UUID
    donor_id: UUID


class FundBooked(Event):
    """An entry of the books moved a fund; the payments that tell theirs themselves are left out."""

    type: ClassVar[str] = "loans.fund-booked.v1"
    booked: BookedEntry


class FundClaimed(Event):
    """A claim on a fund moved: reserve, release, commit, uncommit or draw."""

    type: ClassVar[str] = "loans.fund-claimed.v1"
    fund_id: UUID
    application_id: UUID
    kind: str
    amount_minor: int
    currency: str


class ApplicationSubmitted(Event):
    """A borrower asked for money."""

    type: ClassVar[str] = "loans.application-submitted.v1"
    application_id: UUID
    borrower_id: UUID
    branch_id: UUID
    product_id: UUID
    amount_minor: int
    currency: str
    term_months: int
    sector: str


class ApplicationAssessed(Event):
    """Scoring gave its opinion."""

    type: ClassVar[str] = "loans.application-assessed.v1"
    application_id: UUID
    assessment_id: UUID
    points: int
    grade: str


class ApplicationReturned(Event):
    """An application went back for correction."""

    type: ClassVar[str] = "loans.application-returned.v1"
    application_id: UUID


class ApplicationWithdrawn(Event):
    """The applicant took the application back."""

    type: ClassVar[str] = "loans.application-withdrawn.v1"
    application_id: UUID


class ApplicationDecided(Event):
    """A decision closed an application's approval: approved or rejected."""

    type: ClassVar[str] = "loans.application-decided.v1"
    application_id: UUID
    decision_id: UUID
    outcome: str


class Due(BaseModel):
    """One instalment as agreed."""

    model_config = ConfigDict(frozen=True)
    number: int
    due_on: date
    principal_minor: int
    profit_minor: int
    fee_minor: int


class ContractSigned(Event):
    """A contract was signed, its terms frozen; `shares` say what each fund gives, if several."""

    type: ClassVar[str] = "loans.contract-signed.v1"
    contract_id: UUID
    application_id: UUID
    borrower_id: UUID
    branch_id: UUID
    product_id: UUID
    fund_id: UUID
    fund_kind: str
    mode_of_finance: str
    currency: str
    principal_minor: int
    term_months: int
    signed_on: date
    sector: str
    region: str
    borrower_kind: str
    sex: str | None
    youth: bool | None
    allocation_order: tuple[str, ...] = ("fee", "profit", "principal")
    dues: tuple[Due, ...]
    shares: tuple[FundShare, ...] = ()


class DisbursementCompleted(Event):
    """Money of a contract reached the borrower, all but a fee kept back; it may be a tranche.

    `saved_minor` of it was put into the borrower's savings.
    """

    type: ClassVar[str] = "loans.disbursement-completed.v1"
    contract_id: UUID
    disbursement_id: UUID
    fund_id: UUID
    amount_minor: int
    fee_kept_minor: int = 0
    saved_minor: int = 0
    currency: str
    disbursed_on: date
    channel: str


class CorrectedDue(Due):
    """One instalment of a new agreement, with its late amount."""

    penalty_minor: int


class RepaymentReceived(Event):
    """A borrower's money was allocated to a contract; `dues` are its instalments, if now others."""

    type: ClassVar[str] = "loans.repayment-received.v1"
    contract_id: UUID
    repayment_id: UUID
    fund_id: UUID
    amount_minor: int
    currency: str
    received_on: date
    channel: str
    principal_minor: int
    profit_minor: int
    fee_minor: int
    surplus_minor: int
    penalty_minor: int = 0
    dues: tuple[CorrectedDue, ...] | None = None
    booked: BookedEntry | None = None


class RepaymentReversed(Event):
    """A repayment was taken back, every amount negative; `dues` are the instalments, if others."""

    type: ClassVar[str] = "loans.repayment-reversed.v1"
    contract_id: UUID
    repayment_id: UUID
    reverses_repayment_id: UUID
    reason: str
    fund_id: UUID
    amount_minor: int
    currency: str
    received_on: date
    channel: str
    principal_minor: int
    profit_minor: int
    fee_minor: int
    surplus_minor: int
    penalty_minor: int = 0
    dues: tuple[CorrectedDue, ...] | None = None
    booked: BookedEntry | None = None


class ContractClosed(Event):
    """All that was owed on a contract is paid."""

    type: ClassVar[str] = "loans.contract-closed.v1"
    contract_id: UUID
    closed_on: date


class ContractCorrected(Event):
    """An order changed a contract; `dues` are its instalments from `effective_on` on, if others.

    Amounts are differences: portions of what was paid, money in, what zakat paid in the borrower's
    place, principal written off, money that came on what was written off.
    """

    type: ClassVar[str] = "loans.contract-corrected.v1"
    contract_id: UUID
    order_id: UUID
    reverses_order_id: UUID | None
    kind: str
    reason: str
    fund_id: UUID
    currency: str
    effective_on: date
    status: str
    is_settled: bool
    borrower_id: UUID
    channel: str
    dues: tuple[CorrectedDue, ...] | None
    principal_minor: int
    profit_minor: int
    fee_minor: int
    penalty_minor: int
    surplus_minor: int
    moved_minor: int
    forgiven_minor: int
    written_off_minor: int
    recovered_minor: int


class DisbursementReversed(Event):
    """A loan paid out, or a tranche of it, was taken back; every amount is negative."""

    type: ClassVar[str] = "loans.disbursement-reversed.v1"
    contract_id: UUID
    disbursement_id: UUID
    reverses_disbursement_id: UUID
    order_id: UUID
    fund_id: UUID
    amount_minor: int
    fee_kept_minor: int
    currency: str
    disbursed_on: date
    channel: str


class DealStepTaken(Event):
    """A step of a deal was taken; `cash_minor` is what it moved in the fund, out negative."""

    type: ClassVar[str] = "loans.deal-step-taken.v1"
    contract_id: UUID
    step_id: UUID
    fund_id: UUID
    mode_of_finance: str
    step: str
    stage: str
    taken_on: date
    cash_minor: int
    currency: str


class DealChanged(Event):
    """A step of a deal changed what stands with the client: declared, delivered, bought, lost.

    `at_work_minor` is how much more of the fund's money stands with the client beside what a
    `disbursement-completed` told, lost or come back below 0. `principal_minor` and `profit_minor`
    came back with the step, in money or in goods; `declared_minor` is the fund's part of a result.
    `quantity` are goods or units, a plain number. `dues` hold from `effective_on` on, if others.
    """

    type: ClassVar[str] = "loans.deal-changed.v1"
    contract_id: UUID
    step_id: UUID
    reverses_step_id: UUID | None
    fund_id: UUID
    mode_of_finance: str
    step: str
    stage: str
    effective_on: date
    currency: str
    at_work_minor: int
    principal_minor: int
    profit_minor: int
    declared_minor: int
    quantity: str | None
    dues: tuple[CorrectedDue, ...] | None
    is_settled: bool


class ProjectOpened(Event):
    """A project record was born from the first disbursement of its contract."""

    type: ClassVar[str] = "monitoring.project-opened.v1"
    project_id: UUID
    contract_id: UUID


class AssessmentMade(Event):
    """Scoring gave an opinion on an application, by a version of a scorecard."""

    type: ClassVar[str] = "scoring.assessment-made.v1"
    assessment_id: UUID
    application_id: UUID
    card_id: str
    card_version: str
    points: int
    grade: str
    advice: str


class OfferOutcomeRecorded(Event):
    """It became known what an applicant did with the menu; `line` where it was accepted."""

    type: ClassVar[str] = "scoring.offer-outcome-recorded.v1"
    assessment_id: UUID
    application_id: UUID
    outcome: str
    line: int | None


class ScorecardStatusChanged(Event):
    """A version of a scorecard was registered, tried in shadow, promoted or retired."""

    type: ClassVar[str] = "scoring.scorecard-status-changed.v1"
    card_id: str
    version: str
    status: str
