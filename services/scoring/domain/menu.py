"""Which terms could this applicant be offered, and why not the others?

For each corner (amount, term, grace) the lowest rate is sought that passes every test; a corner
without one is rejected with the first test it fails and the figures of that test.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from services.scoring.domain import affordability, grid, pricing
from services.scoring.domain.affordability import Capacity
from services.scoring.domain.grid import Asked, Corner, Limits
from services.scoring.domain.pricing import ChargeMethod, Costs, Shape
from shared.money import Money

LINES_MAX = 12
RANK_QUANTUM = Decimal("0.000001")

Figures = Mapping[str, str]


class RejectionCode(StrEnum):
    """The test that a corner failed; tests are made in this order."""

    AMOUNT_BELOW_MINIMUM = "amount_below_minimum"
    AMOUNT_ABOVE_MAXIMUM = "amount_above_maximum"
    TERM_BELOW_MINIMUM = "term_below_minimum"
    TERM_ABOVE_MAXIMUM = "term_above_maximum"
    GRACE_ABOVE_MAXIMUM = "grace_above_maximum"
    RATE_ABOVE_CEILING = "rate_above_ceiling"
    TOO_HIGH_INSTALMENT = "too_high_instalment"
    BELOW_BREAK_EVEN = "below_break_even"
    SUBSIDY_EXHAUSTED = "subsidy_exhausted"


class Objective(StrEnum):
    """What "best" means; each is a set of weights in `WEIGHTS`."""

    BALANCED = "balanced"
    LOWEST_COST = "lowest_cost"
    LOWEST_INSTALMENT = "lowest_instalment"
    LOWEST_SUBSIDY = "lowest_subsidy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each drawback counts; all are shares of one, a term year counts as one."""

    total_cost: Decimal
    burden: Decimal
    subsidy: Decimal
    term_years: Decimal
    amount_missing: Decimal
    term_moved: Decimal


def _weights(*values: str) -> Weights:
    cost, burden, subsidy, years, missing, moved = map(Decimal, values)
    return Weights(
        total_cost=cost,
        burden=burden,
        subsidy=subsidy,
        term_years=years,
        amount_missing=missing,
        term_moved=moved,
    )


WEIGHTS: Mapping[Objective, Weights] = {
    Objective.BALANCED: _weights("1", "0.5", "1", "0.05", "2", "0.1"),
    Objective.LOWEST_COST: _weights("1", "0", "0", "0", "2", "0"),
    Objective.LOWEST_INSTALMENT: _weights("0", "1", "0", "0", "2", "0"),
    Objective.LOWEST_SUBSIDY: _weights("0", "0", "1", "0", "2", "0"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What decides besides the product: capacity, costs, hazard, and what a fund may give.

    `subsidy_available` None means that the fund bears whatever is missing.
    """

    capacity: Capacity
    costs: Costs
    hazard: Decimal
    subsidy_available: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Terms that pass every test; the schedule of the contract settles the last minor unit."""

    corner: Corner
    annual_rate: Decimal
    instalment: Money
    total_cost: Money
    effective_annual_rate: Decimal
    debt_service_share: Decimal
    subsidy: Money
    rank_value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Terms that fail, the first test they fail, and its figures."""

    corner: Corner
    annual_rate: Decimal | None
    code: RejectionCode
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The best offers first, at most twelve of `feasible`, and every rejected corner."""

    offers: tuple[Offer, ...]
    feasible: int
    rejections: tuple[Rejection, ...]


def menu(asked: Asked, *, limits: Limits, means: Means, objective: Objective) -> Menu:
    """Try every corner of the grid and rank what is left by the objective, lowest value first.

    Rank value = weighted sum of total cost / amount, debt service share, subsidy / amount, term
    in years, share of the asked amount that is missing, and relative move of the term. Equal
    values are ordered by larger amount, shorter term, shorter grace.

    Worked: qard of 1,200 asked over 12 months, capacity 100: 12 months give an instalment of
    exactly 100 and pass; 11 months give 109.09 and are rejected as too_high_instalment.
    """
    offers: list[Offer] = []
    rejections: list[Rejection] = []
    rates = limits.rates()
    for corner in grid.corners(asked, limits=limits):
        found = _judge(corner, limits, means, rates)
        if isinstance(found, Rejection):
            rejections.append(found)
        else:
            offers.append(_ranked(found, asked, WEIGHTS[objective]))
    offers.sort(key=_order)
    return Menu(
        offers=tuple(offers[:LINES_MAX]), feasible=len(offers), rejections=tuple(rejections)
    )


def _judge(
    corner: Corner, limits: Limits, means: Means, product_rates: Sequence[Decimal]
) -> Offer | Rejection:
    outside = _outside_product(corner, limits)
    if outside is not None:
        code, value, limit = outside
        return Rejection(
            corner=corner, annual_rate=None, code=code, figures={"asked": value, "limit": limit}
        )
    shape = Shape(
        charge_method=limits.charge_method,
        annual_rate=limits.annual_rate_min,
        term_months=corner.term_months,
        grace_months=corner.grace_months,
    )
    rates = _lawful(product_rates, shape, limits, means.costs.fee_share)
    if not rates:
        return _above_ceiling(corner, shape, limits, means.costs.fee_share)
    instalment = _affordable(corner, shape, means)
    if isinstance(instalment, Rejection):
        return instalment
    index = bisect_left(rates, True, key=lambda rate: _is_carried(corner, shape, rate, means))
    if index == len(rates):
        return _not_carried(corner, replace(shape, annual_rate=rates[-1]), means)
    priced = replace(shape, annual_rate=rates[index])
    instalment = _affordable(corner, priced, means)
    if isinstance(instalment, Rejection):
        return instalment
    return _offer(corner, priced, instalment, means)


def _outside_product(corner: Corner, limits: Limits) -> tuple[RejectionCode, str, str] | None:
    amount, term, grace = corner.amount, corner.term_months, corner.grace_months
    if not limits.amount_min <= amount <= limits.amount_max:
        is_low = amount < limits.amount_min
        limit = limits.amount_min if is_low else limits.amount_max
        code = RejectionCode.AMOUNT_BELOW_MINIMUM if is_low else RejectionCode.AMOUNT_ABOVE_MAXIMUM
        return code, amount.to_text(), limit.to_text()
    if term < limits.term_months_min:
        return RejectionCode.TERM_BELOW_MINIMUM, str(term), str(limits.term_months_min)
    if term > limits.term_months_max:
        return RejectionCode.TERM_ABOVE_MAXIMUM, str(term), str(limits.term_months_max)
    if grace > limits.grace_months_max:
        return RejectionCode.GRACE_ABOVE_MAXIMUM, str(grace), str(limits.grace_months_max)
    return None


def _lawful(
    rates: Sequence[Decimal], shape: Shape, limits: Limits, fee_share: Decimal
) -> Sequence[Decimal]:
    ceiling = limits.annual_rate_ceiling
    if ceiling is None:
        return rates

    def is_above(rate: Decimal) -> bool:
        tried = replace(shape, annual_rate=rate)
        return pricing.effective_annual_rate(tried, fee_share=fee_share) > ceiling

    return rates[: bisect_left(rates, True, key=is_above)]


def _above_ceiling(corner: Corner, shape: Shape, limits: Limits, fee_share: Decimal) -> Rejection:
    effective = pricing.effective_annual_rate(shape, fee_share=fee_share)
    return Rejection(
        corner=corner,
        annual_rate=shape.annual_rate,
        code=RejectionCode.RATE_ABOVE_CEILING,
        figures={"effective": f"{effective:f}", "ceiling": f"{limits.annual_rate_ceiling:f}"},
    )


def _affordable(corner: Corner, shape: Shape, means: Means) -> Money | Rejection:
    instalment = corner.amount.times(pricing.instalment_factor(shape), rounding="ceiling")
    if instalment > means.capacity.capacity:
        return Rejection(
            corner=corner,
            annual_rate=shape.annual_rate,
            code=RejectionCode.TOO_HIGH_INSTALMENT,
            figures={
                "instalment": instalment.to_text(),
                "capacity": means.capacity.capacity.to_text(),
                "binding": means.capacity.binding.value,
            },
        )
    return instalment


def _is_carried(corner: Corner, shape: Shape, rate: Decimal, means: Means) -> bool:
    if means.subsidy_available is None:
        return True
    return _subsidy(corner, replace(shape, annual_rate=rate), means) <= means.subsidy_available


def _subsidy(corner: Corner, shape: Shape, means: Means) -> Money:
    return pricing.subsidy_needed(
        shape, principal=corner.amount, costs=means.costs, hazard=means.hazard
    )


def _not_carried(corner: Corner, shape: Shape, means: Means) -> Rejection:
    available = means.subsidy_available or Money.zero(corner.amount.currency)
    is_free = shape.charge_method is ChargeMethod.NONE
    return Rejection(
        corner=corner,
        annual_rate=shape.annual_rate,
        code=RejectionCode.SUBSIDY_EXHAUSTED if is_free else RejectionCode.BELOW_BREAK_EVEN,
        figures={
            "needed": _subsidy(corner, shape, means).to_text(),
            "available": available.to_text(),
        },
    )


def _offer(corner: Corner, shape: Shape, instalment: Money, means: Means) -> Offer:
    fee = corner.amount.times(means.costs.fee_share)
    profit = corner.amount.times(pricing.profit_factor(shape))
    share = affordability.burden(means.capacity, instalment=instalment).debt_service_share
    return Offer(
        corner=corner,
        annual_rate=shape.annual_rate,
        instalment=instalment,
        total_cost=profit + fee,
        effective_annual_rate=pricing.effective_annual_rate(shape, fee_share=means.costs.fee_share),
        debt_service_share=share if share is not None else Decimal(1),
        subsidy=_subsidy(corner, shape, means),
        rank_value=Decimal(0),
    )


def _ranked(offer: Offer, asked: Asked, weights: Weights) -> Offer:
    amount = Decimal(offer.corner.amount.minor)
    missing = asked.amount.minor - offer.corner.amount.minor
    moved = abs(offer.corner.term_months - asked.term_months)
    value = (
        weights.total_cost * offer.total_cost.minor / amount
        + weights.burden * offer.debt_service_share
        + weights.subsidy * offer.subsidy.minor / amount
        + weights.term_years * offer.corner.term_months / pricing.MONTHS_A_YEAR
        + weights.amount_missing * missing / asked.amount.minor
        + weights.term_moved * moved / asked.term_months
    )
    return replace(offer, rank_value=value.quantize(RANK_QUANTUM))


def _order(offer: Offer) -> tuple[Decimal, int, int, int]:
    corner = offer.corner
    return offer.rank_value, -corner.amount.minor, corner.term_months, corner.grace_months
