"""How likely is a loss at each age of a loan, and does a heavier burden make it likelier?"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

from services.scoring.domain import pricing
from services.scoring.domain.pricing import EXACT, MONTHS_A_YEAR, ONE, Hazard, Shape
from shared.errors import Kind, RafidError
from shared.money import Money

BURDEN_STEP = Decimal("0.10")
LOGIT_MOST = 500  # beyond it the chance is nothing or all, to every digit reckoned
PD_LEAST, PD_MOST = Decimal("0.000001"), Decimal("0.999999")


class HazardShapeless(RafidError):
    """A hazard by age has at least one part above zero"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The hazard by age has {parts} parts and none of them is above zero."
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """The chance of default within a year, and what moves it.

    `ages` are relative hazards of equal parts of the term (a hump: low, high, low), brought to a
    mean of one; none means the same at every age. `log_odds` are added for each 0.10 by which
    the debt service share is above `share`, at which `pd` holds (below it, taken away). Raises
    HazardShapeless.
    """

    pd: Decimal
    ages: tuple[Decimal, ...] = ()
    log_odds: Decimal = Decimal(0)
    share: Decimal | None = None
    income: Money | None = None
    debt_service: Money | None = None

    def __post_init__(self) -> None:
        if self.ages and not sum(self.ages) > 0:
            raise HazardShapeless(parts=len(self.ages))

    @property
    def feels_burden(self) -> bool:
        """Whether the chance of default depends on the instalment."""
        is_known = self.income is not None and self.income.is_positive
        return bool(self.log_odds) and self.share is not None and is_known

    def pd_at(self, amount: Money, shape: Shape) -> Decimal:
        """Return the chance of default of these terms: logit PD + beta x (share - share0) / 0.10.

        Worked: PD 0.08, beta 0.25, share 0.30 in place of 0.20: 0.100440.
        """
        if not self.feels_burden:
            return self.pd
        income, debts, before = self.income, self.debt_service, self.share
        if income is None or debts is None or before is None:
            return self.pd
        with localcontext(EXACT):
            monthly = pricing.instalment_factor(shape) * shape.per_year / MONTHS_A_YEAR
            share = (debts.minor + amount.minor * monthly) / Decimal(income.minor)
            start = min(max(self.pd, PD_LEAST), PD_MOST)
            moved = (start / (ONE - start)).ln() + self.log_odds * (share - before) / BURDEN_STEP
            logit = min(max(moved, Decimal(-LOGIT_MOST)), Decimal(LOGIT_MOST))
            return ONE / (ONE + (-logit).exp())

    def hazard(self, amount: Money, shape: Shape) -> Hazard:
        """Return the hazard of each instalment's period of these terms."""
        monthly = pricing.hazard_of(self.pd_at(amount, shape))
        return by_age(monthly, self.ages, periods=shape.periods, per_year=shape.per_year)


def by_age(monthly: Decimal, ages: tuple[Decimal, ...], *, periods: int, per_year: int) -> Hazard:
    """Spread a monthly hazard over the periods of a loan by its relative ages, mean kept.

    Worked: 0.01 a month over 4 months with ages 1, 3: 0.005, 0.005, 0.015, 0.015.
    """
    with localcontext(EXACT):
        stays = ONE - monthly
        each = (
            monthly
            if per_year == MONTHS_A_YEAR
            else ONE - stays ** (Decimal(MONTHS_A_YEAR) / per_year)
        )
        if not ages:
            return each
        return tuple(min(each * part, ONE) for part in relative(ages, periods))


@lru_cache(maxsize=1_024)
def relative(ages: tuple[Decimal, ...], periods: int) -> tuple[Decimal, ...]:
    """Return the relative hazard of each period, its mean one; the part is the one it begins in.

    Worked: ages 1, 3 over 4 periods: 0.5, 0.5, 1.5, 1.5.
    """
    with localcontext(EXACT):
        drawn = [ages[place * len(ages) // periods] for place in range(periods)]
        total = sum(drawn)
        if not total:
            return tuple(ONE for _ in drawn)
        return tuple(part * periods / total for part in drawn)
