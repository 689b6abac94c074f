"""Does a corner pass every test, at which lowest rate, and if not, which test does it fail first?

All corners and rates are walked at once in floats; what floats leave doubtful, and every figure
that is given out, is reckoned exactly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

import numpy as np

from services.scoring.domain import locating, pricing
from services.scoring.domain.affordability import Capacity
from services.scoring.domain.grid import Corner, Limits
from services.scoring.domain.locating import MARGIN, Bools, Floats, Rows
from services.scoring.domain.pricing import ChargeMethod, Costs, Shape
from shared.money import Money

CEILING_MARGIN = 2e-6  # of one unit lent, for each month of the term

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
class Rejection:
    """Terms that fail, the first test they fail, and its figures."""

    corner: Corner
    annual_rate: Decimal | None
    code: RejectionCode
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A corner with the lowest rate that passes, and about what it comes to (floats)."""

    corner: Corner
    shape: Shape
    instalment: float
    profit: float
    subsidy: float


def judge(corners: Sequence[Corner], *, limits: Limits, means: Means) -> list[Passed | Rejection]:
    """Judge every corner, in their order; the lowest rate that passes all tests, or the reason.

    A loan is worth more at a higher rate and dearer for the borrower: so the rates within the
    ceiling are the lowest ones, and those that carry the loan the highest ones.
    """
    failed = [_outside_product(corner, limits) for corner in corners]
    within = [corner for corner, why in zip(corners, failed, strict=True) if why is None]
    if within:
        bench = _Bench(within, limits=limits, means=means)
    return [
        bench.judge(corner) if why is None else why
        for corner, why in zip(corners, failed, strict=True)
    ]


class _Bench:
    """Corners within the product, surveyed at all its rates."""

    def __init__(self, corners: Sequence[Corner], *, limits: Limits, means: Means) -> None:
        self._limits, self._means = limits, means
        self._rates = limits.rates()
        pairs = sorted({(corner.term_months, corner.grace_months) for corner in corners})
        self._rows = {pair: row for row, pair in enumerate(pairs)}
        costs, ceiling = means.costs, limits.annual_rate_ceiling
        rows = Rows(
            terms=[term for term, _ in pairs],
            graces=[grace for _, grace in pairs],
            rates=self._rates,
            is_flat=limits.charge_method is ChargeMethod.FLAT,
        )
        self._lives = locating.lives(
            rows,
            hazard=np.full((1, 1, 1), float(means.hazard)),
            cost_of_funds=float(costs.cost_of_funds),
            loss_given_default=float(costs.loss_given_default),
            ceiling=None if ceiling is None else float(ceiling),
        )

    def judge(self, corner: Corner) -> Passed | Rejection:
        """Judge one corner."""
        row = self._rows[corner.term_months, corner.grace_months]
        shape = Shape(
            charge_method=self._limits.charge_method,
            annual_rate=self._limits.annual_rate_min,
            term_months=corner.term_months,
            grace_months=corner.grace_months,
        )
        lawful = self._lawful(shape, row)
        if not lawful:
            return _above_ceiling(corner, shape, self._limits, self._means.costs.fee_share)
        if not self._is_affordable(corner, shape, row, 0):
            return _not_affordable(corner, shape, self._means)
        needs = self._needs(corner, row)
        index = self._lowest_carried(corner, shape, needs, lawful)
        if index is None:
            highest = replace(shape, annual_rate=self._rates[lawful - 1])
            return _not_carried(corner, highest, self._means)
        priced = replace(shape, annual_rate=self._rates[index])
        if not self._is_affordable(corner, priced, row, index):
            return _not_affordable(corner, priced, self._means)
        factor = float(self._lives.instalment[row, index])
        paid = factor * (corner.term_months - corner.grace_months)
        profit = paid + corner.grace_months * float(priced.annual_rate) / pricing.MONTHS_A_YEAR - 1
        return Passed(
            corner=corner,
            shape=priced,
            instalment=corner.amount.minor * factor,
            profit=corner.amount.minor * profit,
            subsidy=max(float(needs[index]), 0.0),
        )

    def _lawful(self, shape: Shape, row: int) -> int:
        """How many of the rates are within the ceiling."""
        ceiling, present = self._limits.annual_rate_ceiling, self._lives.present
        if ceiling is None or present is None:
            return len(self._rates)
        fee_share = self._means.costs.fee_share
        spare = (1 - float(fee_share)) - present[row]
        margin = CEILING_MARGIN * shape.term_months

        def is_above(index: int) -> bool:
            tried = replace(shape, annual_rate=self._rates[index])
            return pricing.effective_annual_rate(tried, fee_share=fee_share) > ceiling

        first = _first(spare < -margin, np.abs(spare) <= margin, is_above)
        return len(self._rates) if first is None else first

    def _is_affordable(self, corner: Corner, shape: Shape, row: int, index: int) -> bool:
        most = self._means.capacity.capacity.minor
        about = corner.amount.minor * float(self._lives.instalment[row, index])
        if abs(about - most) > MARGIN * (about + 1):
            return about < most
        return instalment_of(corner, shape) <= self._means.capacity.capacity

    def _needs(self, corner: Corner, row: int) -> Floats:
        """What somebody has to give at each rate, in minor units; below zero is earned."""
        costs, lives = self._means.costs, self._lives
        unit = lives.inflow[row] - float(1 - costs.fee_share + costs.margin_share)
        running = costs.operating_cost_monthly.minor * lives.alive[row]
        return np.asarray(costs.operating_cost.minor + running - corner.amount.minor * unit)

    def _lowest_carried(
        self, corner: Corner, shape: Shape, needs: Floats, lawful: int
    ) -> int | None:
        available = self._means.subsidy_available
        if available is None:
            return 0
        spare = available.minor - needs[:lawful]
        margin = MARGIN * (corner.amount.minor + available.minor + 1)

        def is_carried(index: int) -> bool:
            tried = replace(shape, annual_rate=self._rates[index])
            return subsidy_of(corner, tried, self._means) <= available

        return _first(spare > margin, np.abs(spare) <= margin, is_carried)


def instalment_of(corner: Corner, shape: Shape) -> Money:
    """Return the level instalment of a corner after grace, up to the minor unit."""
    return corner.amount.times(pricing.instalment_factor(shape), rounding="ceiling")


def subsidy_of(corner: Corner, shape: Shape, means: Means) -> Money:
    """Return what somebody has to give for a corner."""
    return pricing.subsidy_needed(
        shape, principal=corner.amount, costs=means.costs, hazard=means.hazard
    )


def _first(
    is_sure: Bools,
    is_doubtful: Bools,
    exactly: Callable[[int], bool],
) -> int | None:
    """Find the first place that is sure, or doubtful and so exactly."""
    for index in np.flatnonzero(is_sure | is_doubtful):
        if not is_doubtful[index] or exactly(int(index)):
            return int(index)
    return None


def _outside_product(corner: Corner, limits: Limits) -> Rejection | None:
    amount, term, grace = corner.amount, corner.term_months, corner.grace_months
    failed: tuple[RejectionCode, str, str] | None = None
    if amount < limits.amount_min:
        low = limits.amount_min.to_text()
        failed = RejectionCode.AMOUNT_BELOW_MINIMUM, amount.to_text(), low
    elif amount > limits.amount_max:
        high = limits.amount_max.to_text()
        failed = RejectionCode.AMOUNT_ABOVE_MAXIMUM, amount.to_text(), high
    elif term < limits.term_months_min:
        failed = RejectionCode.TERM_BELOW_MINIMUM, str(term), str(limits.term_months_min)
    elif term > limits.term_months_max:
        failed = RejectionCode.TERM_ABOVE_MAXIMUM, str(term), str(limits.term_months_max)
    elif grace > limits.grace_months_max:
        failed = RejectionCode.GRACE_ABOVE_MAXIMUM, str(grace), str(limits.grace_months_max)
    if failed is None:
        return None
    code, asked, limit = failed
    figures = {"asked": asked, "limit": limit}
    return Rejection(corner=corner, annual_rate=None, code=code, figures=figures)


def _above_ceiling(corner: Corner, shape: Shape, limits: Limits, fee_share: Decimal) -> Rejection:
    effective = pricing.effective_annual_rate(shape, fee_share=fee_share)
    return Rejection(
        corner=corner,
        annual_rate=shape.annual_rate,
        code=RejectionCode.RATE_ABOVE_CEILING,
        figures={"effective": f"{effective:f}", "ceiling": f"{limits.annual_rate_ceiling:f}"},
    )


def _not_affordable(corner: Corner, shape: Shape, means: Means) -> Rejection:
    return Rejection(
        corner=corner,
        annual_rate=shape.annual_rate,
        code=RejectionCode.TOO_HIGH_INSTALMENT,
        figures={
            "instalment": instalment_of(corner, shape).to_text(),
            "capacity": means.capacity.capacity.to_text(),
            "binding": means.capacity.binding.value,
        },
    )


def _not_carried(corner: Corner, shape: Shape, means: Means) -> Rejection:
    available = means.subsidy_available or Money.zero(corner.amount.currency)
    is_free = shape.charge_method is ChargeMethod.NONE
    return Rejection(
        corner=corner,
        annual_rate=shape.annual_rate,
        code=RejectionCode.SUBSIDY_EXHAUSTED if is_free else RejectionCode.BELOW_BREAK_EVEN,
        figures={
            "needed": subsidy_of(corner, shape, means).to_text(),
            "available": available.to_text(),
        },
    )
