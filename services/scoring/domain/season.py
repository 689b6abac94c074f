"""Can the instalments be paid in every single month, good or bad, with what was saved before?

A year of twelve months repeats; what is left of one month is carried over to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from itertools import accumulate, pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.affordability import Household, MonthlyAmountNegative, Policy
from services.scoring.domain.pricing import EXACT, ONE
from shared.errors import Kind, RafidError
from shared.money import Money

Floats = NDArray[np.float64]

MONTHS = 12
COVER_QUANTUM = Decimal("0.000001")


class YearIncomplete(RafidError):
    """A season is told for twelve months"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{told} months were told; the year has twelve, the first is the one after payment."
    told: int


class SeasonWithoutSurplus(RafidError):
    """No month leaves anything to pay from"""

    kind = Kind.RULE
    service = "scoring"
    detail = "No month of the {term_months} leaves anything: there is no season to follow."
    term_months: int


class Trial(StrEnum):
    """As expected, with less income and dearer costs, or with one month that brings nothing."""

    EXPECTED = "expected"
    STRESSED = "stressed"
    MONTH_WITHOUT_INCOME = "month_without_income"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a signed contract will bring: in which month it is due, how late and how surely.

    `discount` is the share that is not counted on. Proof is kept by the caller under `proof`.
    """

    month: int
    amount: Money
    delay_months: int
    discount: Decimal
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """Twelve months, the first after payment; `verified` incomes where somebody proved them.

    `buffer` is what is saved on the first day. Raises YearIncomplete, MonthlyAmountNegative.
    """

    months: tuple[Household, ...]
    verified: tuple[Money | None, ...]
    buffer: Money
    receipts: tuple[Receipt, ...] = ()

    def __post_init__(self) -> None:
        if len(self.months) != MONTHS or len(self.verified) != MONTHS:
            raise YearIncomplete(told=len(self.months))
        for amount in (self.buffer, *(item.amount for item in self.receipts)):
            if amount.is_negative:
                raise MonthlyAmountNegative(amount=amount)

    def average(self) -> Household:
        """Return the month in the middle of the year: what comes in down, what goes out up."""
        currency = self.buffer.currency

        def mean(name: str, *, is_up: bool) -> Money:
            total = sum(getattr(month, name).minor for month in self.months)
            return Money(-(-total // MONTHS) if is_up else total // MONTHS, currency)

        return Household(
            other_income=mean("other_income", is_up=False),
            sales=mean("sales", is_up=False),
            business_costs=mean("business_costs", is_up=True),
            household_costs=mean("household_costs", is_up=True),
            debt_service=mean("debt_service", is_up=True),
        )

    def lowest_verified(self) -> Money:
        """Return the income of the poorest month as far as it is proven; unproven is nothing."""
        nothing = Money.zero(self.buffer.currency)
        return min((told or nothing for told in self.verified), key=lambda money: money.minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """The first month that is not covered, in which trial, what is due then and what is there."""

    month: int
    trial: Trial
    least: Decimal
    due: Money
    available: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """What each month of a loan leaves before its instalment, in minor units, in each trial."""

    currency: str
    buffer: int
    by_trial: tuple[tuple[Trial, Decimal, tuple[int, ...]], ...]

    def uncovered(self, dues: Sequence[int]) -> Uncovered | None:
        """Return the first month whose cover is below the least, or None.

        Cover of a month = (what was carried over + what the month leaves) / what is due; a month
        without a due is not tested, and a month in the red is carried over too. Worked: months
        that leave 100 and 0, cover 1.0, nothing saved: dues of 50 and 50 pass, of 60 and 50 not.
        """
        for trial, least, left in self.by_trial:
            asked = {due: ceil(least * due) for due in set(dues)}
            carried = self.buffer
            for month, (leaves, due) in enumerate(zip(left, dues, strict=False), start=1):
                available = carried + leaves
                if due and available < asked[due]:
                    return Uncovered(
                        month=month,
                        trial=trial,
                        least=least,
                        due=Money(due, self.currency),
                        available=Money(available, self.currency),
                    )
                carried = available - due
        return None

    def bare(self, dues: Floats, *, off: Floats) -> list[bool | None]:
        """Whether a month is surely not covered (True), or surely each is (False), row by row.

        `dues` month by month in floats, each wrong by at most `off`. None: it has to be reckoned.
        """
        bare = np.zeros(len(dues), dtype=bool)
        thin = np.zeros(len(dues), dtype=bool)
        paid = np.cumsum(dues, axis=1) - dues
        asked, surely = dues > 0, dues > off
        for _, least, left in self.by_trial:
            have = self.buffer + np.cumsum(np.array(left[: dues.shape[1]], dtype=float))
            slack = have - paid - float(least) * dues
            about = off * (dues.shape[1] + float(least))
            bare |= (surely & (slack < -about)).any(axis=1)
            thin |= (asked & (slack <= about)).any(axis=1)
        return [
            None if t and not b else b for b, t in zip(bare.tolist(), thin.tolist(), strict=True)
        ]

    def covers(self, dues: Sequence[int]) -> list[tuple[Trial, list[Decimal | None]]]:
        """Return the cover of each month in each trial; None where nothing is due."""
        found = []
        for trial, _, left in self.by_trial:
            carried, row = self.buffer, list[Decimal | None]()
            for leaves, due in zip(left, dues, strict=False):
                available = carried + leaves
                row.append((Decimal(available) / due).quantize(COVER_QUANTUM) if due else None)
                carried = available - due
            found.append((trial, row))
        return found

    def largest_level(self, *, term_months: int, grace_months: int) -> Money:
        """Return the largest equal instalment after grace that every month covers; never below 0.

        In month m with j instalments before it: I (least + j) <= saved + all left until then.
        Worked: months that leave 100 and 0, least cover 1.0, nothing saved: 50.
        """
        bounds = []
        for _, least, left in self.by_trial:
            summed = list(accumulate(left[:term_months], initial=self.buffer))[1:]
            bounds += [
                int(Decimal(have) // (least + paid))
                for paid, have in enumerate(summed[grace_months:])
            ]
        return Money(max(min(bounds, default=0), 0), self.currency)


def flows(year: Year, *, policy: Policy, term_months: int) -> Flows:
    """Draw the months of a loan under the policy.

    Left of a month = other income + sales x (1 - haircut) - costs of business and household -
    debts elsewhere + what contracts bring that month, discounted and delayed. Stressed: both
    incomes less, costs up, debts as they are. With `month_without_income` the worst month that
    has been so far brought nothing.
    """
    receipts = _receipts(year, term_months)
    months = [_left(month, policy) for month in year.months]
    inflows, usual, bad = zip(*(months[i % MONTHS] for i in range(term_months)), strict=True)
    expected = tuple(left + more for left, more in zip(usual, receipts, strict=True))
    stressed = tuple(left + more for left, more in zip(bad, receipts, strict=True))
    trials = [
        (Trial.EXPECTED, policy.cover_minimum, expected),
        (Trial.STRESSED, policy.stressed_cover_minimum, stressed),
    ]
    if policy.month_without_income:
        worst = list(accumulate(inflows, max, initial=0))
        lost = (after - before for before, after in pairwise(worst))
        dry = tuple(left - gone for left, gone in zip(expected, lost, strict=True))
        trials.append((Trial.MONTH_WITHOUT_INCOME, policy.stressed_cover_minimum, dry))
    return Flows(currency=year.buffer.currency, buffer=year.buffer.minor, by_trial=tuple(trials))


def _left(month: Household, policy: Policy) -> tuple[int, int, int]:
    """What comes in, and what a month leaves as expected and stressed, in minor units."""
    sales = month.sales.times(1 - policy.sales_haircut, rounding="floor")
    inflow = month.other_income + sales
    costs = month.business_costs + month.household_costs
    debts = month.debt_service.minor
    less = inflow.times(1 - policy.income_stress, rounding="floor").minor
    more = costs.times(1 + policy.cost_stress, rounding="ceiling").minor
    return inflow.minor, inflow.minor - costs.minor - debts, less - more - debts


def weights_of(year: Year, *, policy: Policy, term_months: int) -> tuple[Decimal, ...]:
    """Return how much each month may bear: what it leaves, nothing where it is in the red."""
    _, _, left = flows(year, policy=policy, term_months=term_months).by_trial[0]
    return tuple(Decimal(max(minor, 0)) for minor in left)


def seasonal(
    principal: Money, *, monthly_rate: Decimal, weights: Sequence[Decimal]
) -> tuple[Decimal, tuple[Money, ...]]:
    """Return kappa and the instalments kappa x weight that repay the principal with profit.

    kappa = P / sum of weight x (1 + r)^-m; a month of weight zero pays nothing and profit runs
    on. The last paying month takes what rounding leaves. Worked: P 1,200, 1.5 % a month, weights
    1 1 1 0 0 0 2 2 2 1 1 1: kappa 111.256893, in all 1,335.0827.

    Raises SeasonWithoutSurplus.
    """
    if not any(weights):
        raise SeasonWithoutSurplus(term_months=len(weights))
    with localcontext(EXACT):
        discount, factor, worth = ONE / (ONE + monthly_rate), ONE, Decimal(0)
        for weight in weights:
            factor *= discount
            worth += weight * factor
        kappa = principal.decimal / worth
        exact = [kappa * weight for weight in weights]
    dues = [Money.rounded(due, principal.currency) for due in exact]
    whole = Money.rounded(sum(exact, Decimal(0)), principal.currency)
    last = max(place for place, weight in enumerate(weights) if weight)
    dues[last] += whole - Money.total(dues, principal.currency)
    return kappa, tuple(dues)


def _receipts(year: Year, term_months: int) -> list[int]:
    brought = [0] * term_months
    for item in year.receipts:
        place = item.month + item.delay_months - 1
        if 0 <= place < term_months:
            brought[place] += item.amount.times(1 - item.discount, rounding="floor").minor
    return brought
