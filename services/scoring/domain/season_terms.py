"""What falls due with each instalment where these follow what the months leave, exactly?

In grace only profit is paid; afterwards an instalment is in proportion to what its months leave,
and one of months that leave nothing asks nothing: its profit runs on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from math import lcm

from services.scoring.domain import locating, pricing, season
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Corner, Limits
from services.scoring.domain.pricing import EXACT, MONTHS_A_YEAR, ONE, ZERO, Shape
from services.scoring.domain.season import Flows
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Which part each instalment has, none in grace, and the month of the loan in which it falls.

    The parts are in proportion; their unit is arbitrary.
    """

    weights: tuple[int, ...]
    months: tuple[int, ...]
    grace_periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Terms whose instalments follow the months: `dues` one by one, `by_month` month by month."""

    corner: Corner
    shape: Shape
    dues: tuple[Money, ...]
    by_month: tuple[Money, ...]
    subsidy: Money
    effective_annual_rate: Decimal

    @property
    def total(self) -> Money:
        """All that is paid."""
        return Money.total(self.dues, self.corner.amount.currency)

    @property
    def monthly(self) -> Money:
        """What they weigh in an average month, up to the minor unit."""
        return Money(-(-self.total.minor // len(self.by_month)), self.corner.amount.currency)


@lru_cache(maxsize=1_024)
def months_of(term_months: int, per_year: int) -> tuple[int, ...]:
    """Return the month, from 1, in which each instalment falls.

    Worked: by quarters a year has its instalments in 3, 6, 9, 12; of 52 weekly ones four fall in
    the first month, four in the second and five in the third.
    """
    count = term_months * per_year // MONTHS_A_YEAR
    return tuple(-(-MONTHS_A_YEAR * place // per_year) for place in range(1, count + 1))


def patterns(corner: Corner, drawn: Flows, *, per_year: int) -> list[Pattern]:
    """Return how instalments may follow what each trial leaves, those alike once.

    A quarter weighs what its three months leave together, a week its part of its month; months in
    the red weigh nothing. None is given where no month after grace leaves anything.
    """
    months = months_of(corner.term_months, per_year)
    grace = corner.grace_months * per_year // MONTHS_A_YEAR
    found: dict[tuple[int, ...], None] = {}
    for _, _, left in drawn.by_trial:
        weights = (0,) * grace + _weights(left, months, per_year)[grace:]
        if any(weights):
            found.setdefault(weights)
    return [Pattern(weights=each, months=months, grace_periods=grace) for each in found]


def _weights(left: Sequence[int], months: Sequence[int], per_year: int) -> tuple[int, ...]:
    step = MONTHS_A_YEAR // per_year
    if step == 1:
        return tuple([max(minor, 0) for minor in left[: len(months)]])
    if step:
        return tuple([max(sum(left[month - step : month]), 0) for month in months])
    shared_by = Counter(months)
    whole = lcm(*shared_by.values())
    return tuple([max(left[month - 1], 0) * (whole // shared_by[month]) for month in months])


def terms(
    corner: Corner, pattern: Pattern, *, limits: Limits, means: Means, rate: Decimal
) -> Followed:
    """Return the terms of a corner at a rate a year, its instalments in this pattern.

    After grace as `season.seasonal`, in grace the profit of each period, up. Worked: 1,200 at
    18 % a year over 1 1 1 0 0 0 2 2 2 1 1 1: 111.257, 0 and 222.514, in all 1,335.083; the same
    after one month of grace: 18 first.
    """
    shape = shape_of(corner, limits, rate)
    each = rate / limits.per_year
    grace, amount = pattern.grace_periods, corner.amount
    weights = [Decimal(weight) for weight in pattern.weights[grace:]]
    kappa, dues = season.seasonal(amount, monthly_rate=each, weights=weights)
    with localcontext(EXACT):
        unit = [each] * grace + [kappa * weight / amount.decimal for weight in weights]
    return followed(
        corner,
        shape,
        (*(amount.times(each, rounding="ceiling") for _ in range(grace)), *dues),
        pattern=pattern,
        subsidy=subsidy(corner, shape, unit, means),
        effective_annual_rate=effective(shape, unit, fee_share=means.costs.fee_share),
    )


def followed(
    corner: Corner,
    shape: Shape,
    dues: Sequence[Money],
    *,
    pattern: Pattern,
    subsidy: Money,
    effective_annual_rate: Decimal,
) -> Followed:
    """Return the terms with what is due month by month."""
    by_month = [0] * corner.term_months
    for month, due in zip(pattern.months, dues, strict=True):
        by_month[month - 1] += due.minor
    return Followed(
        corner=corner,
        shape=shape,
        dues=tuple(dues),
        by_month=tuple(Money.column(by_month, corner.amount.currency)),
        subsidy=subsidy,
        effective_annual_rate=effective_annual_rate,
    )


def shape_of(corner: Corner, limits: Limits, rate: Decimal) -> Shape:
    """Return the terms of equal instalments at the same rate."""
    return Shape(
        charge_method=limits.charge_method,
        annual_rate=rate,
        term_months=corner.term_months,
        grace_months=corner.grace_months,
        per_year=limits.per_year,
    )


def subsidy(corner: Corner, shape: Shape, unit: Sequence[Decimal], means: Means) -> Money:
    """Return what somebody has to give, as `pricing.npv` reckons it for equal instalments.

    `unit` are the instalments of one unit lent; the hazard is that of equal ones.
    """
    costs, amount = means.costs, corner.amount
    hazard = means.hazard_at(amount, shape)
    ages = list(hazard) if isinstance(hazard, tuple) else [hazard]
    ages += [ages[-1]] * (len(unit) - len(ages))
    with localcontext(EXACT):
        discount = ONE / (ONE + costs.cost_of_funds / shape.per_year)
        profit = shape.annual_rate / shape.per_year
        recovered = ONE - costs.loss_given_default
        balance = factor = alive = ONE
        inflow = alive_worth = ZERO
        for due, chance in zip(unit, ages, strict=False):
            factor *= discount
            inflow += alive * factor * ((ONE - chance) * due + chance * recovered * balance)
            alive_worth += alive * factor
            balance += profit * balance - due
            alive *= ONE - chance
        worth = amount.decimal * (inflow - ONE + costs.fee_share - costs.margin_share)
        running = costs.operating_cost_monthly.decimal * alive_worth
        if shape.per_year != MONTHS_A_YEAR:
            running = running * MONTHS_A_YEAR / shape.per_year
        worth -= costs.operating_cost.decimal + running
        return Money.rounded(max(-worth, ZERO), amount.currency, rounding="ceiling")


def effective(shape: Shape, unit: Sequence[Decimal], *, fee_share: Decimal) -> Decimal:
    """Return the borrower's effective rate a year; without a fee it is that of the rate itself."""
    if not fee_share:
        return pricing.effective_annual_rate(shape)
    near = near_effective([float(due) for due in unit], shape=shape, fee_share=fee_share)
    if near is not None:
        return near
    net = ONE - fee_share
    with localcontext(EXACT):
        rate = pricing.root(lambda tried: net - _present(unit, tried), ZERO, ONE)
        return ((ONE + rate) ** shape.per_year - ONE).quantize(pricing.RATE_QUANTUM)


def near_effective(unit: Sequence[float], *, shape: Shape, fee_share: Decimal) -> Decimal | None:
    """Find the same in floats; None where its last decimal is not sure."""
    near = locating.root(unit, net=float(ONE - fee_share))
    if near is None:
        return None
    return locating.decided((1 + near) ** shape.per_year - 1, pricing.RATE_QUANTUM)


def _present(unit: Sequence[Decimal], each: Decimal) -> Decimal:
    discount, factor, worth = ONE / (ONE + each), ONE, ZERO
    for due in unit:
        factor *= discount
        worth += factor * due
    return worth
