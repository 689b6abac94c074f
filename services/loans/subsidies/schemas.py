"""What do subsidies of a price look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.loans.domain.subsidising import Measure, Subsidy
from services.loans.subsidies import queries
from services.loans.subsidies.tables import SubsidyPaymentRow, SubsidyRow
from shared.money import Money
from shared.schemas import Body, Day, MoneyBody

Word = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]


class SubsidyIn(Body):
    """Which fund pays how much of the contract's price, from when, and on which conditions.

    `part` is a share of each profit (0.5), or points of the yearly rate (0.02). The condition
    `no_arrears` is looked at before each payment.
    """

    fund_id: UUID
    measure: Measure
    part: Annotated[Decimal, Field(gt=0, le=1, max_digits=7, decimal_places=6)]
    cap: MoneyBody | None = None
    starts_on: Day
    ends_on: Day | None = None
    conditions: Annotated[tuple[Word, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _cap_and_days_fit(self) -> Self:
        if self.cap is not None and not self.cap.money().is_positive:
            raise ValueError("cap above zero")
        if self.ends_on is not None and self.ends_on <= self.starts_on:
            raise ValueError("ends_on after starts_on")
        return self

    def subsidy(self) -> Subsidy:
        """Give the subsidy as the domain knows it."""
        return Subsidy(
            measure=self.measure,
            part=self.part,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            cap=None if self.cap is None else self.cap.money(),
        )


class SubsidyDayIn(Body):
    """On which day; without one today."""

    on: Day | None = None


class ConditionLossIn(SubsidyDayIn):
    """Which condition was lost, and on which day."""

    condition: Word


class UndoingIn(Body):
    """Why a payment is taken back."""

    reason: Literal["wrong_contract", "wrong_amount", "not_received", "duplicate"]


class SubsidyPaymentOut(Body):
    """What was paid of one instalment's profit; below zero it takes back an earlier payment."""

    number: int
    due_on: date
    amount: MoneyBody
    paid_on: date
    repayment_id: UUID


class SubsidyOut(Body):
    """A subsidy, where it stands, and what it paid."""

    subsidy_id: UUID
    contract_id: UUID
    fund_id: UUID
    state: queries.State
    measure: Measure
    part: Decimal
    cap: MoneyBody | None
    starts_on: date
    ends_on: date | None
    conditions: list[str]
    lost_condition: str | None
    lost_on: date | None
    paid: MoneyBody
    payments: list[SubsidyPaymentOut]

    @classmethod
    def of(cls, row: SubsidyRow, payments: Sequence[SubsidyPaymentRow] = ()) -> Self:
        """Write a subsidy."""

        def money(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, row.currency))

        return cls(
            subsidy_id=row.subsidy_id,
            contract_id=row.contract_id,
            fund_id=row.fund_id,
            state=queries.state_of(row),
            measure=Measure(row.measure),
            part=row.part,
            cap=None if row.cap_minor is None else money(row.cap_minor),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            conditions=list(row.conditions),
            lost_condition=row.lost_condition,
            lost_on=row.lost_on,
            paid=money(sum(one.amount_minor for one in payments)),
            payments=[
                SubsidyPaymentOut(
                    number=one.number,
                    due_on=one.due_on,
                    amount=money(one.amount_minor),
                    paid_on=one.paid_on,
                    repayment_id=one.repayment_id,
                )
                for one in payments
            ],
        )
