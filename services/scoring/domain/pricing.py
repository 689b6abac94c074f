"""At which price does a loan neither earn nor cost, and what does it need where it may not earn?

Everything here is a ratio to a principal of one, in Decimal; amounts come back in at the end.
Price is the solution of NPV = 0, not a sum of percentages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal, localcontext
from enum import StrEnum
from functools import lru_cache

from services.scoring.domain import locating
from shared.money import Money

MONTHS_A_YEAR = 12
RATE_QUANTUM = Decimal("0.000001")
SOLUTION_QUANTUM = Decimal("1e-9")
SCANNED = 60  # steps in which the lowest root is looked for
ROOT_TOLERANCE = Decimal("1e-14")  # of one unit lent
EXACT = Context(prec=28, rounding=ROUND_HALF_EVEN)
ZERO, ONE = Decimal(0), Decimal(1)

Hazard = Decimal | tuple[Decimal, ...]
"""Of one period, the same at every age, or one for each."""


class ChargeMethod(StrEnum):
    """What the profit is reckoned on: the rest, the whole principal, or nothing (qard)."""

    DECLINING_BALANCE = "declining_balance"
    FLAT = "flat"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Terms without an amount. In the first `grace_months` of the term only profit is paid.

    Instalments fall `per_year` times a year. Raises ValueError if no month is left to repay in, or
    term or grace hold no whole number of instalments.
    """

    charge_method: ChargeMethod
    annual_rate: Decimal
    term_months: int
    grace_months: int = 0
    per_year: int = MONTHS_A_YEAR

    def __post_init__(self) -> None:
        if not 0 <= self.grace_months < self.term_months:
            raise ValueError("grace ends before the term does")
        if not is_whole(self.term_months, self.grace_months, self.per_year):
            raise ValueError("term and grace hold whole instalments")

    @property
    def periods(self) -> int:
        """How many instalments the term holds, those of grace included."""
        return self.term_months * self.per_year // MONTHS_A_YEAR

    @property
    def grace_periods(self) -> int:
        """How many of them bear profit only."""
        return self.grace_months * self.per_year // MONTHS_A_YEAR


HazardAt = Callable[[Shape], Hazard]
"""The hazard of terms, where it depends on their burden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one loan costs: `operating_cost` at disbursement, `operating_cost_monthly` while alive.

    `cost_of_funds` is a nominal rate a year; fee and margin are shares of the principal. A fee that
    is an amount, `fee_flat`, becomes a share `at` an amount; until then it is not reckoned.
    """

    cost_of_funds: Decimal
    operating_cost: Money
    operating_cost_monthly: Money
    loss_given_default: Decimal
    fee_share: Decimal
    margin_share: Decimal
    fee_flat: Money | None = None

    def at(self, amount: Money) -> "Costs":
        """Return the same with all of the fee as a share of this amount.

        Worked: 1 % and 20.000 flat of 1,000.000: a share of 0.03.
        """
        if self.fee_flat is None:
            return self
        with localcontext(EXACT):
            share = self.fee_share + Decimal(self.fee_flat.minor) / amount.minor
        return replace(self, fee_share=share, fee_flat=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """A yearly rate and the parts it is made of; the parts add up to it."""

    annual_rate: Decimal
    parts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class _Worth:
    """Of one unit lent: present worth of what comes back, and of one unit a month while alive."""

    inflow: Decimal
    alive: Decimal


def is_whole(term_months: int, grace_months: int, per_year: int) -> bool:
    """Whether term and grace hold whole instalments: 12 months hold 52 weekly ones, 7 do not."""
    return not (term_months * per_year % MONTHS_A_YEAR or grace_months * per_year % MONTHS_A_YEAR)


@lru_cache(maxsize=1_024)
def hazard_of(pd: Decimal) -> Decimal:
    """Return the monthly hazard that makes a 12-month default chance: 1 - (1 - PD)^(1/12).

    Worked: 0.10 a year is 0.008742 a month.
    """
    with localcontext(EXACT):
        return ONE - (ONE - pd) ** (ONE / MONTHS_A_YEAR)


@lru_cache(maxsize=16_384)
def instalment_factor(shape: Shape) -> Decimal:
    """Return the level instalment after grace for one unit lent.

    Declining: r / (1 - (1 + r)^-n) with r = rate / 12 and n = term - grace; flat: r + 1/n; at
    rate zero 1/n. Worked: 24 months at 2 % a month (24 % a year) 0.052871097.
    """
    with localcontext(EXACT):
        rate = shape.annual_rate / shape.per_year
        count = shape.periods - shape.grace_periods
        if shape.charge_method is ChargeMethod.FLAT or not rate:
            return rate + ONE / count
        return rate / (ONE - (ONE + rate) ** -count)


@lru_cache(maxsize=16_384)
def profit_factor(shape: Shape) -> Decimal:
    """Return all profit paid over the term for one unit lent, fees apart.

    Worked: flat, 12 % a year, 12 months: 0.12. Declining, 24 % a year, 24 months: 0.268906.
    """
    with localcontext(EXACT):
        rate = shape.annual_rate / shape.per_year
        count = shape.periods - shape.grace_periods
        return shape.grace_periods * rate + count * instalment_factor(shape) - ONE


@lru_cache(maxsize=16_384)
def effective_annual_rate(shape: Shape, *, fee_share: Decimal = ZERO) -> Decimal:
    """Return the borrower's effective rate a year: (1 + i)^12 - 1 with i the monthly IRR.

    The fee is kept back from the disbursed amount. Worked: 12 months at 13.0766 % a year with a
    fee of 1 % of the principal: 16.0693 %.
    """
    net = ONE - fee_share
    with localcontext(EXACT):
        if shape.charge_method is not ChargeMethod.FLAT and not fee_share:
            rate = shape.annual_rate / shape.per_year
        else:
            near = _near_effective(shape, net)
            if near is not None:
                return near
            rate = root(lambda tried: net - _present_value(shape, tried), ZERO, ONE)
        return ((ONE + rate) ** shape.per_year - ONE).quantize(RATE_QUANTUM)


def _near_effective(shape: Shape, net: Decimal) -> Decimal | None:
    """Find the same in floats; None where its last decimal is not sure."""
    profit, due = float(shape.annual_rate) / shape.per_year, float(instalment_factor(shape))
    count = shape.periods - shape.grace_periods
    rate = locating.root([profit] * shape.grace_periods + [due] * count, net=float(net))
    if rate is None or not locating.ROOT_MARGIN < rate < 1 - locating.ROOT_MARGIN:
        return None
    return locating.decided((1 + rate) ** shape.per_year - 1, RATE_QUANTUM)


def npv(shape: Shape, *, principal: Money, costs: Costs, hazard: Hazard) -> Decimal:
    """Return what the loan earns over all its costs, today's worth in whole currency units.

    NPV = -P(1 - f) - c0 - M P + sum over months m of
    [S(1-h) I + S h (1-LGD) B - c S] / (1+k)^m, with S alive at the start of the month, B the
    balance then, k the cost of funds a month. Worked: P 1,000, 12 months, hazard 0.3 %, LGD
    60 %, funds 5 % a year, c0 20, c 1, fee 1 %, margin 1 %: zero at 1.0897197 % a month, and
    -69.1216 at rate 0.
    """
    with localcontext(EXACT):
        amount = principal.decimal
        worth = _worth(shape, hazard, costs.cost_of_funds, costs.loss_given_default)
        per_unit = worth.inflow - ONE + costs.fee_share - costs.margin_share
        running = costs.operating_cost_monthly.decimal * worth.alive
        if shape.per_year != MONTHS_A_YEAR:
            running = running * MONTHS_A_YEAR / shape.per_year
        return amount * per_unit - costs.operating_cost.decimal - running


def subsidy_needed(shape: Shape, *, principal: Money, costs: Costs, hazard: Hazard) -> Money:
    """Return what somebody has to give so that the loan costs nothing: max(0, -NPV), up."""
    value = npv(shape, principal=principal, costs=costs, hazard=hazard)
    return Money.rounded(max(-value, ZERO), principal.currency, rounding="ceiling")


def cost_fee(*, term_months: int, costs: Costs) -> Money:
    """Return the operating cost of the loan alone: the most a fee on a qard may be.

    A fixed amount of actual cost, never a percentage (AAOIFI Sharia Standard 19). Worked: 20 at
    disbursement and 1 a month for 12 months: 32.
    """
    return costs.operating_cost + costs.operating_cost_monthly * term_months


def break_even(
    shape: Shape,
    *,
    principal: Money,
    costs: Costs,
    hazard: Hazard | HazardAt,
    annual_rate_max: Decimal,
) -> BreakEven | None:
    """Solve NPV = 0 for the yearly rate; None if not even `annual_rate_max` suffices.

    Where the hazard rises with the rate, a higher rate may be worth less: it is the lowest rate
    at which the loan carries itself, and None if there is none.

    The parts come from adding the costs one after the other (funds, operations, expected loss,
    margin, fee) and taking how far each moves the solution. Worked: as in `npv`, 13.0766 %.
    """

    def solved(part: Costs, chance: Hazard | HazardAt) -> Decimal | None:
        if isinstance(chance, Decimal | tuple):
            return _solve(shape, principal, part, chance, annual_rate_max)
        return _lowest(shape, principal, part, chance, annual_rate_max)

    rate = solved(costs, hazard)
    if rate is None:
        return None
    free = Money.zero(principal.currency)
    margin = replace(costs, fee_share=ZERO)
    loss = replace(margin, margin_share=ZERO)
    bare = replace(loss, operating_cost=free, operating_cost_monthly=free)
    steps = [solved(bare, ZERO), solved(loss, ZERO), solved(loss, hazard), solved(margin, hazard)]
    known = [step if step is not None else annual_rate_max for step in steps] + [rate]
    names = ("funds", "operations", "expected_loss", "margin", "fee")
    earlier = [ZERO, *known]
    return BreakEven(
        annual_rate=rate,
        parts={name: known[i] - earlier[i] for i, name in enumerate(names)},
    )


def _lowest(
    shape: Shape, principal: Money, costs: Costs, hazard: HazardAt, annual_rate_max: Decimal
) -> Decimal | None:
    """Find the lowest root where the hazard moves with the rate: tried in steps, then halved."""

    def value(annual_rate: Decimal) -> Decimal:
        tried = replace(shape, annual_rate=annual_rate)
        return npv(tried, principal=principal, costs=costs, hazard=hazard(tried))

    with localcontext(EXACT):
        if value(ZERO) >= ZERO:
            return ZERO
        low, step = ZERO, annual_rate_max / SCANNED
        for place in range(1, SCANNED + 1):
            high = step * place
            if value(high) >= ZERO:
                break
            low = high
        else:
            return None
        while high - low > SOLUTION_QUANTUM / 4:
            middle = (low + high) / 2
            low, high = (low, middle) if value(middle) >= ZERO else (middle, high)
        return high.quantize(SOLUTION_QUANTUM, ROUND_CEILING)


def _solve(
    shape: Shape, principal: Money, costs: Costs, hazard: Hazard, annual_rate_max: Decimal
) -> Decimal | None:
    def value(annual_rate: Decimal) -> Decimal:
        tried = replace(shape, annual_rate=annual_rate)
        return npv(tried, principal=principal, costs=costs, hazard=hazard) / principal.decimal

    near = _near_solution(shape, principal, costs, hazard, annual_rate_max)
    if near is not None:
        return near
    with localcontext(EXACT):
        if value(ZERO) >= -ROOT_TOLERANCE:
            return ZERO
        if value(annual_rate_max) < 0:
            return None
        return root(value, ZERO, annual_rate_max).quantize(SOLUTION_QUANTUM)


def _near_solution(
    shape: Shape, principal: Money, costs: Costs, hazard: Hazard, annual_rate_max: Decimal
) -> Decimal | None:
    """Find the same in floats; None where its last decimal, or that there is one, is not sure."""
    amount = principal.decimal
    loan = locating.Loan(
        periods=shape.periods,
        grace_periods=shape.grace_periods,
        per_year=shape.per_year,
        is_flat=shape.charge_method is ChargeMethod.FLAT,
        hazards=_floats(hazard, shape.periods),
        recovered=float(ONE - costs.loss_given_default),
        discount=1 / (1 + float(costs.cost_of_funds) / shape.per_year),
        fixed=float(ONE - costs.fee_share + costs.margin_share)
        + float(costs.operating_cost.decimal / amount),
        running=float(costs.operating_cost_monthly.decimal / amount)
        * (MONTHS_A_YEAR / shape.per_year),
    )
    found = locating.solution(loan, highest=float(annual_rate_max))
    return None if found is None else locating.decided(found, SOLUTION_QUANTUM)


def _floats(hazard: Hazard, periods: int) -> Sequence[float]:
    ages = hazard if isinstance(hazard, tuple) else (hazard,) * periods
    return [float(chance) for chance in ages]


def root(value: Callable[[Decimal], Decimal], low: Decimal, high: Decimal) -> Decimal:
    """Find the zero of a rising function (false position, Illinois form); a bound if outside.

    It also ends where the function jumps over zero, at the higher side of the jump.
    """
    at_low, at_high = value(low), value(high)
    if at_low >= -ROOT_TOLERANCE:
        return low
    if at_high <= 0:
        return high
    side = 0
    while high - low > ROOT_TOLERANCE:
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        at_middle = value(middle)
        if abs(at_middle) <= ROOT_TOLERANCE:
            return middle
        if at_middle < 0:
            low, at_low = middle, at_middle
            at_high = at_high / 2 if side < 0 else at_high
            side = -1
        else:
            high, at_high = middle, at_middle
            at_low = at_low / 2 if side > 0 else at_low
            side = 1
    return high


def _present_value(shape: Shape, monthly: Decimal) -> Decimal:
    discount = ONE / (ONE + monthly)
    profit = shape.annual_rate / shape.per_year
    instalment = instalment_factor(shape)
    worth, factor = ZERO, ONE
    for period in range(1, shape.periods + 1):
        factor *= discount
        worth += factor * (profit if period <= shape.grace_periods else instalment)
    return worth


@lru_cache(maxsize=16_384)
def _worth(shape: Shape, hazard: Hazard, cost_of_funds: Decimal, lgd: Decimal) -> _Worth:
    with localcontext(EXACT):
        discount = ONE / (ONE + cost_of_funds / shape.per_year)
        profit = shape.annual_rate / shape.per_year
        instalment = instalment_factor(shape)
        kept = ONE - lgd
        ages = hazard if isinstance(hazard, tuple) else (hazard,)
        chances = [(ONE - chance, chance * kept) for chance in ages]
        chances += [chances[-1]] * (shape.periods - len(chances))
        balance = factor = alive = ONE
        inflow = alive_worth = ZERO
        for period in range(1, shape.periods + 1):
            stays, recovered = chances[period - 1]
            factor *= discount
            due = profit if period <= shape.grace_periods else instalment
            charged = profit * (ONE if shape.charge_method is ChargeMethod.FLAT else balance)
            inflow += alive * factor * (stays * due + recovered * balance)
            alive_worth += alive * factor
            balance -= due - charged
            alive *= stays
        return _Worth(inflow, alive_worth)
