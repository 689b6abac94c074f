"""What do pledges, agreements, results and exchange look like on the wire?"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.loans.agreements.drafts import Draft
from services.loans.agreements.queries import Agreed
from services.loans.agreements.tables import (
    AgreementConditionRow,
    AgreementDecisionRow,
    AgreementFigureRow,
)
from services.loans.domain import agreement_dues
from services.loans.domain.agreement_clauses import AgreedClause
from services.loans.domain.agreement_dues import Instalment, InstalmentState, Planned
from services.loans.domain.agreement_offer import FacilityForm, Offer
from services.loans.domain.agreement_results import Comparison, Condition, Figure, Measure
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.terms import Frequency, ModeOfFinance
from shared.ids import FundId
from shared.money import Money
from shared.periods import DayCount
from shared.schemas import Body, MoneyBody

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Reference = Annotated[str, Field(min_length=1, max_length=60, examples=["AG-2026-17"])]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"])]
RateOfYear = Annotated[Decimal, Field(ge=0, le=10, max_digits=8, decimal_places=6)]
Number = Annotated[int, Field(ge=1, le=120)]


class DocumentBody(Body):
    """A paper that is kept elsewhere, known by its SHA-256."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    sha256: Digest


class ClauseBody(Body):
    """A clause as it was signed; what it asks is told where the law can be asked about it."""

    article: Annotated[str, Field(min_length=1, max_length=60)]
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    finances: ModeOfFinance | None = None
    annual_rate_at_least: RateOfYear | None = None

    def clause(self) -> AgreedClause:
        """Give the clause."""
        return AgreedClause(
            article=self.article,
            text=self.text,
            finances=self.finances,
            annual_rate_at_least=self.annual_rate_at_least,
        )


class ConditionBody(Body):
    """A result on which an instalment depends; `code` names one that is told."""

    measure: Measure
    comparison: Comparison
    threshold: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)]
    clause: Annotated[str, Field(min_length=1, max_length=1000)]
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None


class InstalmentBody(Body):
    """An instalment: its day, its amount, and on which results it depends."""

    due_on: date
    amount: MoneyBody
    conditions: Annotated[tuple[ConditionBody, ...], Field(max_length=10)] = ()


class OfferBody(Body):
    """On what terms a lender lends; each draw-down freezes them."""

    form: FacilityForm
    annual_rate: RateOfYear = Decimal(0)
    instalments: Annotated[int, Field(ge=1, le=600)]
    frequency: Frequency
    principal_grace: Annotated[int, Field(ge=0, le=599)] = 0
    day_count: DayCount = "30/360"
    profit_share: Annotated[Decimal, Field(ge=0, lt=1, max_digits=7, decimal_places=6)] = Decimal(0)
    early_to_the_day: bool = False

    def offer(self) -> Offer:
        """Give the offer. Raises InterestNotInForm."""
        return Offer(**self.model_dump())


class AgreementIn(Body):
    """What a donor, a state or a lender has signed.

    A lender's has an offer and no instalments; every other has instalments that sum to the total.
    `counts_when_due` lets applications be reserved against an instalment from its day for
    `firm_days`, and needs the fund's own currency; it is off unless told.
    """

    reference: Reference
    fund_id: UUID
    donor_id: UUID
    party: Literal["donor", "state", "lender"]
    nature: ReceiptNature
    total: MoneyBody
    signed_on: date
    instalments: Annotated[tuple[InstalmentBody, ...], Field(max_length=120)] = ()
    clauses: Annotated[tuple[ClauseBody, ...], Field(max_length=60)] = ()
    documents: Annotated[list[DocumentBody], Field(min_length=1, max_length=20)]
    pledge_id: UUID | None = None
    late_after_days: Annotated[int, Field(ge=0, le=365)] = 0
    counts_when_due: bool = False
    firm_days: Annotated[int, Field(ge=0, le=365)] = 0
    offer: OfferBody | None = None
    available_until: date | None = None

    @model_validator(mode="after")
    def _fits_its_party(self) -> Self:
        lends = self.party == "lender"
        told = (self.offer is not None, self.available_until is not None, not self.instalments)
        if told != (lends, lends, lends):
            raise PydanticCustomError(
                "party", "a lender's agreement has an offer and its last day, others instalments"
            )
        return self

    def draft(self) -> Draft:
        """Give the agreement. Raises ThresholdNotPossible, InterestNotInForm."""
        planned, conditions = [], []
        for number, one in enumerate(self.instalments, start=1):
            planned.append(
                Planned(
                    number=number,
                    due_on=one.due_on,
                    amount=one.amount.money(),
                    conditions=len(one.conditions),
                )
            )
            for place, body in enumerate(one.conditions, start=1):
                condition = Condition(
                    number=place,
                    measure=body.measure,
                    comparison=body.comparison,
                    threshold=body.threshold,
                    code=body.code or "",
                )
                conditions.append((number, condition, body.clause))
        return Draft(
            reference=self.reference,
            fund_id=FundId(self.fund_id),
            donor_id=self.donor_id,
            party=self.party,
            nature=self.nature,
            total=self.total.money(),
            signed_on=self.signed_on,
            planned=tuple(planned),
            conditions=tuple(conditions),
            clauses=tuple(one.clause() for one in self.clauses),
            documents=tuple(one.model_dump() for one in self.documents),
            pledge_id=self.pledge_id,
            late_after_days=self.late_after_days,
            counts_when_due=self.counts_when_due,
            firm_days=self.firm_days,
            offer=None if self.offer is None else self.offer.offer().to_json(),
            available_until=self.available_until,
        )


class ConditionOut(Body):
    """A condition with the newest figure it was held against."""

    number: int
    measure: Measure
    code: str
    comparison: Comparison
    threshold: Decimal
    clause: str
    is_met: bool
    figures: list["FigureOut"]


class InstalmentOut(Body):
    """An instalment on a day: planned = received + open + cancelled.

    `counted_on` is what of it may be reserved against on that day; none of it is money yet.
    """

    number: int
    due_on: date
    planned: MoneyBody
    received: MoneyBody
    cancelled: MoneyBody
    open: MoneyBody
    counted_on: MoneyBody
    state: InstalmentState
    conditions: list[ConditionOut]


class OverdueOut(Body):
    """An instalment that should have come."""

    agreement_id: UUID
    reference: str
    fund_id: UUID
    donor_id: UUID
    number: int
    due_on: date
    days_late: int
    open: MoneyBody


class AgreementOut(Body):
    """An agreement as it stands on a day."""

    agreement_id: UUID
    reference: str
    fund_id: UUID
    donor_id: UUID
    party: str
    nature: ReceiptNature
    state: str
    total: MoneyBody
    fund_currency: str
    signed_on: date
    pledge_id: UUID | None
    late_after_days: int
    counts_when_due: bool
    firm_days: int
    rises: bool
    offer: dict[str, Any] | None
    available_until: date | None
    clauses: list[ClauseBody]
    documents: list[DocumentBody]
    proposed_by: UUID
    decided_by: UUID | None
    as_of: date
    instalments: list[InstalmentOut]

    @classmethod
    def of(
        cls,
        agreed: Agreed,
        *,
        on: date,
        instalments: Sequence[Instalment] = (),
        conditions: Mapping[int, list[ConditionOut]] | None = None,
    ) -> Self:
        """Write an agreement with its instalments."""
        row, decision = agreed.row, agreed.decision
        held = conditions or {}
        return cls(
            agreement_id=row.agreement_id,
            reference=row.reference,
            fund_id=row.fund_id,
            donor_id=row.donor_id,
            party=row.party,
            nature=ReceiptNature(row.nature),
            state=agreed.state,
            total=MoneyBody.of(Money(row.total_minor, row.currency)),
            fund_currency=row.fund_currency,
            signed_on=row.signed_on,
            pledge_id=row.pledge_id,
            late_after_days=row.late_after_days,
            counts_when_due=row.counts_when_due,
            firm_days=row.firm_days,
            rises=agreement_dues.rises([one.planned for one in instalments]),
            offer=row.offer,
            available_until=row.available_until,
            clauses=[ClauseBody.model_validate(one) for one in row.clauses],
            documents=[DocumentBody.model_validate(one) for one in row.documents],
            proposed_by=row.actor_id,
            decided_by=None if decision is None else decision.actor_id,
            as_of=on,
            instalments=[
                InstalmentOut(
                    number=one.planned.number,
                    due_on=one.planned.due_on,
                    planned=MoneyBody.of(one.planned.amount),
                    received=MoneyBody.of(one.received),
                    cancelled=MoneyBody.of(one.cancelled),
                    open=MoneyBody.of(one.open),
                    counted_on=MoneyBody.of(
                        agreement_dues.firm(
                            one, on=on, firm_days=row.firm_days if row.counts_when_due else 0
                        )
                    ),
                    state=agreement_dues.state(one, on=on, late_after_days=row.late_after_days),
                    conditions=held.get(one.planned.number, []),
                )
                for one in instalments
            ],
        )


class FigureIn(Body):
    """A result to be counted from the books (nothing but its day), or told with evidence."""

    as_of: date
    numerator: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)] | None = None
    denominator: Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=6)] = Decimal(1)
    evidence: Digest | None = None

    @model_validator(mode="after")
    def _is_told_whole(self) -> Self:
        if (self.numerator is None) != (self.evidence is None):
            raise PydanticCustomError("evidence", "a figure that is told needs its evidence")
        return self


class FigureOut(Body):
    """A result as it was counted or told, with its day and formula."""

    figure_id: UUID
    instalment: int
    condition: int
    measure: Measure
    value: Decimal
    numerator: Decimal
    denominator: Decimal
    as_of: date
    formula: str
    version: int
    is_met: bool
    evidence: str | None
    state: Literal["counted", "told", "confirmed", "rejected"]

    @classmethod
    def of(cls, row: AgreementFigureRow, *, decision: AgreementDecisionRow | None) -> Self:
        """Write a figure."""
        figure = Figure(
            measure=Measure(row.measure),
            as_of=row.as_of,
            numerator=row.numerator,
            denominator=row.denominator,
        )
        state: Literal["counted", "told", "confirmed", "rejected"] = "counted"
        if row.evidence is not None:
            state = "told"
            if decision is not None:
                state = "confirmed" if decision.outcome == "approve" else "rejected"
        return cls(
            figure_id=row.figure_id,
            instalment=row.instalment,
            condition=row.condition_no,
            measure=figure.measure,
            value=figure.value,
            numerator=plain(row.numerator),
            denominator=plain(row.denominator),
            as_of=row.as_of,
            formula=row.formula,
            version=row.version,
            is_met=row.is_met,
            evidence=row.evidence,
            state=state,
        )


def conditions_out(
    rows: Sequence[AgreementConditionRow],
    figures: Sequence[tuple[AgreementFigureRow, AgreementDecisionRow | None]],
) -> dict[int, list[ConditionOut]]:
    """Write the conditions of an agreement by instalment, each with its figures."""
    found: dict[int, list[ConditionOut]] = {}
    for row in rows:
        told = [
            FigureOut.of(figure, decision=decision)
            for figure, decision in figures
            if (figure.instalment, figure.condition_no) == (row.instalment, row.number)
        ]
        found.setdefault(row.instalment, []).append(
            ConditionOut(
                number=row.number,
                measure=Measure(row.measure),
                code=row.code,
                comparison=Comparison(row.comparison),
                threshold=plain(row.threshold),
                clause=row.clause,
                is_met=any(one.is_met and one.state in {"counted", "confirmed"} for one in told),
                figures=told,
            )
        )
    return found


def plain(value: Decimal) -> Decimal:
    """Give a figure without the zeroes that the database pads it with."""
    return Decimal(f"{value.normalize():f}")
