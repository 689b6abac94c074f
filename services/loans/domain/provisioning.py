"""How much of what is outstanding is expected to be lost, and what must be set aside for it?

Rates are whole parts of a thousand million, so that every sum over contracts is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

from services.loans.domain.staging import Stage

PARTS = 10**9
PRECISION = 40
BASIS_POINT = Decimal("0.0001")
MONTHS_IN_YEAR = 12
MONTHS_MAX = 600
GOODS_OWED = frozenset({"salam"})
"""Modes in which goods are owed for good, not money: they are valued by their own rule
(`goods_debt`), not set aside for here. A work to order is a claim on its maker, and once it is
delivered the client's debt: it is provided for as any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One course the world may take: its weight, and the monthly hazard of default in it."""

    weight: Decimal
    monthly_hazard: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LossAssumptions:
    """What expected loss is computed from; fractions, not percentages.

    `performing` and `underperforming` are the scenarios of the first two stages; their weights sum
    to one. A contract in default loses `loss_given_default` of what is outstanding.
    Raises `ValueError`.
    """

    performing: tuple[Scenario, ...]
    underperforming: tuple[Scenario, ...]
    loss_given_default: Decimal

    def __post_init__(self) -> None:
        if not 0 <= self.loss_given_default <= 1:
            raise ValueError("a loss given default is between 0 and 1")
        for scenarios in (self.performing, self.underperforming):
            if sum(one.weight for one in scenarios) != 1:
                raise ValueError("the weights of scenarios sum to one")
            if any(one.weight < 0 or not 0 <= one.monthly_hazard < 1 for one in scenarios):
                raise ValueError("a weight is at least 0, a hazard between 0 and 1")


def expected_loss(
    balances: Sequence[Decimal], *, monthly_hazard: Decimal, loss: Decimal, monthly_rate: Decimal
) -> Decimal:
    """The discounted expected loss of balances at the start of each month, unrounded (IFRS 9).

    The sum over months m of S(m-1) h LGD B(m-1) / (1 + r)^m, where S is the share that has not
    defaulted before. 1,000 over 24 months at 2 % a month with a hazard of 1 % and a loss of 60 %:
    63.244221 over its life, 49.347658 from its first 12 months.
    """
    with localcontext(prec=PRECISION):
        survival, discount, total = Decimal(1), Decimal(1), Decimal(0)
        for balance in balances:
            discount /= 1 + monthly_rate
            total += survival * monthly_hazard * loss * balance * discount
            survival *= 1 - monthly_hazard
        return total


def weights(
    scenarios: Sequence[Scenario], *, loss: Decimal, monthly_rate: Decimal, months: int
) -> tuple[int, ...]:
    """What share of a principal due in k months is expected to be lost before; 0 for k = 0.

    A balance is the sum of the principals that are still due, so the expected loss of a loan is
    the sum of its principals, each times the share of its month. In parts of a thousand million,
    rounded once. At a hazard of 1 %, a loss of 60 % and 2 % a month: 0, 5882353, 11591695.
    """
    with localcontext(prec=PRECISION):
        shares = [Decimal(0)] * (months + 1)
        for scenario in scenarios:
            survival, discount, share = Decimal(1), Decimal(1), Decimal(0)
            for month in range(1, months + 1):
                discount /= 1 + monthly_rate
                share += survival * scenario.monthly_hazard * loss * discount
                survival *= 1 - scenario.monthly_hazard
                shares[month] += scenario.weight * share
        return tuple(int((share * PARTS).to_integral_value()) for share in shares)


def shares(
    scenarios: Sequence[Scenario], *, loss: LossAssumptions, effective_rate: Decimal
) -> tuple[int, ...]:
    """`weights` over the longest life, discounted by an effective yearly rate.

    IFRS 9 (B5.5.44) asks for the effective interest rate, which has the fees of a loan in it.
    """
    return _shares(tuple(scenarios), loss.loss_given_default, discount_rate(effective_rate))


def discount_rate(effective_rate: Decimal) -> Decimal:
    """The yearly rate that losses are discounted by: the effective one, to a basis point.

    0.268242 is 0.2682. Over five years that moves a share by less than 3 parts in 10,000, and a
    portfolio has some hundred such rates, not one a contract.
    """
    return effective_rate.quantize(BASIS_POINT)


def monthly_rate(annual: Decimal) -> Decimal:
    """The rate of a month that compounds to a yearly one: 0.268242 is 2 % a month."""
    with localcontext(prec=PRECISION):
        return (1 + annual) ** (Decimal(1) / MONTHS_IN_YEAR) - 1


@lru_cache(maxsize=1_024)
def _shares(
    scenarios: tuple[Scenario, ...], loss: Decimal, annual_rate: Decimal
) -> tuple[int, ...]:
    monthly = monthly_rate(annual_rate)
    return weights(scenarios, loss=loss, monthly_rate=monthly, months=MONTHS_MAX)


def months_ahead(days: int) -> int:
    """How many months lie so many days ahead, at least one: 31 days are 1, 730 are 24."""
    return min(max((days * 4_800 + 73_050) // 146_100, 1), MONTHS_MAX)


def loss_rate(
    principals: Sequence[tuple[int, int]], *, shares: Sequence[int], horizon: int = MONTHS_MAX
) -> int:
    """The expected loss of a schedule, in parts of what is outstanding.

    `principals` are pairs of months ahead and principal in minor units, `shares` come from
    `weights`, `horizon` is 12 for the loss of a year. Nothing outstanding loses nothing.
    """
    outstanding = sum(principal for _, principal in principals)
    if outstanding == 0:
        return 0
    lost = sum(principal * shares[min(month, horizon)] for month, principal in principals)
    return lost // outstanding


def parts_of(share: Decimal) -> int:
    """A fraction in parts of a thousand million, rounded once: 0.05 is 50,000,000."""
    return int((share * PARTS).to_integral_value())


def share_of(outstanding: int, parts: int) -> int:
    """So many parts of an amount in minor units, a half up: 5 % of 1,010 is 51."""
    return (outstanding * parts + PARTS // 2) // PARTS


def rate_for(stage: Stage, *, year: int, life: int, default: int) -> int:
    """The rate of loss that a stage recognises: of a year, of the whole life, or as in default."""
    return {Stage.PERFORMING: year, Stage.UNDERPERFORMING: life, Stage.IMPAIRED: default}[stage]
