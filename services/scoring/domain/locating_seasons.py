"""Where about do instalments that follow the months pass? Floats find it, Decimal decides there.

As in `locating` nothing from here is given out where it is not sure; all terms are walked at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Corner, Limits
from services.scoring.domain.locating import MARGIN, Bools, Floats
from services.scoring.domain.pricing import MONTHS_A_YEAR
from services.scoring.domain.season_terms import Pattern

GROWTH_MAX = 1e4  # of one unit left alone over the term: beyond it floats lose too much
ROUNDING = 1e-12  # of an amount: how far off a due may be before it is rounded
LEAST = 1e-7  # of a minor unit

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Borne:
    """For each of some terms: too heavy on average, a month not covered, and what is not sure."""

    too_heavy: Bools
    not_covered: Bools
    doubtful: Bools


class Tries:
    """Corners with a pattern each; whatever is asked of rows is asked at a rate a year of each."""

    def __init__(
        self, tried: Sequence[tuple[Corner, Pattern]], *, limits: Limits, means: Means
    ) -> None:
        self._means, self._per_year = means, limits.per_year
        distinct = list({id(pattern): pattern for _, pattern in tried}.values())
        place = {id(pattern): index for index, pattern in enumerate(distinct)}
        rows = [place[id(pattern)] for _, pattern in tried]
        self.longest = max(len(pattern.weights) for pattern in distinct)
        weights = np.zeros((len(distinct), self.longest))
        for index, pattern in enumerate(distinct):
            weights[index, : len(pattern.weights)] = [float(part) for part in pattern.weights]
        self._weights = (weights / weights.max(axis=1)[:, None])[rows]
        self._periods = _column([len(pattern.weights) for _, pattern in tried])
        self._grace = _column([pattern.grace_periods for _, pattern in tried])
        self._has_grace = bool(self._grace.any())
        self._terms = _column([corner.term_months for corner, _ in tried])
        self._age = np.arange(1, self.longest + 1)
        longest = max(distinct, key=lambda pattern: len(pattern.weights))
        self._months = np.array(longest.months) - 1
        self.amounts = np.array([[float(corner.amount.minor)] for corner, _ in tried])

    def units(self, rows: Whole, rates: Floats) -> Floats:
        """Return each instalment of one unit lent; nothing beyond the last one."""
        return self._units(rows, rates)[0]

    def _units(self, rows: Whole, rates: Floats) -> tuple[Floats, Floats]:
        """The same, and what one unit at each is worth today at the rate of the loan itself."""
        each = rates[:, None] / self._per_year
        weights, grace = self._weights[rows], self._grace[rows]
        down = np.cumprod(np.repeat(1 / (1 + each), self.longest, axis=1), axis=1)
        kappa = np.asarray((1 + each) ** -grace) / (weights * down).sum(axis=1, keepdims=True)
        units = kappa * weights
        if self._has_grace:
            units = np.where(self._age <= grace, each, units)
        return np.asarray(units), np.asarray(down)

    def borne(self, rows: Whole, rates: Floats) -> Borne:
        """Hold instalments against what a month may bear on average, and against every month."""
        amounts, terms = self.amounts[rows], self._terms[rows]
        units, count = self.units(rows, rates), self._periods[rows]
        monthly = (amounts * units).sum(axis=1) / terms[:, 0]
        over = monthly - self._means.capacity.capacity.minor
        unsure = np.abs(over) <= MARGIN * (monthly + 1) + 2
        dues = self._by_month(amounts * np.where(self._age <= count, units, 0.0))
        drawn = self._means.drawn
        off = 1 + count + MARGIN * amounts  # the last takes what rounding leaves
        verdict = [False] * len(rows) if drawn is None else drawn.bare(dues, off=off)
        bare = np.array([each is True for each in verdict])
        thin = np.array([each is None for each in verdict])
        is_over = (over > 0) & ~unsure
        return Borne(
            too_heavy=is_over,
            not_covered=bare & ~is_over & ~unsure,
            doubtful=~is_over & (unsure | thin),
        )

    def needs(self, rows: Whole, rates: Floats, hazards: Floats) -> tuple[Floats, Bools]:
        """Return what somebody has to give (or is left), in minor units, and what is not sure.

        `hazards` are those of each period of these rows (or one for all of them).
        """
        costs, count = self._means.costs, self._periods[rows]
        units, down = self._units(rows, rates)
        within = self._age <= count
        paid = units * down
        left = down[:, :1] / down * (1 - (np.cumsum(paid, axis=1) - paid))
        stays = np.broadcast_to(1 - hazards, units.shape)
        alive = np.cumprod(np.concatenate((np.ones((len(rows), 1)), stays[:, :-1]), axis=1), axis=1)
        discount = (1 + float(costs.cost_of_funds) / self._per_year) ** -self._age
        weight = within * alive * discount
        recovered = hazards * (1 - float(costs.loss_given_default))
        inflow = (weight * (stays * units + recovered * left)).sum(axis=1)
        running = costs.operating_cost_monthly.minor * MONTHS_A_YEAR / self._per_year
        fixed = costs.operating_cost.minor + running * weight.sum(axis=1)
        unit = inflow - float(1 - costs.fee_share + costs.margin_share)
        is_wild = down[np.arange(len(rows)), count[:, 0] - 1] * GROWTH_MAX < 1
        return fixed - self.amounts[rows, 0] * unit, np.asarray(is_wild)

    def present(self, rows: Whole, rates: Floats, *, ceiling: float) -> Floats:
        """Return what the borrower pays of one unit, worth at a ceiling a year."""
        units, within = self.units(rows, rates), self._age <= self._periods[rows]
        lawful = (1 + ceiling) ** (-1 / self._per_year)
        return np.asarray((within * units * lawful**self._age).sum(axis=1))

    def _by_month(self, dues: Floats) -> Floats:
        if self._per_year == MONTHS_A_YEAR:
            return dues
        return np.asarray(dues @ np.eye(int(self._months[-1]) + 1)[self._months])


def _column(values: Sequence[int]) -> Whole:
    return np.array(values, dtype=np.int64)[:, None]
