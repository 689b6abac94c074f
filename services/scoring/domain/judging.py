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
from services.scoring.domain.pricing import MONTHS_A_YEAR, ChargeMethod, Shape
from services.scoring.domain.refusing import Rejection
from services.scoring.domain.risk import BURDEN_STEP, LOGIT_MOST, PD_LEAST, PD_MOST, relative

CEILING_MARGIN = 2e-6  # of one unit lent, for each month of the term


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A corner with the lowest rate that passes, and about what it comes to (floats)."""

    corner: Corner
    shape: Shape
    instalment: float
    profit: float
    subsidy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heavy:
    """A corner whose equal instalments are too much, on average or for a month.

    Its figures are reckoned when `told`: where other instalments pass nobody asks for them.
    """

    corner: Corner
    told: Callable[[], Rejection]


def judge(corners: Sequence[Corner], *, limits: Limits, means: Means) -> list[Passed | Rejection]:
    """Judge every corner, in their order; the lowest rate that passes all tests, or the reason."""
    sifted = sift(corners, limits=limits, means=means)
    return [item.told() if isinstance(item, Heavy) else item for item in sifted]


def sift(
    corners: Sequence[Corner], *, limits: Limits, means: Means
) -> list[Passed | Rejection | Heavy]:
    """Judge every corner as `judge` does; what is too heavy is told when it is asked for.

    A loan is worth more at a higher rate and dearer for the borrower: so the rates within the
    ceiling are the lowest ones, and those that carry the loan the highest ones.
    """
    if means.costs.fee_flat is not None:
        return _by_amount(corners, limits=limits, means=means)
    failed = [refusing.outside_product(corner, limits) for corner in corners]
    within = [corner for corner, why in zip(corners, failed, strict=True) if why is None]
    judged = iter(_Bench(within, limits=limits, means=means).judged() if within else ())
    return [next(judged) if why is None else why for why in failed]


def _by_amount(
    corners: Sequence[Corner], *, limits: Limits, means: Means
) -> list[Passed | Rejection | Heavy]:
    """Judge each amount with the share that a flat fee has in it; one that it eats is no loan."""
    found: dict[Corner, Passed | Rejection | Heavy] = {}
    for amount in dict.fromkeys(corner.amount for corner in corners):
        part, own = [one for one in corners if one.amount == amount], means.at(amount)
        if own.costs.fee_share < 1:
            found.update(zip(part, sift(part, limits=limits, means=own), strict=True))
        else:
            found.update({one: refusing.eaten(one, own.costs.fee_share) for one in part})
    return [found[corner] for corner in corners]


class _Bench:
    """Corners within the product, surveyed at all its rates."""

    def __init__(self, corners: Sequence[Corner], *, limits: Limits, means: Means) -> None:
        self._corners, self._limits, self._means = corners, limits, means
        self._rates, self._charged = limits.rates(), limits.charged_lawfully()
        self._shapes: dict[tuple[int, int], Shape] = {}
        self._ceilings: dict[int, int] = {}
        is_apart = means.risk is not None and means.risk.feels_burden
        looks = [
            (corner.amount.minor if is_apart else 0, corner.term_months, corner.grace_months)
            for corner in corners
        ]  # terms alike are surveyed once for all amounts
        distinct: dict[tuple[int, int, int], Corner] = {}
        for look, corner in zip(looks, corners, strict=True):
            distinct.setdefault(look, corner)
        row_of = {look: row for row, look in enumerate(distinct)}
        self._rows = [row_of[look] for look in looks]
        costs, ceiling, per_year = means.costs, limits.annual_rate_ceiling, limits.per_year
        rows = Rows(
            terms=[one.term_months * per_year // MONTHS_A_YEAR for one in distinct.values()],
            graces=[one.grace_months * per_year // MONTHS_A_YEAR for one in distinct.values()],
            rates=self._rates,
            is_flat=limits.charge_method is ChargeMethod.FLAT,
            per_year=per_year,
        )
        self._lives = locating.lives(
            rows,
            hazard=hazards(list(distinct.values()), rows, means),
            cost_of_funds=float(costs.cost_of_funds),
            loss_given_default=float(costs.loss_given_default),
            ceiling=None if ceiling is None else float(ceiling),
        )
        self._instalments: list[list[float]] = self._lives.instalment.tolist()
        self._above = self._all_above(rows)
        either = self._above[0] | self._above[1]
        first = np.where(either.any(axis=1), either.argmax(axis=1), len(self._rates))
        self._first_above: list[int] = first.tolist()
        self._needs = self._all_needs()
        self._bare = self._all_bare()
        self._spare, self._margin, self._first = self._all_spare()

    def judged(self) -> list[Passed | Rejection | Heavy]:
        """Judge each corner, in their order."""
        return [self._judge(place, corner) for place, corner in enumerate(self._corners)]

    def _judge(self, place: int, corner: Corner) -> Passed | Rejection | Heavy:
        row = self._rows[place]
        shape = self._shape(corner, row, 0)
        lawful = self._lawful(shape, row)
        if not lawful:
            return refusing.above_ceiling(corner, shape, self._limits, self._means.costs.fee_share)
        burden = self._too_heavy(corner, shape, row, 0, is_bare=self._bare[place])
        if burden is not None:
            return burden
        free = self._means.free
        if free is not None and corner.amount > free:
            return refusing.without_money(corner, free)
        index = self._lowest_carried(place, corner, lawful)
        if index is None:
            highest = self._shape(corner, row, lawful - 1)
            return refusing.not_carried(corner, highest, self._means)
        priced = self._shape(corner, row, index)
        burden = self._too_heavy(corner, priced, row, index) if index else None
        if burden is not None:
            return burden
        factor = self._instalments[row][index]
        paid = factor * (shape.periods - shape.grace_periods)
        profit = paid + shape.grace_periods * float(priced.annual_rate) / shape.per_year - 1
        return Passed(
            corner=corner,
            shape=priced,
            instalment=corner.amount.minor * factor,
            profit=corner.amount.minor * profit,
            subsidy=max(float(self._needs[place, index]), 0.0),
        )

    def _shape(self, corner: Corner, row: int, index: int) -> Shape:
        """The terms of a row at a rate, made once."""
        found = self._shapes.get((row, index))
        if found is None:
            found = self._shapes[row, index] = Shape(
                charge_method=self._limits.charge_method,
                annual_rate=self._rates[index],
                term_months=corner.term_months,
                grace_months=corner.grace_months,
                per_year=self._limits.per_year,
            )
        return found

    def _too_heavy(
        self, corner: Corner, shape: Shape, row: int, index: int, *, is_bare: bool | None = None
    ) -> Heavy | None:
        """Whether the instalments are too much; `is_bare`: surely a month is not covered, or none.

        What is not sure (None) is reckoned.
        """
        means = self._means
        if not self._is_affordable(corner, shape, row, index):
            return Heavy(corner=corner, told=lambda: refusing.not_affordable(corner, shape, means))
        drawn = means.drawn
        if drawn is None or is_bare is False:
            return None
        flows = drawn

        def told() -> Rejection:
            failed = flows.uncovered(bearing.dues_of(corner, shape))
            if failed is None:
                raise AssertionError("floats are sure of what they are wrong about")
            return refusing.not_covered(corner, shape, failed)

        if is_bare or flows.uncovered(bearing.dues_of(corner, shape)) is not None:
            return Heavy(corner=corner, told=told)
        return None

    def _all_bare(self) -> list[bool | None]:
        """Whether equal instalments at the lowest rate surely leave a month bare; None: unsure."""
        drawn, per_year = self._means.drawn, self._limits.per_year
        if drawn is None:
            return [None] * len(self._corners)
        shapes = [(one.amount.minor, one.term_months, one.grace_months) for one in self._corners]
        amounts, terms, graces = (_column(each) for each in zip(*shapes, strict=True))
        a_month = max(per_year, MONTHS_A_YEAR) / MONTHS_A_YEAR
        level = self._lives.instalment[self._rows, :1]
        profit = float(self._rates[0]) / per_year
        month = np.arange(1, int(terms.max()) + 1)
        falls = (month % max(MONTHS_A_YEAR // per_year, 1) == 0) & (month <= terms)
        dues = amounts * a_month * np.where(month <= graces, profit, level) * falls
        return drawn.bare(dues, off=(a_month + 1) * (1 + MARGIN * amounts))

    def _lawful(self, shape: Shape, row: int) -> int:
        """How many of the rates are within the ceilings."""
        found = self._ceilings.get(row)
        if found is None:
            found = self._ceilings[row] = self._within_ceilings(shape, row)
        return found

    def _within_ceilings(self, shape: Shape, row: int) -> int:
        ceiling, is_sure, is_doubtful = self._limits.annual_rate_ceiling, *self._above
        first = self._first_above[row]
        if ceiling is None or first >= self._charged:
            return self._charged
        if is_sure[row, first]:
            return first
        fee_share = self._means.costs.fee_share

        def is_above(index: int) -> bool:
            tried = replace(shape, annual_rate=self._rates[index])
            return pricing.effective_annual_rate(tried, fee_share=fee_share) > ceiling

        found = _first(is_sure[row], is_doubtful[row], is_above)
        return self._charged if found is None else min(found, self._charged)

    def _all_above(self, rows: Rows) -> tuple[Bools, Bools]:
        """Which rates of which rows are surely above the legal ceiling, and which are doubtful."""
        if self._lives.present is None:
            none = np.zeros((len(rows.terms), len(self._rates)), dtype=bool)
            return none, none
        spare = (1 - float(self._means.costs.fee_share)) - self._lives.present
        margin = CEILING_MARGIN * _column(rows.terms)
        return spare < -margin, np.abs(spare) <= margin

    def _is_affordable(self, corner: Corner, shape: Shape, row: int, index: int) -> bool:
        most = self._means.capacity.capacity.minor
        a_month = shape.per_year / MONTHS_A_YEAR
        about = corner.amount.minor * self._instalments[row][index] * a_month
        rounded = 0 if a_month == 1 else a_month + 1
        if abs(about - most) > MARGIN * (about + 1) + rounded:
            return about < most
        monthly = bearing.monthly_of(bearing.instalment_of(corner, shape), per_year=shape.per_year)
        return monthly <= self._means.capacity.capacity

    def _all_needs(self) -> Floats:
        """What somebody has to give for each corner at each rate, in minor units; or has left."""
        costs, lives = self._means.costs, self._lives
        unit = lives.inflow - float(1 - costs.fee_share + costs.margin_share)
        a_period = MONTHS_A_YEAR / self._limits.per_year
        running = costs.operating_cost_monthly.minor * a_period * lives.alive
        amounts = np.array([[float(corner.amount.minor)] for corner in self._corners])
        fixed = costs.operating_cost.minor + running
        return np.asarray(fixed[self._rows] - amounts * unit[self._rows])

    def _all_spare(self) -> tuple[Floats, Floats, list[int]]:
        """What of the money for it is left of each corner at each rate, how far off that may be.

        And the first rate at which the money may suffice; one beyond the last where there is none.
        """
        available = self._means.subsidy_available
        if available is None:
            return self._needs, self._needs, [0] * len(self._corners)
        spare = available.minor - self._needs
        margin = np.array(
            [MARGIN * (corner.amount.minor + available.minor + 1) for corner in self._corners]
        )
        suffices = spare >= -margin[:, None]
        first = np.where(suffices.any(axis=1), suffices.argmax(axis=1), len(self._rates))
        return spare, margin, first.tolist()

    def _lowest_carried(self, place: int, corner: Corner, lawful: int) -> int | None:
        """The first lawful rate at which the money for it suffices."""
        available, first = self._means.subsidy_available, self._first[place]
        if first >= lawful:
            return None
        if available is None:
            return first
        spare, margin = self._spare[place, first:lawful], self._margin[place]
        if spare[0] > margin:
            return first
        row = self._rows[place]

        def is_carried(index: int) -> bool:
            tried = self._shape(corner, row, first + index)
            return bearing.subsidy_of(corner, tried, self._means) <= available

        found = _first(spare > margin, np.abs(spare) <= margin, is_carried)
        return None if found is None else first + found


def _column(values: Sequence[int]) -> Floats:
    return np.array(values, dtype=float)[:, None]


def hazards(corners: Sequence[Corner], rows: Rows, means: Means) -> Floats:
    """The hazard of each corner, rate and age, as `Risk.hazard` reckons it one by one."""
    exponent = MONTHS_A_YEAR / rows.per_year
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
        logit = np.clip(np.log(pd / (1 - pd)) + moved, -LOGIT_MOST, LOGIT_MOST)
        chance = 1 / (1 + np.exp(-logit))
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
