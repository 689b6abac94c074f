"""What does a product offer once the policy of a review of rates is taken over?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Final

from services.loans.domain.product import Limited, Limits, Product
from services.loans.domain.terms import ChargeMethod, Frequency
from shared.errors import Kind, RafidError
from shared.money import Money

PRODUCT: Final = "product"
FREQUENCY: Final = "frequency"
RATE_STEP: Final = Decimal("0.000001")
SAID: Final = frozenset({"annual_rate", "term", "grace", "amount"})


class ReviewLeavesProduct(RafidError):
    """The adopted policy leaves the product as it is"""

    kind = Kind.RULE
    service = "loans"
    detail = "{policy} changes nothing of the product {product_code}."
    policy: str
    product_code: str


class ReviewNeedsPerson(RafidError):
    """The adopted policy says what a product has no word for"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{policy} changes the product {product_code} by {member}, which its limits cannot say: "
        "open the version by hand."
    )
    policy: str
    product_code: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a figure changes: set, then times, then plus, then kept between `low` and `high`."""

    set_to: Decimal | None = None
    times: Decimal = Decimal(1)
    plus: Decimal = Decimal(0)
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def names_figure(self) -> bool:
        """Whether it says what the figure is to be, not only how much of what it is today."""
        named = (self.set_to, self.low, self.high)
        return bool(self.plus) or any(one is not None for one in named)

    def of(self, value: Decimal) -> Decimal:
        """Return the figure after the rule: 0.24 times 0.5 is 0.12."""
        found = (value if self.set_to is None else self.set_to) * self.times + self.plus
        if self.low is not None:
            found = max(found, self.low)
        return found if self.high is None else min(found, self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Rules by member, for the loans that `where` names; `where` empty: for all.

    `frequency` names how often they are paid; None leaves it as it is.
    """

    where: Mapping[str, str]
    rules: Mapping[str, Rule]
    frequency: str | None = None


def revised(product: Product, *, policy: str, changes: Sequence[Change]) -> Product:
    """Return the product with its limits under a policy, each of the three by the same rule.

    Rates to six decimals, months whole, amounts to the minor unit, half to even. Raises
    ReviewLeavesProduct; ReviewNeedsPerson where a rule is for a part of the product's borrowers,
    for its fees, or for a frequency that needs more than its name, or names a rate, which a review
    has of what is outstanding, for a product that charges on the principal; what `Product` raises,
    as where its terms hold no whole instalments of a new frequency. Worked: a rate of 0.12 to
    0.24, usually 0.18, times 0.5, is 0.06 to 0.12, usually 0.09.
    """
    rate, term = product.annual_rate, product.term_months
    grace, amount, frequency = product.grace_months, product.amount, product.frequency
    own = {PRODUCT: product.code, FREQUENCY: _label(product)}
    for change in changes:
        if any(change.where.get(name, label) != label for name, label in own.items()):
            continue
        beyond = [*sorted(change.where.keys() - own), *sorted(change.rules.keys() - SAID)]
        if beyond:
            raise ReviewNeedsPerson(policy=policy, product_code=product.code, member=beyond[0])
        rules = {name: change.rules.get(name, Rule()) for name in SAID}
        if product.charge_method is ChargeMethod.FLAT and rules["annual_rate"].names_figure:
            raise ReviewNeedsPerson(policy=policy, product_code=product.code, member="annual_rate")
        rate = _each(rate, partial(_rate, rule=rules["annual_rate"]))
        term = _each(term, partial(_months, rule=rules["term"]))
        grace = _each(grace, partial(_months, rule=rules["grace"]))
        amount = _each(amount, partial(_amount, rule=rules["amount"]))
        asked = change.frequency
        if asked is not None and (asked != frequency or product.dating.every > 1):
            frequency = _frequency(asked, product=product, policy=policy)
    found = replace(
        product,
        annual_rate=rate,
        term_months=term,
        grace_months=grace,
        amount=amount,
        frequency=frequency,
    )
    if found == product:
        raise ReviewLeavesProduct(policy=policy, product_code=product.code)
    return found


def _label(product: Product) -> str:
    """How often a product's loans are paid, as a book for reviews says it."""
    every = product.dating.every
    return product.frequency.value + (f" x {every}" if every > 1 else "")


def _frequency(name: str, *, product: Product, policy: str) -> Frequency:
    """The frequency of a name; a person is needed where it is dated by more than its steps."""
    known = {one.value: one for one in Frequency}
    dated = Frequency.TWICE_A_MONTH in (product.frequency, known.get(name))
    if name not in known or dated or product.dating.every > 1:
        raise ReviewNeedsPerson(policy=policy, product_code=product.code, member=FREQUENCY)
    return known[name]


def _each(limits: Limits[Limited], of: Callable[[Limited], Limited]) -> Limits[Limited]:
    return Limits(least=of(limits.least), usual=of(limits.usual), most=of(limits.most))


def _rate(value: Decimal, *, rule: Rule) -> Decimal:
    return rule.of(value).quantize(RATE_STEP, rounding=ROUND_HALF_EVEN)


def _months(value: int, *, rule: Rule) -> int:
    return int(rule.of(Decimal(value)).to_integral_value(rounding=ROUND_HALF_EVEN))


def _amount(value: Money, *, rule: Rule) -> Money:
    return Money.rounded(rule.of(value.decimal), value.currency)
