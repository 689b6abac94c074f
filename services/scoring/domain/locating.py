"""Where about does each corner pass, at which rate? Floats find the place, Decimal decides there.

Nothing from here is stored: a figure within the stated margin of a limit is doubtful, and is then
reckoned exactly; every other verdict is safe, so that all machines give the same opinion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

MONTHS_A_YEAR = 12
MARGIN = 1e-9  # of what is compared; floats are wrong by some 1e-13 of it
STEPS_MAX = 60
RESIDUE_MAX = 1e-13  # of one unit lent
ROOT_MARGIN = 1e-11  # of a rate a year

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """One row for each term and grace, one column for each rate; all of one unit lent.

    `instalment` after grace, `inflow` and `alive` as in `pricing.npv`, `present` of what the
    borrower pays at the rate of the legal ceiling (empty without one).
    """

    instalment: Floats
    inflow: Floats
    alive: Floats
    present: Floats | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Terms and graces in instalments, rates a year, and how profit is charged."""

    terms: Sequence[int]
    graces: Sequence[int]
    rates: Sequence[Decimal]
    is_flat: bool
    per_year: int = MONTHS_A_YEAR


def lives(
    rows: Rows,
    *,
    hazard: Floats,
    cost_of_funds: float,
    loss_given_default: float,
    ceiling: float | None = None,
) -> Lives:
    """Walk all rows and rates at once, instalment by instalment.

    `hazard` of each age (rows, rates, instalments; each may be 1 wide, the last is repeated).
    """
    terms, graces = _column(rows.terms), _column(rows.graces)
    profit = np.array([[float(rate) / rows.per_year for rate in rows.rates]])
    instalment = _instalment(profit, terms - graces, is_flat=rows.is_flat)
    discount = 1 / (1 + cost_of_funds / rows.per_year)
    lawful = None if ceiling is None else (1 + ceiling) ** (-1 / rows.per_year)
    balance = np.ones_like(instalment)
    alive, factor, at_ceiling = np.ones_like(instalment), 1.0, 1.0
    inflow, alive_worth = np.zeros_like(instalment), np.zeros_like(instalment)
    present = None if lawful is None else np.zeros_like(instalment)
    longest, ages = int(terms.max()), hazard.shape[2]
    for period in range(1, longest + 1):
        factor *= discount
        chance = hazard[:, :, min(period, ages) - 1]
        due = np.where(period <= graces, profit, instalment) * (period <= terms)
        weight = alive * factor * (period <= terms)
        inflow += weight * ((1 - chance) * due + chance * (1 - loss_given_default) * balance)
        alive_worth += weight
        if present is not None and lawful is not None:
            at_ceiling *= lawful
            present += at_ceiling * due
        balance = balance - due + (profit if rows.is_flat else profit * balance)
        alive = alive * (1 - chance)
    return Lives(instalment=instalment, inflow=inflow, alive=alive_worth, present=present)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """One loan of one unit: the hazard of each period, what is recovered of a loss, its costs."""

    periods: int
    grace_periods: int
    per_year: int
    is_flat: bool
    hazards: Sequence[float]
    recovered: float
    discount: float
    fixed: float
    running: float

    def worth(self, annual_rate: float) -> float:
        """Return the net present value of one unit lent, as `pricing.npv` does."""
        profit = annual_rate / self.per_year
        count = self.periods - self.grace_periods
        if self.is_flat or not profit:
            instalment = profit + 1 / count
        else:
            instalment = profit / (1 - (1 + profit) ** -count)
        balance = factor = alive = 1.0
        worth = -self.fixed
        for period, hazard in enumerate(self.hazards):
            factor *= self.discount
            due = profit if period < self.grace_periods else instalment
            back = (1 - hazard) * due + hazard * self.recovered * balance - self.running
            worth += alive * factor * back
            balance -= due - (profit if self.is_flat else profit * balance)
            alive *= 1 - hazard
        return worth


def solution(loan: Loan, *, highest: float) -> float | None:
    """Return the rate a year at which a loan is worth nothing; None where it is not sure.

    Secants between 0 and `highest`. Worked: as in `pricing.npv`, 0.130766.
    """
    low, high = 0.0, highest
    at_low, at_high = loan.worth(low), loan.worth(high)
    if at_low > -MARGIN or at_high < MARGIN:
        return None
    before, at_before, rate, at_rate = low, at_low, high, at_high
    for _ in range(STEPS_MAX):
        slope = (at_rate - at_before) / (rate - before)
        if slope <= 0:
            return None
        move = at_rate / slope
        if abs(move) < RESIDUE_MAX or at_rate == 0:
            return rate if RESIDUE_MAX / slope < ROOT_MARGIN else None
        before, at_before = rate, at_rate
        rate -= move
        if not low <= rate <= high:
            return None
        at_rate = loan.worth(rate)
        if rate == before:
            return None
    return None


def root(dues: Sequence[float], *, net: float) -> float | None:
    """Return the monthly rate at which dues are worth `net`; None where it is not sure.

    Newton's method. Worked: dues of 0.089353235 over 12 months, net 0.99: 0.012496.
    """
    rate = max(0.0, 2 * (sum(dues) / net - 1) / (len(dues) + 1)) if net > 0 else 0.0
    for _ in range(STEPS_MAX):
        step_down = 1 / (1 + rate)
        factor, worth, slope = 1.0, 0.0, 0.0
        for month, each in enumerate(dues, start=1):
            factor *= step_down
            worth += factor * each
            slope -= month * factor * each
        if slope == 0:
            return None
        move = (worth - net) / (slope * step_down)
        rate -= move
        if abs(move) < RESIDUE_MAX:
            return rate
        if not 0 <= rate < 1:
            return None
    return None


def decided(value: float, quantum: Decimal) -> Decimal | None:
    """Round to the quantum; None where a half of it is within the margin."""
    step = float(quantum)
    half = abs(value / step % 1 - 0.5) * step
    return None if half < ROOT_MARGIN else Decimal(repr(value)).quantize(quantum)


def _column(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)[:, None]


def instalments(rows: Rows) -> Floats:
    """Return the level instalment after grace of one unit, for each row and rate."""
    profit = np.array([[float(rate) / rows.per_year for rate in rows.rates]])
    return _instalment(profit, _column(rows.terms) - _column(rows.graces), is_flat=rows.is_flat)


def _instalment(profit: Floats, count: NDArray[np.int64], *, is_flat: bool) -> Floats:
    if is_flat:
        return np.asarray(profit + 1 / count)
    powers = np.cumprod(np.repeat(1 / (1 + profit), int(count.max()), axis=0), axis=0)
    annuities = np.cumsum(powers, axis=0)
    return np.asarray(1 / annuities[count[:, 0] - 1])
