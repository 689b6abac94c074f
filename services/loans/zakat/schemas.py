"""What do cases, grants and costs of zakat look like on the wire?"""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.loans.domain.journal import Channel
from services.loans.domain.zakat import records
from services.loans.domain.zakat.classes import Evidence, ZakatClass
from services.loans.domain.zakat.eligibility import Circumstances, Shown
from services.loans.domain.zakat.grants import Asked, Debt, Item, OutsideReason, PaidTo
from services.loans.rulebook.schemas import FactOut
from services.loans.zakat import granting
from services.loans.zakat.commands import Decision, Opening
from services.loans.zakat.granting import Entering
from services.loans.zakat.queries import Case, Grant
from shared import texts
from shared.schemas import Body, MoneyBody
from shared.texts import Language

Words = Annotated[str, Field(min_length=1, max_length=300)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
State = Literal["waiting", "approved", "rejected", "ended"]


class CircumstancesBody(Body):
    """A person's need and debts; religion, tribe, party and origin have no place here.

    Income and aid are of a month and of the whole household, `assets` what exceeds basic needs,
    `debts_due` what is due now and lawful.
    """

    persons: Annotated[int, Field(ge=1, le=60)]
    income: MoneyBody
    aid: MoneyBody
    assets: MoneyBody
    debts_due: MoneyBody
    can_earn_enough: bool = False
    is_cut_off: bool = False

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        amounts = [one.money() for one in (self.income, self.aid, self.assets, self.debts_due)]
        if len({one.currency for one in amounts}) > 1 or any(one.is_negative for one in amounts):
            raise PydanticCustomError("amounts", "amounts are of one currency, none below zero")
        return self

    def told(self) -> Circumstances:
        """Give what is told as the rules know it."""
        return Circumstances(
            persons=self.persons,
            income=self.income.money(),
            aid=self.aid.money(),
            assets=self.assets.money(),
            debts_due=self.debts_due.money(),
            can_earn_enough=self.can_earn_enough,
            is_cut_off=self.is_cut_off,
        )

    @classmethod
    def of(cls, told: Circumstances) -> Self:
        """Write what was told."""
        return cls(
            persons=told.persons,
            income=MoneyBody.of(told.income),
            aid=MoneyBody.of(told.aid),
            assets=MoneyBody.of(told.assets),
            debts_due=MoneyBody.of(told.debts_due),
            can_earn_enough=told.can_earn_enough,
            is_cut_off=told.is_cut_off,
        )


class ShownBody(Body):
    """A piece of evidence: its day, the SHA-256 of its paper, and who saw to it."""

    evidence: Evidence
    seen_on: date
    paper: Sha256
    people: Annotated[list[UUID], Field(max_length=10)] = []

    def shown(self) -> Shown:
        """Give it as the rules know it."""
        return Shown(
            evidence=self.evidence,
            seen_on=self.seen_on,
            paper=self.paper,
            people=tuple(self.people),
        )

    @classmethod
    def of(cls, one: Shown) -> Self:
        """Write what was shown."""
        return cls(
            evidence=one.evidence, seen_on=one.seen_on, paper=one.paper, people=list(one.people)
        )


class CaseIn(Body):
    """A case to open: what is told and shown of a person. Urgent ones stand before investing."""

    borrower_id: UUID
    told: CircumstancesBody
    shown: Annotated[list[ShownBody], Field(max_length=30)] = []
    is_urgent: bool = False

    def opening(self, *, on: date) -> Opening:
        """Give the case to open."""
        return Opening(
            borrower_id=self.borrower_id,
            told=self.told.told(),
            shown=tuple(one.shown() for one in self.shown),
            is_urgent=self.is_urgent,
            asked_on=on,
        )


class CaseDecisionIn(Body):
    """What a second person decides: a class, or none; why, where it is not what was proposed.

    `authority` names the authority's decision or ruling; `limit` the amount where no need is
    computed.
    """

    zakat_class: ZakatClass | None
    reasons: Annotated[str, Field(max_length=1_000)] = ""
    authority: Words | None = None
    limit: MoneyBody | None = None

    def decision(self) -> Decision:
        """Give the decision."""
        return Decision(
            zakat_class=self.zakat_class,
            limit=None if self.limit is None else self.limit.money(),
            reasons=self.reasons,
            authority=self.authority,
        )


class EndIn(Body):
    """Why a decision ends before it expires."""

    reason: Words


class ReasonOut(Body):
    """Why a class is proposed, or none: a code, words in the language asked, the figures."""

    code: str
    says: str
    figures: list[MoneyBody]


class CaseOut(Body):
    """A case: what was told, what the system proposes and why, what a person decided, until when.

    `need` is what is lacking, `gap` what debts due exceed assets by.
    """

    eligibility_id: UUID
    reference: str
    borrower_id: UUID
    asked_on: date
    told: CircumstancesBody
    shown: list[ShownBody]
    proposed: list[ZakatClass]
    reasons: list[ReasonOut]
    need: MoneyBody
    gap: MoneyBody
    is_urgent: bool
    state: State
    zakat_class: ZakatClass | None
    limit: MoneyBody | None
    decided_on: date | None
    expires_on: date | None
    ended_on: date | None
    authority: str | None
    facts: list[FactOut]

    @classmethod
    def of(cls, case: Case, *, language: Language) -> Self:
        """Write a case in a language."""
        row, said = case.row, case.decision
        proposal = records.proposal(row.proposal)
        held = case.eligibility
        kept = [*row.facts, *(said.facts if said else [])]
        return cls(
            eligibility_id=row.eligibility_id,
            reference=row.reference,
            borrower_id=row.borrower_id,
            asked_on=row.asked_on,
            told=CircumstancesBody.of(records.circumstances(row.told)),
            shown=[ShownBody.of(records.shown(one)) for one in row.shown],
            proposed=list(proposal.classes),
            reasons=[
                ReasonOut(
                    code=one.code,
                    says=texts.translate(one.says, language=language, service="loans"),
                    figures=[MoneyBody.of(figure) for figure in one.figures],
                )
                for one in proposal.reasons
            ],
            need=MoneyBody.of(proposal.need),
            gap=MoneyBody.of(proposal.gap),
            is_urgent=row.is_urgent,
            state=_state(case),
            zakat_class=None if held is None else held.zakat_class,
            limit=None if held is None else MoneyBody.of(held.limit),
            decided_on=None if said is None else said.decided_on,
            expires_on=None if said is None else said.expires_on,
            ended_on=None if case.end is None else case.end.ended_on,
            authority=None if said is None else said.authority,
            facts=[FactOut.of_kept(one) for one in kept],
        )


class DebtBody(Body):
    """A debt that is due; `contract_id` is our own contract where it is owed to us."""

    amount: MoneyBody
    incurred_on: date
    due_on: date
    creditor: Words
    contract_id: UUID | None = None

    def debt(self) -> Debt:
        """Give the debt as the rules know it."""
        return Debt(
            amount=self.amount.money(),
            incurred_on=self.incurred_on,
            due_on=self.due_on,
            creditor=self.creditor,
            contract_id=self.contract_id,
        )


class ItemBody(Body):
    """A tool, stock or capital that makes one self-sufficient, with its cost."""

    what: Words
    amount: MoneyBody


class GrantIn(Body):
    """A grant to enter: class, case, purpose; goods are named and bought at their cost."""

    fund_id: UUID
    eligibility_id: UUID
    zakat_class: ZakatClass
    purpose: Words
    amount: MoneyBody
    goods: Words | None = None
    paid_to: PaidTo = PaidTo.RECIPIENT
    debt: DebtBody | None = None
    calculation: Annotated[list[ItemBody], Field(max_length=50)] = []
    outside_reason: OutsideReason | None = None
    channel: Channel = Channel.CASH

    def entering(self) -> Entering:
        """Give the grant to enter."""
        items = [Item(what=one.what, amount=one.amount.money()) for one in self.calculation]
        asked = Asked(
            zakat_class=self.zakat_class,
            amount=self.amount.money(),
            paid_to=self.paid_to,
            calculation=tuple(items),
            debt=None if self.debt is None else self.debt.debt(),
            outside_reason=self.outside_reason,
        )
        return Entering(
            fund_id=self.fund_id,
            eligibility_id=self.eligibility_id,
            asked=asked,
            purpose=self.purpose,
            goods=self.goods,
            channel=self.channel,
        )


class GrantPaymentIn(Body):
    """The payment of a grant, or of a cost, by a second person; without a day, today."""

    paid_on: date | None = None


class HandoverIn(Body):
    """The receiver accepted what was given: how, and the SHA-256 of the paper that shows it."""

    accepted_by: Literal["signature", "thumbprint", "witnesses"]
    evidence: Sha256
    handed_on: date | None = None


class GrantReversalIn(Body):
    """A payment that reached nobody is taken back; why."""

    reason: Words
    reversed_on: date | None = None


class GrantOut(Body):
    """A grant and where it is: entered, paid, accepted or reversed."""

    grant_id: UUID
    reference: str
    fund_id: UUID
    borrower_id: UUID
    eligibility_id: UUID
    zakat_class: ZakatClass
    purpose: str
    amount: MoneyBody
    goods: str | None
    paid_to: PaidTo
    outside_reason: OutsideReason | None
    channel: Channel
    state: str
    paid_on: date | None
    entry_id: UUID | None
    handed_on: date | None
    reversed_on: date | None
    entered_by: UUID
    paid_by: UUID | None
    facts: list[FactOut]

    @classmethod
    def of(cls, grant: Grant) -> Self:
        """Write a grant."""
        row, payment = grant.row, grant.payment
        asked = granting.asked_of(row)
        return cls(
            grant_id=row.grant_id,
            reference=row.reference,
            fund_id=row.fund_id,
            borrower_id=row.borrower_id,
            eligibility_id=row.eligibility_id,
            zakat_class=asked.zakat_class,
            purpose=row.purpose,
            amount=MoneyBody.of(asked.amount),
            goods=row.goods,
            paid_to=asked.paid_to,
            outside_reason=asked.outside_reason,
            channel=Channel(row.channel),
            state=granting.state_of(grant),
            paid_on=None if payment is None else payment.paid_on,
            entry_id=None if payment is None else payment.entry_id,
            handed_on=None if grant.handover is None else grant.handover.handed_on,
            reversed_on=None if grant.reversal is None else grant.reversal.reversed_on,
            entered_by=row.actor_id,
            paid_by=None if payment is None else payment.actor_id,
            facts=[FactOut.of_kept(one) for one in (payment.facts if payment else [])],
        )


def _state(case: Case) -> State:
    if case.end is not None:
        return "ended"
    if case.decision is None:
        return "waiting"
    return "approved" if case.decision.outcome == "approved" else "rejected"
