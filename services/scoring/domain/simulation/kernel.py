"""What does a loan bring, cost and lose over its life, in closed form, for many loans at once?

Everything is per unit lent and expected: survival falls by a constant hazard. No instalment is
ever written out: what follows from terms alone is reckoned once for all loans that share them
(`shapes_of`), the rest is a handful of passes over the columns (`lives`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MONTHS_A_YEAR = 12
BLOCK = 32_768  # loans of a block: its columns stay in the processor's cache
THREADS = 2
RATE_TINY = 1e-5  # a month; balances of lower rates fall in a straight line, 1e-4 off at most
HAZARD_TINY = 1e-9
STEPS_MAX = 12
ROOT_LEAST = 1e-8
GROWTH_MOST = 100.0  # of one unit in a year, its logarithm: beyond it no rate is told apart
STEP_TINY = 1e-8  # of a rate a period: the step after it is below 1e-15

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms as columns: rate a year, instalments and those of grace, fee, instalments a year.

    The instalments of grace are among the `periods`, and bear profit only; then come equal ones.
    """

    annual_rate: Floats
    periods: Floats
    grace: Floats
    fee_share: Floats
    per_year: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """What follows from terms alone, for one unit lent, at the places of the terms.

    `rate` and `discount` are of one period, `part` is a period in years; `count` are the
    instalments after `grace`; `fallen` is 1 - (1+i)^-count; `paid` is all that is paid back and for
    profit; `discounted` and `grace_discounted` are the discount over them.
    """

    rate: Floats
    part: Floats
    count: Floats
    grace: Floats
    instalment: Floats
    fallen: Floats
    is_flat: NDArray[np.bool_]
    paid: Floats
    effective: Floats
    discount: Floats
    discounted: Floats
    grace_discounted: Floats

    def at(self, of: Places) -> "Shapes":
        """Give each loan its own, by the place of its terms; one figure where all share it."""
        return Shapes(**{name: taken(getattr(self, name), of) for name in Shapes.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """Expected figures per unit lent, a place a loan.

    `exposure` in months: the sum over periods of the chance to be alive times the balance;
    `alive` in periods; `hazard` of one period; `worth` of what comes back and `alive_worth` of one
    unit a period, discounted at the cost of funds (loss given default in).
    """

    exposure: Floats
    alive: Floats
    hazard: Floats
    worth: Floats
    alive_worth: Floats


def shapes_of(terms: Terms, *, cost_of_funds: float) -> Shapes:
    """Return what follows from terms alone; rates a year.

    With p periods a year: i = rate / p, v = 1 / (1 + k / p), as `pricing.Shape` has them. Worked:
    24 % a year over 24 months: instalment 0.052871; 26 % over 52 weeks: 0.021806.
    """
    rate = terms.annual_rate / terms.per_year
    count = terms.periods - terms.grace
    instalment = level_instalment(rate, count, terms.per_year)
    is_flat = _is_flat(rate, terms.per_year)
    fallen = np.where(is_flat, 1.0, rate / instalment)
    discount = 1 / (1 + cost_of_funds / terms.per_year)
    return Shapes(
        rate=rate,
        part=1 / terms.per_year,
        count=count,
        grace=terms.grace,
        instalment=instalment,
        fallen=fallen,
        is_flat=is_flat,
        paid=terms.grace * rate + count * instalment,
        effective=_effective(rate, instalment, terms),
        discount=discount,
        discounted=discount**count,
        grace_discounted=discount**terms.grace,
    )


def level_instalment(rate: Floats, count: Floats, per_year: Floats) -> Floats:
    """Return the equal instalment for one unit over `count` periods: i / (1 - (1+i)^-n).

    Worked: 2 % a month over 24 months: 0.052871.
    """
    is_flat = _is_flat(rate, per_year)
    fallen = np.where(is_flat, 1.0, -np.expm1(-count * np.log1p(rate)))
    return np.where(is_flat, 1 / count, rate / fallen)


def _is_flat(rate: Floats, per_year: Floats) -> NDArray[np.bool_]:
    return np.asarray(rate * per_year < RATE_TINY * MONTHS_A_YEAR)


def _effective(rate: Floats, due: Floats, terms: Terms) -> Floats:
    """Find the borrower's effective rate a year, the fee kept back at disbursement.

    Newton's method, three or four steps. Worked: 12 months at 13.0766 % with a fee of 1 %:
    0.160693.
    """
    count, grace, fee = terms.periods - terms.grace, terms.grace, terms.fee_share
    net = 1 - fee
    found = np.maximum(rate + fee / (grace / 2 + (count + 1) / 2), ROOT_LEAST)
    for _ in range(STEPS_MAX):
        value, slope = _present(found, rate, due, grace, count)
        step = (value - net) / slope
        found = np.maximum(found - step, ROOT_LEAST)
        if np.abs(step).max(initial=0) < STEP_TINY:
            break
    found = np.where(fee == 0, rate, found)
    return np.asarray(np.expm1(np.minimum(terms.per_year * np.log1p(found), GROWTH_MOST)))


def _present(
    tried: Floats, rate: Floats, due: Floats, grace: Floats, count: Floats
) -> tuple[Floats, Floats]:
    """Return the present worth of all instalments at a rate tried, and its slope."""
    discount = 1 / (1 + tried)
    early, late = discount**grace, discount**count
    first, then = (1 - early) / tried, (1 - late) / tried
    first_slope = (grace * early * discount - first) / tried
    then_slope = (count * late * discount - then) / tried
    value = rate * first + early * due * then
    slope = rate * first_slope + due * (early * then_slope - grace * discount * early * then)
    return value, slope


def lives(own: Shapes, pd: Floats, *, loss_given_default: float) -> Lives:
    """Return the expected life of each loan, its terms and chance of default a year given.

    With q = (1 - PD)^(1/p) a period, N = count:
    balance after j instalments = (1 - (1+i)^(j-N)) / (1 - (1+i)^-N); exposure = sum of q^(m-1)
    x balance; worth = sum of [q^m x due + q^(m-1) (1-q)(1-LGD) x balance] v^m, each sum a
    geometric one. Worked (checked against `pricing.npv`): 12 months at 13.0766 %, PD 3.546 %,
    funds 5 %, LGD 60 %: worth 1.0311.
    """
    log_q = np.log1p(-pd)
    log_q *= own.part
    hazard = -np.expm1(log_q)
    gap = 1 - own.discount + own.discount * hazard  # 1 - q v
    lost = -np.expm1(own.count * log_q)  # 1 - q^N
    plain = _Sums.of(own, hazard, lost)
    worn = _Sums.of(own, gap, 1 - own.discounted + own.discounted * lost)
    survives, recovered = 1 - hazard, hazard * (1 - loss_given_default)
    if not own.grace.any():
        alive, exposure, alive_worth = plain.periods, plain.balances, worn.periods
        worth = survives * own.instalment * alive_worth + recovered * worn.balances
    else:
        lost = -np.expm1(own.grace * log_q)
        early, kept = _geometric(hazard, lost, own.grace), 1 - lost
        kept_worth = own.grace_discounted * kept
        early_worth = _geometric(gap, 1 - kept_worth, own.grace)
        alive, exposure = early + kept * plain.periods, early + kept * plain.balances
        worn_worth = kept_worth * worn.periods
        alive_worth = early_worth + worn_worth
        worth = survives * (own.rate * early_worth + own.instalment * worn_worth)
        worth += recovered * (early_worth + kept_worth * worn.balances)
    return Lives(
        exposure=exposure * (own.part * MONTHS_A_YEAR),
        alive=alive,
        hazard=hazard,
        worth=own.discount * worth,
        alive_worth=own.discount * alive_worth,
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Geometric sums with a ratio q a period, over the N periods after grace.

    `periods` is the sum of q^j for j below N, `balances` that of q^j times the balance after j
    instalments.
    """

    periods: Floats
    balances: Floats

    @classmethod
    def of(cls, own: Shapes, gap: Floats, lost: Floats) -> "_Sums":
        """Sum up; `gap` is 1 - q, `lost` 1 - q^N."""
        periods = _geometric(gap, lost, own.count)
        growth = own.rate - gap * (1 + own.rate)  # q (1+i) - 1, without cancelling
        is_still = np.abs(growth) < HAZARD_TINY
        grown = own.fallen - lost  # q^N - (1+i)^-N
        if is_still.any():
            grown /= np.where(is_still, 1.0, growth)
            grown = np.where(is_still, (1 - own.fallen) * own.count, grown)
        else:
            grown /= growth
        balances = np.subtract(periods, grown, out=grown)
        balances /= own.fallen
        if own.is_flat.any():
            rows = np.flatnonzero(np.broadcast_to(own.is_flat, len(gap)))
            count = np.broadcast_to(own.count, len(gap))[rows]
            balances[rows] = _straight(gap[rows], lost[rows], periods[rows], count)
        return cls(periods, balances)


def _straight(gap: Floats, lost: Floats, periods: Floats, count: Floats) -> Floats:
    """Sum balances where no profit is charged: they fall by 1/N a period."""
    is_whole = gap < HAZARD_TINY
    safe = np.where(is_whole, 1.0, gap)
    weighted = ((1 - gap) * periods - count * (1 - lost)) / safe
    weighted = np.where(is_whole, count * (count - 1) / 2, weighted)
    return np.asarray(periods - weighted / count)


def _geometric(gap: Floats, lost: Floats, count: Floats) -> Floats:
    is_whole = gap < HAZARD_TINY
    if not is_whole.any():
        return lost / gap
    return np.where(is_whole, count, lost / np.where(is_whole, 1.0, gap))


def taken(column: NDArray[Any], of: Places) -> NDArray[Any]:
    """Take of a column what each loan has; one figure where all have the same."""
    return column[:1] if len(column) == 1 or (column == column[0]).all() else column.take(of)
