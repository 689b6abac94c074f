"""Where equal instalments do not pass, do such pass that follow what the months leave?

Only by the month, without grace and on what is outstanding (or without profit): a month that
leaves nothing asks nothing, and its profit runs on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import partial

from services.scoring.domain import locating, pricing, season
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Corner, Limits
from services.scoring.domain.pricing import EXACT, MONTHS_A_YEAR, ONE, ZERO, ChargeMethod, Shape
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Terms whose instalments follow the months, at the lowest rate that passes every test."""

    corner: Corner
    shape: Shape
    dues: tuple[Money, ...]
    subsidy: Money
    effective_annual_rate: Decimal

    @property
    def total(self) -> Money:
        """All that is paid."""
        return Money.total(self.dues, self.corner.amount.currency)

    @property
    def monthly(self) -> Money:
        """What they weigh in an average month, up to the minor unit."""
        return Money(-(-self.total.minor // len(self.dues)), self.corner.amount.currency)


def may_follow(corner: Corner, limits: Limits, means: Means) -> bool:
    """Whether such instalments are known for these terms at all."""
    is_monthly = limits.per_year == MONTHS_A_YEAR and not corner.grace_months
    is_simple = limits.charge_method is not ChargeMethod.FLAT
    return means.drawn is not None and is_monthly and is_simple


def follow(corner: Corner, *, limits: Limits, means: Means) -> Followed | None:
    """Return the terms at the lowest rate that passes every test, or None where none does.

    What is due in a month is in proportion to what it leaves as expected; where this does not
    cover every month, to what it leaves in the next trial, and so on. Held against the limits on
    debts is the average month; the hazard is that of equal instalments. Worked: 1,200 at 1.5 % a
    month over months that leave 1 1 1 0 0 0 2 2 2 1 1 1: dues of 111.257, 0 and 222.514.
    """
    free, drawn = means.free, means.drawn
    if drawn is None or (free is not None and corner.amount > free):
        return None
    tried: set[tuple[Decimal, ...]] = set()
    for _, _, left in drawn.by_trial:
        weights = tuple(Decimal(max(minor, 0)) for minor in left[: corner.term_months])
        if not any(weights) or weights in tried:
            continue
        tried.add(weights)
        found = _at_lowest_rate(corner, weights, limits, means)
        if found is not None:
            return found
    return None


def _at_lowest_rate(
    corner: Corner, weights: Sequence[Decimal], limits: Limits, means: Means
) -> Followed | None:
    """A higher rate is worth more and weighs more: it is the lowest that carries the loan."""
    rates = limits.rates()
    at = partial(_terms, corner, weights, limits, means)
    if not _is_borne(at(rates[0]), means):
        return None
    available = means.subsidy_available
    place = 0
    if available is not None:
        place = _first(len(rates), lambda index: at(rates[index]).subsidy <= available)
    if place >= len(rates):
        return None
    found = at(rates[place])
    is_lawful = place < limits.charged_lawfully() and (
        limits.annual_rate_ceiling is None
        or found.effective_annual_rate <= limits.annual_rate_ceiling
    )
    return found if is_lawful and _is_borne(found, means) else None


def _first(count: int, holds: Callable[[int], bool]) -> int:
    """The first place at which what holds for good begins to hold; `count` where it never does."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _is_borne(found: Followed, means: Means) -> bool:
    if means.drawn is None or found.monthly > means.capacity.capacity:
        return False
    return means.drawn.uncovered([due.minor for due in found.dues]) is None


def _terms(
    corner: Corner, weights: Sequence[Decimal], limits: Limits, means: Means, rate: Decimal
) -> Followed:
    shape = Shape(
        charge_method=limits.charge_method, annual_rate=rate, term_months=corner.term_months
    )
    kappa, dues = season.seasonal(corner.amount, monthly_rate=rate / MONTHS_A_YEAR, weights=weights)
    with localcontext(EXACT):
        unit = [kappa * weight / corner.amount.decimal for weight in weights]
    return Followed(
        corner=corner,
        shape=shape,
        dues=dues,
        subsidy=_subsidy(corner, shape, unit, means),
        effective_annual_rate=_effective(shape, unit, fee_share=means.costs.fee_share),
    )


def _subsidy(corner: Corner, shape: Shape, unit: Sequence[Decimal], means: Means) -> Money:
    """What somebody has to give, as `pricing.npv` reckons it for equal instalments."""
    costs, amount = means.costs, corner.amount
    hazard = means.hazard_at(amount, shape)
    ages = list(hazard) if isinstance(hazard, tuple) else [hazard]
    ages += [ages[-1]] * (len(unit) - len(ages))
    with localcontext(EXACT):
        discount = ONE / (ONE + costs.cost_of_funds / MONTHS_A_YEAR)
        profit = shape.annual_rate / MONTHS_A_YEAR
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
        worth -= costs.operating_cost.decimal + costs.operating_cost_monthly.decimal * alive_worth
        return Money.rounded(max(-worth, ZERO), amount.currency, rounding="ceiling")


def _effective(shape: Shape, unit: Sequence[Decimal], *, fee_share: Decimal) -> Decimal:
    """The borrower's effective rate a year; without a fee it is that of the rate itself."""
    if not fee_share:
        return pricing.effective_annual_rate(shape)
    net = ONE - fee_share
    near = locating.root([float(due) for due in unit], net=float(net))
    if near is not None:
        sure = locating.decided((1 + near) ** MONTHS_A_YEAR - 1, pricing.RATE_QUANTUM)
        if sure is not None:
            return sure
    with localcontext(EXACT):
        rate = pricing.root(lambda tried: net - _present(unit, tried), ZERO, ONE)
        return ((ONE + rate) ** MONTHS_A_YEAR - ONE).quantize(pricing.RATE_QUANTUM)


def _present(unit: Sequence[Decimal], monthly: Decimal) -> Decimal:
    discount, factor, worth = ONE / (ONE + monthly), ONE, ZERO
    for due in unit:
        factor *= discount
        worth += factor * due
    return worth
