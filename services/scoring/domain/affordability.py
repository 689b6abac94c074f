"""What can this household pay every month, also in a bad month?

Household and business are told apart and joined only here.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.errors import Kind, RafidError
from shared.money import Money

RATIO_QUANTUM = Decimal("0.000001")


class MonthlyAmountNegative(RafidError):
    """A household's monthly amounts are not negative"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{amount} cannot be a month's income, cost or debt service."
    amount: Money


class PolicyImpossible(RafidError):
    """The policy of affordability contradicts itself"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{value} is not possible: a share lies between 0 and 1, a cover is above 0."
    value: Decimal


class Binding(StrEnum):
    """The limit that is met first."""

    DEBT_SERVICE = "debt_service"
    COVER = "cover"
    STRESS = "stress"
    OUTER_LIMIT = "outer_limit"
    LOWEST_MONTH = "lowest_month"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """An ordinary month; `sales` as told, `debt_service` what other lenders are paid.

    Raises MonthlyAmountNegative.
    """

    other_income: Money
    sales: Money
    business_costs: Money
    household_costs: Money
    debt_service: Money

    def __post_init__(self) -> None:
        amounts = (self.other_income, self.sales, self.business_costs, self.household_costs)
        for amount in (*amounts, self.debt_service):
            if amount.is_negative:
                raise MonthlyAmountNegative(amount=amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How careful the institution is: shares of one, and the least cover it accepts.

    `debt_service_limit` is the product's, `debt_service_outer` the one of the place; by
    `lowest_month_share` all debts keep to a share of the poorest month's verified income.
    `month_without_income` tries each year with one month that brings nothing.

    Raises PolicyImpossible for a share outside 0 to 1 or a cover that is not positive.
    """

    sales_haircut: Decimal
    income_stress: Decimal
    cost_stress: Decimal
    debt_service_limit: Decimal
    cover_minimum: Decimal
    stressed_cover_minimum: Decimal
    debt_service_outer: Decimal | None = None
    lowest_month_share: Decimal | None = None
    month_without_income: bool = False

    def __post_init__(self) -> None:
        shares = (self.sales_haircut, self.income_stress, self.debt_service_limit)
        outer = (self.debt_service_outer, self.lowest_month_share)
        for share in (*shares, *(limit for limit in outer if limit is not None)):
            if not 0 <= share <= 1:
                raise PolicyImpossible(value=share)
        for least in (self.cover_minimum, self.stressed_cover_minimum):
            if least <= 0:
                raise PolicyImpossible(value=least)
        if self.cost_stress < 0:
            raise PolicyImpossible(value=self.cost_stress)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What is left in a month, and the largest instalment that keeps to every limit.

    `income` is what debt service is measured by; it may be negative where costs eat the sales.
    """

    income: Money
    disposable: Money
    disposable_stressed: Money
    debt_service: Money
    capacity: Money
    binding: Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """How heavy one instalment weighs; None where there is nothing to divide by."""

    debt_service_share: Decimal | None
    cover: Decimal | None
    stressed_cover: Decimal | None


def capacity(
    household: Household,
    *,
    policy: Policy,
    by_month: Money | None = None,
    lowest_income: Money | None = None,
) -> Capacity:
    """Return the largest monthly instalment that passes every limit of the policy.

    Where the months are told one by one, `by_month` is the largest instalment that each of them
    covers, and stands instead of the covers of the average month; `lowest_income` is the poorest
    month's.

    income = other income + sales x (1 - haircut) - business costs;
    disposable = income - household costs - debt service;
    stressed: both incomes x (1 - income stress), both costs x (1 + cost stress);
    capacity = max(0, min(income x limit - debt service, disposable / cover minimum,
    stressed disposable / stressed minimum)), always rounded against the lender's optimism.

    Worked, with haircut 0.20, stresses 0.20 and 0.10, limit 0.40, covers 1.2 and 1.0: other
    income 200, sales 1,000, business costs 400, household costs 300, debts 50: income 600,
    disposable 250, stressed 800 - 770 - 50 = -20, so capacity 0 and the stress binds.

    Raises CurrencyMismatch.
    """
    sales = household.sales.times(1 - policy.sales_haircut, rounding="floor")
    inflow = household.other_income + sales
    income = inflow - household.business_costs
    disposable = income - household.household_costs - household.debt_service
    costs = household.business_costs + household.household_costs
    stressed = (
        inflow.times(1 - policy.income_stress, rounding="floor")
        - costs.times(1 + policy.cost_stress, rounding="ceiling")
        - household.debt_service
    )
    limits = _debt_limits(household.debt_service, policy, income, lowest_income)
    if by_month is None:
        limits[Binding.COVER] = _divided(disposable, policy.cover_minimum)
        limits[Binding.STRESS] = _divided(stressed, policy.stressed_cover_minimum)
    else:
        limits[Binding.MONTH] = by_month
    binding = min(limits, key=lambda name: limits[name].minor)
    return Capacity(
        income=income,
        disposable=disposable,
        disposable_stressed=stressed,
        debt_service=household.debt_service,
        capacity=max(limits[binding], Money.zero(income.currency)),
        binding=binding,
    )


def _debt_limits(
    debts: Money, policy: Policy, income: Money, lowest_income: Money | None
) -> dict[Binding, Money]:
    """What the shares of income leave for an instalment beside the debts elsewhere."""
    lowest = lowest_income or Money.zero(income.currency)
    shares = {
        Binding.DEBT_SERVICE: (policy.debt_service_limit, income),
        Binding.OUTER_LIMIT: (policy.debt_service_outer, income),
        Binding.LOWEST_MONTH: (policy.lowest_month_share, lowest),
    }
    return {
        name: whole.times(share, rounding="floor") - debts
        for name, (share, whole) in shares.items()
        if share is not None
    }


def burden(capacity: Capacity, *, instalment: Money) -> Burden:
    """Return the share of income that all instalments take, and how often each rest covers it.

    debt service share = (debts elsewhere + instalment) / income; cover = disposable /
    instalment. Worked: income 600, debts 50, instalment 100, disposable 250: 0.25 and 2.5.
    """
    return Burden(
        debt_service_share=ratio(capacity.debt_service + instalment, capacity.income),
        cover=ratio(capacity.disposable, instalment),
        stressed_cover=ratio(capacity.disposable_stressed, instalment),
    )


def ratio(part: Money, whole: Money) -> Decimal | None:
    """Return part / whole to six decimals; None where the whole is not positive."""
    if not whole.is_positive:
        return None
    return (Decimal(part.minor) / Decimal(whole.minor)).quantize(RATIO_QUANTUM)


def _divided(amount: Money, divisor: Decimal) -> Money:
    return amount.times(1 / divisor, rounding="floor")
