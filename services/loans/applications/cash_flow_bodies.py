"""What do months and signed contracts look like on the wire?"""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field

from services.loans.domain.cash_flow import (
    CashFlow,
    Month,
    SignedContract,
)
from shared.money import Money
from shared.schemas import Body, MoneyBody

Name = Annotated[str, Field(min_length=1, max_length=80)]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=7, decimal_places=6)]


class MonthBody(Body):
    """One month of the year; `verified_income` is what was proven of its income."""

    other_income: MoneyBody
    sales: MoneyBody
    business_costs: MoneyBody
    household_costs: MoneyBody
    debt_service: MoneyBody
    verified_income: MoneyBody | None = None

    def month(self) -> Month:
        """Give the month as the domain knows it."""
        return Month(
            other_income=self.other_income.money(),
            sales=self.sales.money(),
            business_costs=self.business_costs.money(),
            household_costs=self.household_costs.money(),
            debt_service=self.debt_service.money(),
            verified_income=_money(self.verified_income),
        )

    @classmethod
    def of(cls, month: Month) -> Self:
        """Write a month."""
        return cls(
            other_income=MoneyBody.of(month.other_income),
            sales=MoneyBody.of(month.sales),
            business_costs=MoneyBody.of(month.business_costs),
            household_costs=MoneyBody.of(month.household_costs),
            debt_service=MoneyBody.of(month.debt_service),
            verified_income=_body(month.verified_income),
        )


class SignedContractBody(Body):
    """What a signed contract pays; `proof` names the paper, as a number or a hash of it."""

    month: Annotated[int, Field(ge=1, le=120)]
    amount: MoneyBody
    proof: Name
    delay_months: Annotated[int, Field(ge=0, le=24)] = 1
    discount: Share = Decimal("0.20")


class CashFlowBody(Body):
    """What is told beside the ordinary month; the first of the months is the one after payment."""

    months: Annotated[tuple[MonthBody, ...], Field(max_length=24)] = ()
    saved: MoneyBody | None = None
    contracts: Annotated[tuple[SignedContractBody, ...], Field(max_length=60)] = ()

    def cash_flow(self) -> CashFlow:
        """Give what is told as the domain knows it; raises what `CashFlow` raises."""
        return CashFlow(
            months=tuple(month.month() for month in self.months),
            saved=_money(self.saved),
            contracts=tuple(
                SignedContract(
                    month=one.month,
                    amount=one.amount.money(),
                    proof=one.proof,
                    delay_months=one.delay_months,
                    discount=one.discount,
                )
                for one in self.contracts
            ),
        )

    @classmethod
    def of(cls, flow: CashFlow) -> Self:
        """Write what was told."""
        return cls(
            months=tuple(MonthBody.of(month) for month in flow.months),
            saved=_body(flow.saved),
            contracts=tuple(
                SignedContractBody(
                    month=one.month,
                    amount=MoneyBody.of(one.amount),
                    proof=one.proof,
                    delay_months=one.delay_months,
                    discount=one.discount,
                )
                for one in flow.contracts
            ),
        )


def _money(body: MoneyBody | None) -> Money | None:
    return None if body is None else body.money()


def _body(money: Money | None) -> MoneyBody | None:
    return None if money is None else MoneyBody.of(money)
