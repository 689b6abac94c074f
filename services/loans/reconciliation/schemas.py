"""How do plans, judgements, suspense and proposals about statements travel?"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row

from services.loans.accounting.schemas import Digest, Words
from services.loans.domain import suspense
from services.loans.domain.account_statement import Side
from services.loans.domain.matching import Level, Outcome
from services.loans.domain.reconciling import (
    Asked,
    FeeBooking,
    Plan,
    ProposalKind,
    Reconciled,
)
from services.loans.domain.suspense import Age
from services.loans.reconciliation.tables import (
    ReconciliationDecisionRow,
    ReconciliationPlanRow,
    ReconciliationProposalRow,
)
from shared.money import Money
from shared.schemas import Body, MoneyBody

Several = Annotated[list[UUID], Field(max_length=500)]
State = Literal["open", "settled"]


class ReconciliationPlanIn(Body):
    """How a real account is reconciled.

    `fund_id` holds what nobody explains; `owner_id` answers for what differs (who says this, if
    not named); `fee_share` is the most that its provider keeps of a settlement, 0.02 being 2 %.
    """

    money_account_id: UUID
    fund_id: UUID
    since: date
    owner_id: UUID | None = None
    fee_share: Annotated[Decimal, Field(ge=0, lt=1, max_digits=7, decimal_places=6)] = Decimal(0)

    def plan(self, *, actor_id: UUID) -> Plan:
        """Give the plan; the actor owns what differs where nobody else is named."""
        return Plan(
            fund_id=self.fund_id,
            since=self.since,
            owner_id=self.owner_id or actor_id,
            fee_share=self.fee_share,
        )


class ReconciliationPlanOut(Body):
    """The plan that counts, and which version of it."""

    money_account_id: UUID
    version: int
    fund_id: UUID
    since: date
    owner_id: UUID
    fee_share: Decimal
    recorded_at: datetime

    @classmethod
    def of(cls, row: ReconciliationPlanRow) -> "ReconciliationPlanOut":
        """Write a plan."""
        return cls(
            money_account_id=row.money_account_id,
            version=row.version,
            fund_id=row.fund_id,
            since=row.since,
            owner_id=row.owner_id,
            fee_share=row.fee_share.normalize(),
            recorded_at=row.recorded_at,
        )


class ReconciliationRunIn(Body):
    """The real account to reconcile now."""

    money_account_id: UUID


class ReconciledOut(Body):
    """What a run said anew, by outcome, and how many lines went into suspense."""

    said: Mapping[Outcome, int]
    held: int

    @classmethod
    def of(cls, found: Reconciled) -> "ReconciledOut":
        """Write what a run did."""
        return cls(said={Outcome(name): n for name, n in found.said.items()}, held=found.held)


class JudgementOut(Body):
    """What was last said of a line, a payment or a booked movement, and whose it is while open.

    `days` is its age on the day asked. Lines and movements of one match share `match_id`; `fee`
    is what a provider kept of the settlement. `is_in_suspense` says that its money stands there.
    """

    subject_id: UUID
    sort: Literal["line", "payment", "movement"]
    outcome: Outcome
    state: State
    owner_id: UUID
    day: date
    days: int
    side: Side
    amount: MoneyBody
    level: Level | None
    match_id: UUID | None
    fee: MoneyBody | None
    proposal_id: UUID | None
    is_in_suspense: bool
    recorded_at: datetime

    @classmethod
    def of(cls, row: Row[Any], *, on: date) -> "JudgementOut":
        """Write a judgement as of a day."""
        fee = None if row.fee_minor is None else Money(row.fee_minor, row.currency)
        return cls(
            subject_id=row.subject_id,
            sort=row.sort,
            outcome=Outcome(row.outcome),
            state=row.state,
            owner_id=row.owner_id,
            day=row.day,
            days=max((on - row.day).days, 0),
            side=Side(row.side),
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            level=None if row.level is None else Level(row.level),
            match_id=row.match_id,
            fee=None if fee is None else MoneyBody.of(fee),
            proposal_id=row.proposal_id,
            is_in_suspense=row.is_held and not row.has_left,
            recorded_at=row.recorded_at,
        )


class SuspenseOut(Body):
    """Money that came and that nobody explained: since when, how old, and how it left."""

    line_id: UUID
    fund_id: UUID
    amount: MoneyBody
    arrived_on: date
    age: Age | None
    ended_on: date | None
    proposal_id: UUID | None
    repayment_id: UUID | None

    @classmethod
    def of(cls, row: Row[Any], *, today: date) -> "SuspenseOut":
        """Write what stands or stood in suspense; what has left has no age."""
        age = None if row.ended_on else suspense.age_of(row.arrived_on, today=today)
        return cls(
            line_id=row.line_id,
            fund_id=row.fund_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            arrived_on=row.arrived_on,
            age=age,
            ended_on=row.ended_on,
            proposal_id=row.proposal_id,
            repayment_id=row.repayment_id,
        )


class _ProposalIn(Body):
    money_account_id: UUID
    reason: Words


class MatchIn(_ProposalIn):
    """Lines that are these payments and movements; both sides come to the same."""

    lines: Several
    ours: Several

    def asked(self) -> Asked:
        """Give the proposal."""
        return Asked(kind=ProposalKind.MATCH, reason=self.reason, lines=self.lines, ours=self.ours)


class HoldIn(_ProposalIn):
    """A line whose money nothing explains after all."""

    line_id: UUID

    def asked(self) -> Asked:
        """Give the proposal."""
        return Asked(kind=ProposalKind.HOLD, reason=self.reason, lines=[self.line_id])


class SuspenseMoveIn(_ProposalIn):
    """Where money in suspense goes: into a contract, or back to its sender where none is named."""

    line_id: UUID
    contract_id: UUID | None = None

    def asked(self) -> Asked:
        """Give the proposal."""
        kind = ProposalKind.RETURN if self.contract_id is None else ProposalKind.REPAY
        return Asked(
            kind=kind, reason=self.reason, lines=[self.line_id], contract_id=self.contract_id
        )


class FeeIn(_ProposalIn):
    """The fee of a line as an expense of a fund: the number of the chart, the hash of its paper."""

    line_id: UUID
    fund_id: UUID
    account: Annotated[str, Field(min_length=1, max_length=40, examples=["627"])]
    document_sha256: Digest

    def asked(self) -> Asked:
        """Give the proposal."""
        fee = FeeBooking(fund_id=self.fund_id, account=self.account, digest=self.document_sha256)
        return Asked(kind=ProposalKind.FEE, reason=self.reason, lines=[self.line_id], fee=fee)


class MissingPaymentIn(_ProposalIn):
    """A payment that a closed statement should hold and does not: it was not made."""

    payment_id: UUID

    def asked(self) -> Asked:
        """Give the proposal."""
        return Asked(kind=ProposalKind.NOT_PAID, reason=self.reason, ours=[self.payment_id])


class ReconciliationDecisionIn(Body):
    """What the second person says."""

    outcome: Literal["approve", "reject"]


class ReconciliationProposalOut(Body):
    """A proposal about lines and movements, and what a second person said of it."""

    proposal_id: UUID
    money_account_id: UUID
    kind: ProposalKind
    state: Literal["proposed", "approved", "rejected"]
    lines: list[UUID]
    ours: list[UUID]
    contract_id: UUID | None
    manual_id: UUID | None
    reason: str
    proposer_id: UUID
    decider_id: UUID | None
    recorded_at: datetime

    @classmethod
    def of(
        cls, row: ReconciliationProposalRow, decided: ReconciliationDecisionRow | None = None
    ) -> "ReconciliationProposalOut":
        """Write a proposal."""
        state: Literal["proposed", "approved", "rejected"] = "proposed"
        if decided is not None:
            state = "approved" if decided.outcome == "approve" else "rejected"
        return cls(
            proposal_id=row.proposal_id,
            money_account_id=row.money_account_id,
            kind=ProposalKind(row.kind),
            state=state,
            lines=row.lines,
            ours=row.ours,
            contract_id=row.contract_id,
            manual_id=row.manual_id,
            reason=row.reason,
            proposer_id=row.actor_id,
            decider_id=None if decided is None else decided.actor_id,
            recorded_at=row.recorded_at,
        )
