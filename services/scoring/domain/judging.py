"""Does a corner pass every test, at which lowest rate, and if not, which test does it fail first?

All corners and rates are walked at once in floats; what floats leave doubtful, and every figure
that is given out, is reckoned exactly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.scoring.domain import bearing, locating, pricing, refusing
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Corner, Limits
from services.scoring.domain.locating import MARGIN, Bools, Floats, Rows
from services.scoring.domain.pricing import ChargeMethod, Shape
from services.scoring.domain.refusing import Rejection
from services.scoring.domain.risk import BURDEN_STEP, PD_LEAST, PD_MOST, relative
from shared.money import Money

CEILING_MARGIN = 2e-6  # of one unit lent, for each month of the term

NO_AMOUNT = Money.zero("USD")  # stands where terms alike are surveyed once for all amounts


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
    failed = [refusing.outside_product(corner, limits) for corner in corners]
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
        is_apart = means.risk is not None and means.risk.feels_burden
        looks = [corner if is_apart else replace(corner, amount=NO_AMOUNT) for corner in corners]
        distinct = list(dict.fromkeys(looks))
        place = {look: row for row, look in enumerate(distinct)}
        self._rows = {corner: place[look] for corner, look in zip(corners, looks, strict=True)}
        costs, ceiling, per_year = means.costs, limits.annual_rate_ceiling, limits.per_year
        rows = Rows(
            terms=[corner.term_months * per_year // pricing.MONTHS_A_YEAR for corner in distinct],
            graces=[corner.grace_months * per_year // pricing.MONTHS_A_YEAR for corner in distinct],
            rates=self._rates,
            is_flat=limits.charge_method is ChargeMethod.FLAT,
            per_year=per_year,
        )
        self._lives = locating.lives(
            rows,
            hazard=_hazards(distinct, rows, means),
            cost_of_funds=float(costs.cost_of_funds),
            loss_given_default=float(costs.loss_given_default),
            ceiling=None if ceiling is None else float(ceiling),
        )

    def judge(self, corner: Corner) -> Passed | Rejection:
        """Judge one corner."""
        row = self._rows[corner]
        shape = Shape(
            charge_method=self._limits.charge_method,
            annual_rate=self._limits.annual_rate_min,
            term_months=corner.term_months,
            grace_months=corner.grace_months,
            per_year=self._limits.per_year,
        )
        lawful = self._lawful(shape, row)
        if not lawful:
            return refusing.above_ceiling(corner, shape, self._limits, self._means.costs.fee_share)
        burden = self._too_heavy(corner, shape, row, 0)
        if burden is not None:
            return burden
        free = self._means.free
        if free is not None and corner.amount > free:
            return refusing.without_money(corner, free)
        needs = self._needs(corner, row)
        index = self._lowest_carried(corner, shape, needs, lawful)
        if index is None:
            highest = replace(shape, annual_rate=self._rates[lawful - 1])
            return refusing.not_carried(corner, highest, self._means)
        priced = replace(shape, annual_rate=self._rates[index])
        burden = self._too_heavy(corner, priced, row, index)
        if burden is not None:
            return burden
        factor = float(self._lives.instalment[row, index])
        paid = factor * (shape.periods - shape.grace_periods)
        profit = paid + shape.grace_periods * float(priced.annual_rate) / shape.per_year - 1
        return Passed(
            corner=corner,
            shape=priced,
            instalment=corner.amount.minor * factor,
            profit=corner.amount.minor * profit,
            subsidy=max(float(needs[index]), 0.0),
        )

    def _too_heavy(self, corner: Corner, shape: Shape, row: int, index: int) -> Rejection | None:
        if not self._is_affordable(corner, shape, row, index):
            return refusing.not_affordable(corner, shape, self._means)
        if self._means.drawn is None:
            return None
        failed = self._means.drawn.uncovered(bearing.dues_of(corner, shape))
        return None if failed is None else refusing.not_covered(corner, shape, failed)

    def _lawful(self, shape: Shape, row: int) -> int:
        """How many of the rates are within the ceilings."""
        ceiling, present = self._limits.annual_rate_ceiling, self._lives.present
        charged = self._limits.charged_lawfully()
        if ceiling is None or present is None:
            return charged
        fee_share = self._means.costs.fee_share
        spare = (1 - float(fee_share)) - present[row]
        margin = CEILING_MARGIN * shape.periods

        def is_above(index: int) -> bool:
            tried = replace(shape, annual_rate=self._rates[index])
            return pricing.effective_annual_rate(tried, fee_share=fee_share) > ceiling

        first = _first(spare < -margin, np.abs(spare) <= margin, is_above)
        return charged if first is None else min(first, charged)

    def _is_affordable(self, corner: Corner, shape: Shape, row: int, index: int) -> bool:
        most = self._means.capacity.capacity.minor
        a_month = shape.per_year / pricing.MONTHS_A_YEAR
        about = corner.amount.minor * float(self._lives.instalment[row, index]) * a_month
        rounded = 0 if a_month == 1 else a_month + 1
        if abs(about - most) > MARGIN * (about + 1) + rounded:
            return about < most
        monthly = bearing.monthly_of(bearing.instalment_of(corner, shape), per_year=shape.per_year)
        return monthly <= self._means.capacity.capacity

    def _needs(self, corner: Corner, row: int) -> Floats:
        """What somebody has to give at each rate, in minor units; below zero is earned."""
        costs, lives = self._means.costs, self._lives
        unit = lives.inflow[row] - float(1 - costs.fee_share + costs.margin_share)
        a_period = pricing.MONTHS_A_YEAR / self._limits.per_year
        running = costs.operating_cost_monthly.minor * a_period * lives.alive[row]
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
            return bearing.subsidy_of(corner, tried, self._means) <= available

        return _first(spare > margin, np.abs(spare) <= margin, is_carried)


def _hazards(corners: Sequence[Corner], rows: Rows, means: Means) -> Floats:
    """The hazard of each corner, rate and age, as `Risk.hazard` reckons it one by one."""
    exponent = pricing.MONTHS_A_YEAR / rows.per_year
    risk = means.risk
    if risk is None:
        return np.full((1, 1, 1), 1 - (1 - float(means.hazard)) ** exponent)
    chance = np.full((1, 1), float(risk.pd))
    if risk.feels_burden and risk.income and risk.debt_service and risk.share is not None:
        amounts = np.array([[corner.amount.minor] for corner in corners])
        monthly = locating.instalments(rows) * amounts / exponent
        share = (risk.debt_service.minor + monthly) / risk.income.minor
        pd = min(max(float(risk.pd), float(PD_LEAST)), float(PD_MOST))
        moved = float(risk.log_odds) * (share - float(risk.share)) / float(BURDEN_STEP)
        chance = 1 / (1 + np.exp(-(np.log(pd / (1 - pd)) + moved)))
    each = 1 - (1 - chance) ** (1 / rows.per_year)
    if not risk.ages:
        return np.asarray(each[:, :, None])
    longest = max(rows.terms)
    shape = np.array(
        [
            [float(part) for part in relative(risk.ages, term)] + [0.0] * (longest - term)
            for term in rows.terms
        ]
    )
    return np.asarray(np.minimum(each[:, :, None] * shape[:, None, :], 1.0))


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
