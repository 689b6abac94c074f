"""What do decisions and the authority to take them look like on the wire?"""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.loans.applications.schemas import DecisionOut, StandingOut, Words
from services.loans.approvals.queries import Decided
from services.loans.approvals.tables import AuthorityLevelRow
from services.loans.domain.authority import Outcome
from services.loans.domain.deciding import Proposal
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Asked
from services.loans.rulebook.schemas import FactOut
from shared.auth import Role
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Body, MoneyBody
from shared.texts import Language

Decider = Literal[Role.APPROVER, Role.SERVICE]
_DECIDERS: dict[str, Decider] = {"approver": Role.APPROVER, "service": Role.SERVICE}

Level = Annotated[int, Field(ge=1, le=9)]
Rate = Annotated[Decimal, Field(ge=0, le=10, max_digits=8, decimal_places=6)]


class TermsBody(Body):
    """Terms within the product's limits; without a rate the product's usual one."""

    amount: MoneyBody
    term_months: Annotated[int, Field(ge=1, le=120)]
    grace_months: Annotated[int, Field(ge=0, le=24)] = 0
    annual_rate: Rate | None = None

    def asked(self) -> Asked:
        """Give the terms as the domain knows them."""
        return Asked(
            amount=self.amount.money(),
            term_months=self.term_months,
            grace_months=self.grace_months,
            annual_rate=self.annual_rate,
        )


class DecisionIn(Body):
    """A decision with its reasons; an approval also says from which fund and on which terms.

    The terms are said in full or by a line of the assessment's menu. A level after the first
    approves what stands, and may leave both out. `level`, if sent, must be the level reached.
    """

    outcome: Outcome
    reasons: Annotated[tuple[Words, ...], Field(min_length=1, max_length=10)]
    fund_id: UUID | None = None
    terms: TermsBody | None = None
    menu_line: Annotated[int, Field(ge=0, le=10_000)] | None = None
    override_reason: Words | None = None
    level: Level | None = None

    @model_validator(mode="after")
    def _says_its_terms_once(self) -> Self:
        if self.terms is not None and self.menu_line is not None:
            raise ValueError("either terms or menu_line")
        return self

    def proposal(self, application_id: UUID) -> Proposal:
        """Give the decision as the domain knows it."""
        return Proposal(
            application_id=application_id,
            outcome=self.outcome,
            reasons=self.reasons,
            fund_id=None if self.fund_id is None else FundId(self.fund_id),
            terms=None if self.terms is None else self.terms.asked(),
            menu_line=self.menu_line,
            override_reason=self.override_reason,
            level=self.level,
        )


class DecidedOut(Body):
    """A decision, where the application stands after it, and the rules it rests on."""

    application_id: UUID
    status: ApplicationStatus
    standing: StandingOut | None
    decision: DecisionOut
    facts: list[FactOut] = []

    @classmethod
    def of(cls, decided: Decided, *, language: Language) -> Self:
        """Write a decision."""
        row = decided.application
        return cls(
            application_id=row.application_id,
            status=ApplicationStatus(row.status),
            standing=None if row.reason is None else StandingOut.of(row.reason, language=language),
            decision=DecisionOut.of(decided.decision),
            facts=[FactOut.of(used) for used in decided.facts],
        )


class AuthorityLevelIn(Body):
    """A role that may decide up to an amount; without product and fund for all of them.

    The role `service` is that of the rules of products which decide automatically.
    """

    product_id: UUID | None = None
    fund_id: UUID | None = None
    max_amount: MoneyBody
    level: Level
    role: Decider


class AuthorityLevelOut(AuthorityLevelIn):
    """A level of approval; one that ended stays readable."""

    authority_level_id: UUID
    in_force: bool

    @classmethod
    def of(cls, row: AuthorityLevelRow) -> Self:
        """Write a level."""
        return cls(
            authority_level_id=row.authority_level_id,
            product_id=row.product_id,
            fund_id=row.fund_id,
            max_amount=MoneyBody.of(Money(row.max_amount_minor, row.currency)),
            level=row.level,
            role=_DECIDERS[row.role],
            in_force=row.in_force,
        )
