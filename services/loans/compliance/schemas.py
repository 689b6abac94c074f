"""What do cases, decisions on them and orders on charity look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from services.loans.compliance.commands import Found
from services.loans.compliance.queries import Case, CharityOrder
from services.loans.compliance.tables import BeneficiaryRow
from services.loans.domain.journal import Channel
from services.loans.institutions.schemas import NamesBody
from services.loans.rulings.schemas import Code, Sha256
from shared.money import Money
from shared.schemas import LATER, Body, Instant, MoneyBody

Event = Literal[
    "ruling_out_of_force",
    "order_of_steps",
    "no_possession",
    "cash_instead_of_goods",
    "late_amount_as_income",
    "unlawful_activity",
    "interest_earned",
    "fee_above_cost",
    "fund_rule_broken",
    "other",
]
FoundBy = Literal[
    "staff",
    "internal_audit",
    "sharia_audit",
    "sharia_board",
    "external_audit",
    "regulator",
    "system",
]
Account = Literal["profit_income", "fee_income", "penalty_income", "investment_income"]
Words = Annotated[str, Field(min_length=1, max_length=2_000)]


class CaseIn(Body):
    """Something found: what happened, in which fund, contract and step, and what it touches.

    The description is read by those who may read the log: it names no borrower.
    """

    event: Event
    description: Words
    root_cause: Words | None = None
    found_by: FoundBy
    occurred_on: date
    found_on: date
    fund_id: UUID
    contract_id: UUID | None = None
    step_id: UUID | None = None
    amount: MoneyBody

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.step_id is not None and self.contract_id is None:
            raise PydanticCustomError("step", "a step is one of a contract")
        if self.amount.money().is_negative:
            raise PydanticCustomError("amount", "what is affected is not below zero")
        return self

    def found(self) -> Found:
        """Give what was found."""
        return Found(
            event=self.event,
            description=self.description,
            root_cause=self.root_cause,
            found_by=self.found_by,
            occurred_on=self.occurred_on,
            found_on=self.found_on,
            fund_id=self.fund_id,
            contract_id=self.contract_id,
            step_id=self.step_id,
            amount=self.amount.money(),
        )


class CaseDecisionIn(Body):
    """What a board decided: whether it is a breach, how much income is tainted, what to mend."""

    board_id: UUID
    is_breach: bool
    purify: MoneyBody
    remedy: Words
    decided_on: date
    document_sha256: Sha256

    @model_validator(mode="after")
    def _is_no_debt(self) -> Self:
        if self.purify.money().is_negative:
            raise PydanticCustomError("purify", "what is purified is not below zero")
        return self


class CaseDecisionOut(Body):
    """What a board decided of a case."""

    board_id: UUID
    is_breach: bool
    purify: MoneyBody
    remedy: str
    decided_on: date
    document_sha256: str
    recorded_by: UUID
    recorded_at: Instant


class CaseOut(Body):
    """A case of the log; `purified` is what went to charity for it."""

    case_id: UUID
    reference: str
    event: Event
    description: str
    root_cause: str | None
    found_by: FoundBy
    occurred_on: date
    found_on: date
    fund_id: UUID
    contract_id: UUID | None
    step_id: UUID | None
    amount: MoneyBody
    decision: CaseDecisionOut | None
    purified: MoneyBody
    recorded_by: UUID
    recorded_at: Instant

    @classmethod
    def of(cls, case: Case) -> Self:
        """Write a case."""
        row, decided = case.row, case.decision
        decision = None
        if decided is not None:
            decision = CaseDecisionOut(
                board_id=decided.board_id,
                is_breach=decided.is_breach,
                purify=MoneyBody.of(Money(decided.purify_minor, decided.currency)),
                remedy=decided.remedy,
                decided_on=decided.decided_on,
                document_sha256=decided.document_sha256,
                recorded_by=decided.actor_id,
                recorded_at=decided.recorded_at,
            )
        return cls.model_validate(
            {
                "case_id": row.case_id,
                "reference": row.reference,
                "event": row.event,
                "description": row.description,
                "root_cause": row.root_cause,
                "found_by": row.found_by,
                "occurred_on": row.occurred_on,
                "found_on": row.found_on,
                "fund_id": row.fund_id,
                "contract_id": row.contract_id,
                "step_id": row.step_id,
                "amount": MoneyBody.of(Money(row.amount_minor, row.currency)),
                "decision": decision,
                "purified": MoneyBody.of(case.purified),
                "recorded_by": row.actor_id,
                "recorded_at": row.recorded_at,
            }
        )


class PurificationIn(Body):
    """Tainted income of a case to be moved to charity, out of an account of income."""

    amount: MoneyBody
    account: Account


class CharityPaymentIn(Body):
    """What an organisation is to be paid out of what the fund owes to charity."""

    amount: MoneyBody
    beneficiary_id: UUID
    channel: Channel = Channel.BANK


class BeneficiaryIn(Body):
    """An organisation that may be paid; `registration` is where it is registered, and as what."""

    code: Code
    names: NamesBody
    registration: Annotated[str, Field(min_length=1, max_length=200)]


class BeneficiaryOut(Body):
    """An organisation that may be paid."""

    beneficiary_id: UUID
    code: str
    names: NamesBody
    registration: str

    @classmethod
    def of(cls, row: BeneficiaryRow) -> Self:
        """Write an organisation."""
        return cls(
            beneficiary_id=row.beneficiary_id,
            code=row.code,
            names=NamesBody(ar=row.name_ar, fr=row.name_fr, en=row.name_en),
            registration=row.registration,
        )


class CharityOrderOut(Body):
    """An order on charity, what was said of it, and the entry that booked it."""

    order_id: UUID
    reference: str
    kind: Literal["purification", "payment"]
    state: Literal["proposed", "approved", "rejected"]
    fund_id: UUID
    amount: MoneyBody
    case_id: UUID | None
    account: str | None
    beneficiary_id: UUID | None
    channel: str | None
    entry_id: UUID | None
    booked_on: date | None
    proposed_by: UUID
    proposed_at: Instant
    decided_by: UUID | None
    decided_at: Instant | None
    reverses_order_id: Annotated[UUID | None, LATER] = None

    @classmethod
    def of(cls, order: CharityOrder) -> Self:
        """Write an order."""
        row, decision = order.row, order.decision
        return cls.model_validate(
            {
                "order_id": row.order_id,
                "reference": row.reference,
                "kind": row.kind,
                "state": order.state,
                "fund_id": row.fund_id,
                "amount": MoneyBody.of(Money(row.amount_minor, row.currency)),
                "case_id": row.case_id,
                "account": row.account_code,
                "beneficiary_id": row.beneficiary_id,
                "channel": row.channel,
                "entry_id": None if decision is None else decision.entry_id,
                "booked_on": None if decision is None else decision.booked_on,
                "proposed_by": row.actor_id,
                "proposed_at": row.recorded_at,
                "decided_by": None if decision is None else decision.actor_id,
                "decided_at": None if decision is None else decision.recorded_at,
                "reverses_order_id": row.reverses_order_id,
            }
        )


class CharityMoveOut(Body):
    """What came to charity (or, below zero, left it) by one kind of entry, and to whom."""

    kind: str
    beneficiary_id: UUID | None
    amount: MoneyBody


class CharityFundOut(Body):
    """Charity of one fund: opening + moves = closing, which is what the ledger says is owed."""

    fund_id: UUID
    opening: MoneyBody
    moves: list[CharityMoveOut]
    closing: MoneyBody


class CharityOut(Body):
    """Money of charity in and out, by fund, from a day to another, as the books knew it."""

    since: date | None
    as_of: date
    known_at: Instant | None
    funds: list[CharityFundOut]

    @classmethod
    def of(
        cls, rows: Sequence[Row[Any]], *, since: date | None, as_of: date, known_at: Any
    ) -> "CharityOut":
        """Write what the journal says."""
        funds = []
        for fund_id, group in groupby(rows, key=lambda row: row.fund_id):
            of_fund = list(group)
            currency = of_fund[0].currency
            opening = Money(sum(row.opening_minor for row in of_fund), currency)
            moved = Money(sum(row.moved_minor for row in of_fund), currency)
            moves = [
                CharityMoveOut(
                    kind=row.kind,
                    beneficiary_id=row.beneficiary_id,
                    amount=MoneyBody.of(Money(row.moved_minor, currency)),
                )
                for row in of_fund
                if row.moved_minor
            ]
            funds.append(
                CharityFundOut(
                    fund_id=fund_id,
                    opening=MoneyBody.of(opening),
                    moves=moves,
                    closing=MoneyBody.of(opening + moved),
                )
            )
        return cls(since=since, as_of=as_of, known_at=known_at, funds=funds)
