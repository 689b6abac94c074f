"""What does the money of a loan cost the institution?"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self, TypedDict

from shared.money import Money


class PriceJson(TypedDict):
    """A price as it stands in the product's version; amounts in minor units, shares as text."""

    cost_of_funds: str
    operating_cost_minor: int
    operating_cost_monthly_minor: int
    loss_given_default: str
    margin_share: str
    annual_rate_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the money of a loan costs the institution: what scoring prices with.

    `cost_of_funds` is a nominal rate a year; `operating_cost` falls once a loan,
    `operating_cost_monthly` in each month it lives. Shares are fractions of one; the menu's rates
    lie `annual_rate_step` apart.
    """

    cost_of_funds: Decimal
    operating_cost: Money
    operating_cost_monthly: Money
    loss_given_default: Decimal = Decimal("0.60")
    margin_share: Decimal = Decimal(0)
    annual_rate_step: Decimal = Decimal("0.01")

    def to_json(self) -> PriceJson:
        """Plain members, fit for `jsonb`."""
        return {
            "cost_of_funds": str(self.cost_of_funds),
            "operating_cost_minor": self.operating_cost.minor,
            "operating_cost_monthly_minor": self.operating_cost_monthly.minor,
            "loss_given_default": str(self.loss_given_default),
            "margin_share": str(self.margin_share),
            "annual_rate_step": str(self.annual_rate_step),
        }

    @classmethod
    def from_json(cls, members: PriceJson, *, currency: str) -> Self:
        """The price that `to_json` wrote."""
        return cls(
            cost_of_funds=Decimal(members["cost_of_funds"]),
            operating_cost=Money(members["operating_cost_minor"], currency),
            operating_cost_monthly=Money(members["operating_cost_monthly_minor"], currency),
            loss_given_default=Decimal(members["loss_given_default"]),
            margin_share=Decimal(members["margin_share"]),
            annual_rate_step=Decimal(members["annual_rate_step"]),
        )
