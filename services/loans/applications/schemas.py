"""What does an application look like on the wire, asked for and as a whole file?"""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator
from sqlalchemy import Row

from services.loans.advice.tables import ApplicationProposalRow
from services.loans.applications import queries
from services.loans.applications.cash_flow_bodies import CashFlowBody
from services.loans.applications.opinion_bodies import QuestionOut
from services.loans.applications.queries import ApplicationFile
from services.loans.applications.requests import queries as request_queries
from services.loans.applications.tables import ApplicationHistoryRow, ApplicationRow
from services.loans.borrowers.schemas import BorrowerIn, BorrowerOut, ExternalId
from services.loans.domain import application as domain
from services.loans.domain.application import Characteristics, Request, Step
from services.loans.domain.authority import Outcome
from services.loans.domain.household import Household
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Asked, Recommendation
from shared import texts
from shared.clients import rejections
from shared.clients.scoring import AssessmentOut
from shared.clients.scoring_requests import Code, Number
from shared.errors import RafidError
from shared.money import Money
from shared.schemas import LATER, Body, Instant, MoneyBody
from shared.texts import Language

Months = Annotated[int, Field(ge=0, le=120)]
Words = Annotated[str, Field(min_length=1, max_length=500)]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
Told = Annotated[dict[Code, Number | bool | Code | None], Field(max_length=64)]


class HouseholdBody(Body):
    """What comes in and goes out in an ordinary month, household and business apart."""

    other_income: MoneyBody
    sales: MoneyBody
    business_costs: MoneyBody
    household_costs: MoneyBody
    debt_service: MoneyBody

    def household(self) -> Household:
        """Give the figures as the domain knows them. Raises `HouseholdNegative`."""
        return Household(
            other_income=self.other_income.money(),
            sales=self.sales.money(),
            business_costs=self.business_costs.money(),
            household_costs=self.household_costs.money(),
            debt_service=self.debt_service.money(),
        )

    @classmethod
    def of(cls, row: ApplicationRow) -> Self:
        """Write the figures."""
        return cls(
            other_income=_money(row.other_income_minor, row),
            sales=_money(row.sales_minor, row),
            business_costs=_money(row.business_costs_minor, row),
            household_costs=_money(row.household_costs_minor, row),
            debt_service=_money(row.debt_service_minor, row),
        )


class RequestBody(Body):
    """What is asked for, and what the borrower lives on."""

    amount: MoneyBody
    term_months: Months
    grace_months: Months = 0
    own_contribution: MoneyBody | None = None
    purpose: Annotated[str, Field(min_length=1, max_length=200)]
    sector: Code
    household: HouseholdBody
    characteristics: Told = {}
    activity_permitted: bool = True
    in_default_now: bool = False
    cash_flow: Annotated[CashFlowBody | None, LATER] = None

    def request(self) -> Request:
        """Give the request as the domain knows it; raises what `Request` raises."""
        amount = self.amount.money()
        own = self.own_contribution
        return Request(
            asked=Asked(
                amount=amount, term_months=self.term_months, grace_months=self.grace_months
            ),
            own_contribution=Money.zero(amount.currency) if own is None else own.money(),
            purpose=self.purpose,
            sector=self.sector,
            household=self.household.household(),
            characteristics=plain(self.characteristics),
            activity_permitted=self.activity_permitted,
            in_default_now=self.in_default_now,
            cash_flow=None if self.cash_flow is None else self.cash_flow.cash_flow(),
        )


class ApplicationIn(RequestBody):
    """An application, by a registered borrower or with one told here; nothing is typed twice."""

    borrower_id: UUID | None = None
    borrower: BorrowerIn | None = None
    product_id: UUID | None = None
    product_code: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    external_id: ExternalId | None = None

    @model_validator(mode="after")
    def _names_one_borrower_and_one_product(self) -> Self:
        if (self.borrower_id is None) == (self.borrower is None):
            raise ValueError("either borrower_id or borrower")
        if (self.product_id is None) == (self.product_code is None):
            raise ValueError("either product_id or product_code")
        return self


class ReasonIn(Body):
    """Why, in words; `version` is the application's as last read."""

    reason: Words
    version: Version | None = None


class ResubmitIn(RequestBody):
    """The application as corrected; `version` is the application's as last read."""

    version: Version | None = None


class StandingOut(Body):
    """The refusal because of which an application stands where it stands."""

    type: str
    title: str
    detail: str

    @classmethod
    def of(cls, reason: dict[str, Any], *, language: Language) -> Self:
        """Say a kept refusal in the reader's language."""
        error = _error_types().get(reason["type"])
        if error is None:
            return cls(type=reason["type"], title=reason["type"], detail="")
        say = texts.sayer(error.service, language=language)
        members = {name: say(text) for name, text in reason["texts"].items()}
        return cls(
            type=reason["type"],
            title=say(error.title()),
            detail=say(error.detail).format_map(members),
        )


class ApplicationOut(Body):
    """An application in short, without anything personal."""

    application_id: UUID
    reference: str
    external_id: str | None
    status: ApplicationStatus
    standing: StandingOut | None
    version: int
    round: int
    borrower_id: UUID
    branch_id: UUID
    product_id: UUID
    product_version: int
    amount: MoneyBody
    term_months: int
    grace_months: int
    sector: str
    officer_id: UUID
    submitted_at: Instant
    status_since: Instant

    @classmethod
    def of(cls, row: ApplicationRow, *, language: Language) -> Self:
        """Write an application."""
        return cls.model_validate(_short(row, language=language))


class StepOut(Body):
    """How long the application stood in one status."""

    status: ApplicationStatus
    since: Instant
    until: Instant | None
    seconds: int

    @classmethod
    def of(cls, step: Step) -> Self:
        """Write a step."""
        seconds = int(step.lasted.total_seconds())
        return cls(status=step.status, since=step.since, until=step.until, seconds=seconds)


class HistoryOut(Body):
    """One change of the application."""

    version: int
    round: int
    event: str
    status: ApplicationStatus
    reason: str | None
    actor_id: UUID
    happened_at: Instant

    @classmethod
    def of(cls, row: ApplicationHistoryRow) -> Self:
        """Write a change."""
        return cls(
            version=row.version,
            round=row.round,
            event=row.event,
            status=ApplicationStatus(row.status),
            reason=row.reason,
            actor_id=row.actor_id,
            happened_at=row.happened_at,
        )


class OfferBody(Body):
    """Terms as offered to the borrower."""

    fund_id: UUID
    amount: MoneyBody
    term_months: int
    grace_months: int
    annual_rate: Decimal


class DecisionOut(Body):
    """What one person decided at one level, and why."""

    decision_id: UUID
    round: int
    level: int
    outcome: Outcome
    reasons: list[str]
    override_reason: str | None
    recommended: Recommendation
    offer: OfferBody | None
    actor_id: UUID
    decided_at: Instant

    @classmethod
    def of(cls, row: Row[Any] | Any) -> Self:
        """Write a decision."""
        offer = None
        if row.fund_id is not None and row.amount_minor is not None:
            offer = OfferBody(
                fund_id=row.fund_id,
                amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
                term_months=row.term_months,
                grace_months=row.grace_months,
                annual_rate=Decimal(f"{row.annual_rate.normalize():f}"),
            )
        return cls(
            decision_id=row.decision_id,
            round=row.round,
            level=row.level,
            outcome=Outcome(row.outcome),
            reasons=list(row.reasons),
            override_reason=row.override_reason,
            recommended=Recommendation(row.recommended),
            offer=offer,
            actor_id=row.actor_id,
            decided_at=row.decided_at,
        )


class ProposedFundOut(Body):
    """What an approved run of the assignment proposes: a fund, or none; an officer decides."""

    fund_id: UUID | None
    run_id: UUID
    as_of: date
    approved_at: Instant

    @classmethod
    def of(cls, row: ApplicationProposalRow) -> Self:
        """Write a proposal."""
        return cls(
            fund_id=row.fund_id, run_id=row.run_id, as_of=row.as_of, approved_at=row.approved_at
        )


class ApplicationFileOut(ApplicationOut):
    """The whole file of an application in one answer.

    `asked` is what scoring was asked in this round, with what every fund said before;
    `waits_for_person` says why no program may decide, in words.
    """

    borrower: BorrowerOut
    product_code: str
    own_contribution: MoneyBody
    purpose: str
    household: HouseholdBody
    characteristics: dict[str, str | bool | None]
    activity_permitted: bool
    in_default_now: bool
    cash_flow: Annotated[CashFlowBody | None, LATER] = None
    asked: Annotated[QuestionOut | None, LATER] = None
    waits_for_person: Annotated[list[str] | None, LATER] = None
    recommended: Recommendation | None
    assessment: AssessmentOut | None
    decisions: list[DecisionOut]
    proposal: Annotated[ProposedFundOut | None, LATER] = None
    history: list[HistoryOut]
    steps: list[StepOut]

    @classmethod
    def of_file(cls, file: ApplicationFile, *, language: Language, now: datetime) -> Self:
        """Write everything about an application."""
        row = file.row
        clocks = domain.steps(queries.entered(file.history), now=now)
        assessment, waits = None, None
        if file.assessment is not None:
            kept = AssessmentOut.model_validate(file.assessment.answer)
            assessment = rejections.retold(kept, language=language)
            waits = rejections.waiting(kept, language=language)
        flow = request_queries.cash_flow_of(row)
        return cls.model_validate(
            {
                **_short(row, language=language),
                "borrower": BorrowerOut.of(file.borrower),
                "product_code": file.product.code,
                "own_contribution": _money(row.own_contribution_minor, row),
                "purpose": row.purpose,
                "household": HouseholdBody.of(row),
                "characteristics": row.characteristics,
                "activity_permitted": row.activity_permitted,
                "in_default_now": row.in_default_now,
                "cash_flow": flow and CashFlowBody.of(flow),
                "asked": file.request and QuestionOut.of(file.request, language=language),
                "waits_for_person": waits,
                "recommended": queries.recommended(file.assessment, product=file.product),
                "assessment": assessment,
                "decisions": [DecisionOut.of(one) for one in file.decisions],
                "proposal": file.proposal and ProposedFundOut.of(file.proposal),
                "history": [HistoryOut.of(one) for one in file.history],
                "steps": [StepOut.of(step) for step in clocks],
            }
        )


def plain(told: dict[str, Any]) -> Characteristics:
    """Give characteristics as they are kept: numbers as text, so that none is rounded."""
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in told.items()
    }


def _short(row: ApplicationRow, *, language: Language) -> dict[str, Any]:
    return {
        "application_id": row.application_id,
        "reference": row.reference,
        "external_id": row.external_id,
        "status": ApplicationStatus(row.status),
        "standing": row.reason and StandingOut.of(row.reason, language=language),
        "version": row.version,
        "round": row.round,
        "borrower_id": row.borrower_id,
        "branch_id": row.branch_id,
        "product_id": row.product_id,
        "product_version": row.product_version,
        "amount": _money(row.amount_minor, row),
        "term_months": row.term_months,
        "grace_months": row.grace_months,
        "sector": row.sector,
        "officer_id": row.officer_id,
        "submitted_at": row.submitted_at,
        "status_since": row.status_since,
    }


def _money(minor: int, row: ApplicationRow) -> MoneyBody:
    return MoneyBody.of(Money(minor, row.currency))


@cache
def _error_types() -> dict[str, type[RafidError]]:
    return {error.type_uri(): error for error in RafidError.all()}
