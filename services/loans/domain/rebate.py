"""What does a client pay who settles early, and how much of the profit falls away?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Final

from services.loans.domain.early import EarlySettlement, RebateRule, Spread
from services.loans.domain.schedule import Instalment
from shared import periods, rates, rulebook
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.rulebook import Fact

PRECISION: Final = 40
PRODUCT: Final = "Rafid: terms of the product"


class RebateTooLarge(RafidError):
    """The rebate is larger than the profit not yet earned"""

    kind = Kind.RULE
    service = "loans"
    detail = "A rebate of {asked} was asked; {most} of the profit is not yet earned."
    asked: Money
    most: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RebatePolicy:
    """The rule, its figure (months or instalments) and where it comes from."""

    rule: RebateRule
    count: int = 0
    spread: Spread = Spread.EFFECTIVE
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What was sold or lent: what it cost, from which day, and the agreed instalments."""

    cost: Money
    since: date
    instalments: Sequence[Instalment]

    @property
    def price(self) -> Money:
        """Cost and profit together, fees apart."""
        return Money.total((one.principal + one.profit for one in self.instalments), self.currency)

    @property
    def profit(self) -> Money:
        """All the profit agreed."""
        return self.price - self.cost

    @property
    def currency(self) -> str:
        """The one currency of the price."""
        return self.cost.currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What settles a contract on a day. `remaining` less `rebate` is `to_pay`.

    `rebate` is what the rule or a decision takes off; `rebate_most` is all that is not earned,
    the most that may be given.
    """

    on: date
    policy: RebatePolicy
    remaining: Money
    unearned: Money
    rebate: Money

    @property
    def to_pay(self) -> Money:
        """What is to be paid on the day."""
        return self.remaining - self.rebate


def policy_of(
    country: str,
    *,
    on: date,
    own: RebateRule | None = None,
    product: EarlySettlement | None = None,
    overrides: Sequence[Fact] = (),
) -> RebatePolicy:
    """The rule in force on a day: the law of the country, else the product's, else the mode's own.

    Jordan in 2026: the first six instalments whole, then the principal; Saudi Arabia: at most the
    cost of three months more; elsewhere what the product agreed, then what its mode says,
    voluntary without a word. How profit is earned is the product's to say in each case.
    """
    agreed = product or EarlySettlement()
    fact = rulebook.find("early_settlement", country=country or None, on=on, overrides=overrides)
    law = RebateRule(str(fact.members["rule"]))
    if law is not RebateRule.VOLUNTARY:
        count = int(str(fact.members.get("count", 0)))
        return RebatePolicy(rule=law, count=count, spread=agreed.spread, source=fact.source.title)
    if agreed.rule is not None:
        return RebatePolicy(
            rule=agreed.rule, count=agreed.count, spread=agreed.spread, source=PRODUCT
        )
    return RebatePolicy(rule=own or law, spread=agreed.spread, source=fact.source.title)


def quote(
    sold: Sold, *, paid: Money, on: date, policy: RebatePolicy, granted: Money | None = None
) -> Settlement:
    """What settles a contract on a day; `paid` is principal and profit paid so far.

    20,500.00 MAD sold for 22,960.00 in 12, six paid on their days, asked on the sixth due date:
    remaining 11,480.02. Clause: unearned 685.53 by the effective method, pay 10,794.49; 662.31 by
    the sum of digits, pay 10,817.71; 1,230.00 straight line, pay 10,250.02. Saudi Arabia: 486.21
    may be kept of it. Jordan, asked after the third: pay 16,534.48. A voluntary rebate is what
    was `granted` (OIC Fiqh Academy 64 (2/7)). Raises `RebateTooLarge`.
    """
    remaining, none = sold.price - paid, Money.zero(sold.currency)
    unearned = sold.profit - earned(sold, on=on, spread=policy.spread)
    rebate = {
        RebateRule.VOLUNTARY: granted or none,
        RebateRule.FULL: none,
        RebateRule.CLAUSE: unearned,
        RebateRule.NEXT_MONTHS: unearned - kept_most(sold, on=on, policy=policy),
        RebateRule.FIRST_INSTALMENTS: _after_first(sold, on=on, policy=policy),
    }[policy.rule]
    if policy.rule is RebateRule.VOLUNTARY and not none <= rebate <= unearned:
        raise RebateTooLarge(asked=rebate, most=unearned)
    return Settlement(
        on=on,
        policy=policy,
        remaining=remaining,
        unearned=min(unearned, remaining),
        rebate=min(max(rebate, none), remaining),
    )


def by_table(
    sold: Sold, *, paid: Money, on: date, policy: RebatePolicy, granted: Money | None = None
) -> Settlement:
    """What settles a lease or a partnership in an asset: the price of the table, no later rent.

    A lease of 24 rents of 287.500 on 6,000.000 JOD, ten paid on their days: 14 of 250.000, so
    3,500.000; the rents to come fall away, since nothing will be used. Of a running period its
    days are owed. `policy` and `granted` change nothing.
    """
    del granted
    whole, part = _periods(sold, on=on)
    running = sum((one.profit.times(part) for one in sold.instalments[whole : whole + 1]), paid * 0)
    later = Money.total((one.profit for one in sold.instalments[whole:]), sold.currency)
    unearned = later - running
    return Settlement(
        on=on, policy=policy, remaining=sold.price - paid, unearned=unearned, rebate=unearned
    )


def earned(sold: Sold, *, on: date, spread: Spread) -> Money:
    """The profit earned by the end of a day: whole periods, and of the running one its days.

    Effective: the rate at which the instalments are worth the cost, on what is outstanding.
    Sum of digits: 12 parts of 78 in the first of 12 months, 11 in the second. Straight line: an
    equal part each. Rounded once.
    """
    whole, part = _periods(sold, on=on)
    with localcontext(prec=PRECISION):
        before, after = (_earned_after(sold, number, spread) for number in (whole, whole + 1))
        return _money(before + (after - before) * part, sold)


def kept_most(sold: Sold, *, on: date, policy: RebatePolicy) -> Money:
    """The most that is kept of what is unearned: the cost of some months more.

    486.21 in the example of `quote`: months seven to nine on the declining balance.
    """
    later = periods.add_months(on, policy.count)
    spread = Spread.EFFECTIVE
    return earned(sold, on=later, spread=spread) - earned(sold, on=on, spread=spread)


def rate_per_period(sold: Sold) -> Decimal:
    """The rate a period at which the instalments are worth the cost: 0.017882 in the example."""
    flows = [
        -sold.cost.decimal,
        *((one.principal + one.profit).decimal for one in sold.instalments),
    ]
    return rates.irr(flows)


def _after_first(sold: Sold, *, on: date, policy: RebatePolicy) -> Money:
    """What falls away where the first instalments are paid whole, then the principal alone."""
    number = max(policy.count, _periods(sold, on=on)[0])
    with localcontext(prec=PRECISION):
        return sold.profit - _money(_earned_after(sold, number, policy.spread), sold)


def _periods(sold: Sold, *, on: date) -> tuple[int, Decimal]:
    """The whole periods that have passed, and the part of the next that has."""
    days = [sold.since, *(one.due_on for one in sold.instalments)]
    whole = sum(1 for day in days[1:] if day <= on)
    if whole == len(sold.instalments) or on <= days[whole]:
        return whole, Decimal(0)
    return whole, Decimal((on - days[whole]).days) / (days[whole + 1] - days[whole]).days


def _earned_after(sold: Sold, number: int, spread: Spread) -> Decimal:
    """The profit earned after so many periods, in minor units, unrounded."""
    count, profit = len(sold.instalments), Decimal(sold.profit.minor)
    passed = min(number, count)
    if spread is Spread.STRAIGHT_LINE:
        return profit * passed / count
    if spread is Spread.SUM_OF_DIGITS:
        left = count - passed
        return profit * (1 - Decimal(left * (left + 1)) / (count * (count + 1)))
    if not profit:
        return profit
    growth = 1 + rate_per_period(sold)
    outstanding = Decimal(sold.cost.minor)
    total = Decimal(0)
    for one in sold.instalments[:passed]:
        grown = outstanding * growth
        total += grown - outstanding
        outstanding = grown - (one.principal + one.profit).minor
    return profit if passed == count else total


def _money(minor: Decimal, sold: Sold) -> Money:
    return Money.rounded(minor.scaleb(-sold.cost.exponent), sold.currency)
