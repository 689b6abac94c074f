"""What does a product's say on its opinion look like on the wire?"""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field

from services.loans.domain.opinion import AS_USUAL, Care, OpinionRules, Weights
from shared.schemas import LATER, Body

Weight = Annotated[Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=6)]
Part = Annotated[Decimal, Field(ge=0, le=1_000, max_digits=10, decimal_places=6)]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=7, decimal_places=6)]
Cover = Annotated[Decimal, Field(gt=0, le=100, max_digits=9, decimal_places=6)]


_USUAL = Care()


class WeightsBody(Body):
    """How much each drawback of a line of the menu counts."""

    total_cost: Weight
    burden: Weight
    subsidy: Weight
    term_years: Weight
    amount_missing: Weight
    term_moved: Weight


class CareBody(Body):
    """How careful the opinion is; what is left out is as the house has it."""

    sales_haircut: Share = _USUAL.sales_haircut
    income_stress: Share = _USUAL.income_stress
    cost_stress: Share = _USUAL.cost_stress
    debt_service_limit: Share = _USUAL.debt_service_limit
    cover_minimum: Cover = _USUAL.cover_minimum
    stressed_cover_minimum: Cover = _USUAL.stressed_cover_minimum
    debt_service_outer: Share | None = None
    lowest_month_share: Share | None = None
    month_without_income: bool = False
    limits_source: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class OpinionBody(Body):
    """What is "best", how careful, whether instalments may follow the months, and the hazard."""

    weights: WeightsBody | None = None
    care: CareBody = CareBody()
    seasonal: bool = False
    burden_log_odds: Weight | None = None
    hazard_ages: Annotated[list[Part], Field(min_length=2, max_length=60)] | None = None

    def rules(self) -> OpinionRules:
        """Give the rules as the domain knows them. Raises WeightsAllZero, LimitWithoutSource."""
        return OpinionRules(
            weights=None if self.weights is None else Weights(**dict(self.weights)),
            care=Care(**dict(self.care)),
            seasonal=self.seasonal,
            burden_log_odds=self.burden_log_odds,
            hazard_ages=tuple(self.hazard_ages or ()),
        )

    @classmethod
    def of(cls, rules: OpinionRules) -> Self | None:
        """Write the rules; none where a product leaves all as the house has it."""
        if rules == AS_USUAL:
            return None
        weights = rules.weights
        return cls(
            weights=None if weights is None else WeightsBody(**asdict(weights)),
            care=CareBody(**asdict(rules.care)),
            seasonal=rules.seasonal,
            burden_log_odds=rules.burden_log_odds,
            hazard_ages=list(rules.hazard_ages) or None,
        )


Told = Annotated[OpinionBody | None, LATER]
