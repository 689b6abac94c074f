"""Which corners (amount, term, grace) does a menu try?"""

from dataclasses import dataclass
from decimal import Decimal

from services.scoring.domain.pricing import MONTHS_A_YEAR, ChargeMethod
from shared.errors import Kind, RafidError
from shared.money import Money

AMOUNT_SHARES = (Decimal(1), Decimal("0.75"), Decimal("0.5"))
TERM_STEPS = (1, 2, 3, 4, 6, 12)
TERMS_AIMED = 8
RATES_MAX = 200


class LimitsContradict(RafidError):
    """The product's limits contradict each other"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The limits of the {limit} do not fit together: {low} and {high}."
    limit: str
    low: Money | Decimal | int
    high: Money | Decimal | int


class AskedImpossible(RafidError):
    """What is asked for is no loan"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{amount} over {term_months} months with {grace_months} months of grace is no loan."
    amount: Money
    term_months: int
    grace_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The product's limits; `annual_rate_ceiling` is the legal cap on the effective rate.

    `nominal_ceiling` is one on the rate as it is charged; the sources say who set them and since
    when. `per_year` says how many instalments fall in a year.

    Raises LimitsContradict where a limit is above its opposite.
    """

    charge_method: ChargeMethod
    amount_min: Money
    amount_max: Money
    term_months_min: int
    term_months_max: int
    annual_rate_min: Decimal
    annual_rate_default: Decimal
    annual_rate_max: Decimal
    annual_rate_step: Decimal
    grace_months_max: int
    annual_rate_ceiling: Decimal | None
    per_year: int = MONTHS_A_YEAR
    nominal_ceiling: Decimal | None = None
    ceiling_source: str | None = None
    nominal_source: str | None = None

    def __post_init__(self) -> None:
        if self.amount_min > self.amount_max:
            raise LimitsContradict(limit="amount", low=self.amount_min, high=self.amount_max)
        if self.term_months_min > self.term_months_max:
            raise LimitsContradict(
                limit="term", low=self.term_months_min, high=self.term_months_max
            )
        rates = (self.annual_rate_min, self.annual_rate_default, self.annual_rate_max)
        if rates[0] < 0 or list(rates) != sorted(rates):
            raise LimitsContradict(limit="rate", low=rates[0], high=rates[2])
        if rates[2] - rates[0] > self.annual_rate_step * RATES_MAX:
            raise LimitsContradict(limit="rate step", low=self.annual_rate_step, high=rates[2])

    def charged_lawfully(self) -> int:
        """Return how many of the rates, from the lowest on, are within the nominal ceiling."""
        most = self.nominal_ceiling
        return sum(1 for rate in self.rates() if most is None or rate <= most)

    def rates(self) -> tuple[Decimal, ...]:
        """Return the rates that may be offered, rising."""
        span = self.annual_rate_max - self.annual_rate_min
        steps = int(span / self.annual_rate_step)
        regular = {self.annual_rate_min + i * self.annual_rate_step for i in range(steps + 1)}
        declared = {self.annual_rate_min, self.annual_rate_default, self.annual_rate_max}
        return tuple(sorted(declared | regular))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the applicant asks for. Raises AskedImpossible."""

    amount: Money
    term_months: int
    grace_months: int

    def __post_init__(self) -> None:
        if not self.amount.is_positive or not 0 <= self.grace_months < self.term_months:
            raise AskedImpossible(
                amount=self.amount, term_months=self.term_months, grace_months=self.grace_months
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Corner:
    """One amount with one term and grace."""

    amount: Money
    term_months: int
    grace_months: int


def corners(asked: Asked, *, limits: Limits) -> tuple[Corner, ...]:
    """Return the grid: amounts at 100, 75 and 50 %, about eight terms, at most three graces.

    What was asked is always a corner, even where the product does not allow it, so that the
    answer says why not.
    """
    amounts = {asked.amount.times(share, rounding="floor") for share in AMOUNT_SHARES}
    if asked.amount > limits.amount_max:
        amounts.add(limits.amount_max)
    span = limits.term_months_max - limits.term_months_min
    step = next((s for s in TERM_STEPS if span <= s * TERMS_AIMED), TERM_STEPS[-1])
    multiples = range(step, limits.term_months_max + 1, step)
    terms = {term for term in multiples if term >= limits.term_months_min}
    terms |= {asked.term_months, limits.term_months_min, limits.term_months_max}
    longest = limits.grace_months_max
    graces = {0, longest // 2, longest, asked.grace_months}
    return tuple(
        Corner(amount=amount, term_months=term, grace_months=grace)
        for amount in sorted(amounts, reverse=True)
        if amount.is_positive
        for term in sorted(terms)
        for grace in sorted(graces)
        if grace < term
    )
