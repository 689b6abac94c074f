"""What decides on a corner beside its product, and what do its terms come to?"""

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Context, Decimal

from services.scoring.domain import pricing
from services.scoring.domain.affordability import Capacity
from services.scoring.domain.grid import Corner
from services.scoring.domain.pricing import Costs, Hazard, Shape
from services.scoring.domain.risk import Risk, by_age
from services.scoring.domain.season import Flows
from shared.money import Money

WIDE = Context(prec=60)  # an amount times a factor, without rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What decides besides the product: capacity, costs, hazard, and what a fund may give.

    `subsidy_available` None means that the fund bears whatever is missing; `free` is the most it
    has for a loan, None enough. `drawn` are the months
    of the household one by one; without them the capacity is all. `risk` stands instead of the
    hazard where it has a shape by age or feels the burden.
    """

    capacity: Capacity
    costs: Costs
    hazard: Decimal
    subsidy_available: Money | None
    free: Money | None = None
    risk: Risk | None = None
    drawn: Flows | None = None

    def at(self, amount: Money) -> "Means":
        """Return the same for loans of this amount: a flat fee is a share of it."""
        if self.costs.fee_flat is None:
            return self
        return replace(self, costs=self.costs.at(amount))

    def hazard_at(self, amount: Money, shape: Shape) -> Hazard:
        """Return the hazard of each period of these terms."""
        if self.risk is not None:
            return self.risk.hazard(amount, shape)
        return by_age(self.hazard, (), periods=shape.periods, per_year=shape.per_year)


def instalment_of(corner: Corner, shape: Shape) -> Money:
    """Return the level instalment of a corner after grace, up to the minor unit."""
    return _times(corner.amount, pricing.instalment_factor(shape))


def monthly_of(instalment: Money, *, per_year: int) -> Money:
    """Return what an instalment weighs in an average month, up to the minor unit.

    Worked: 30.000 a week are 130.000 a month; 300.000 a quarter are 100.000.
    """
    if per_year == pricing.MONTHS_A_YEAR:
        return instalment
    total = instalment.minor * per_year
    return Money(-(-total // pricing.MONTHS_A_YEAR), instalment.currency)


def dues_of(corner: Corner, shape: Shape) -> list[int]:
    """Return what is due in each month of the term, in minor units.

    Several instalments a month are joined; of quarterly ones each falls in a third month.
    """
    per_year, grace = shape.per_year, corner.grace_months
    step = max(pricing.MONTHS_A_YEAR // per_year, 1)
    each = monthly_of(instalment_of(corner, shape), per_year=max(per_year, 12)).minor
    dues = ([0] * (step - 1) + [each]) * (corner.term_months // step)
    if grace:
        profit = _times(corner.amount, shape.annual_rate / per_year)
        early = monthly_of(profit, per_year=max(per_year, 12)).minor
        dues[:grace] = ([0] * (step - 1) + [early]) * (grace // step)
    return dues


def _times(amount: Money, factor: Decimal) -> Money:
    """As `Money.times`, up to the minor unit; factors have no more digits than are reckoned."""
    product = WIDE.multiply(factor, Decimal(amount.minor))
    return Money(int(product.to_integral_value(ROUND_CEILING)), amount.currency)


def subsidy_of(corner: Corner, shape: Shape, means: Means) -> Money:
    """Return what somebody has to give for a corner."""
    return pricing.subsidy_needed(
        shape,
        principal=corner.amount,
        costs=means.costs,
        hazard=means.hazard_at(corner.amount, shape),
    )
