"""Does a project's cost divide into own share, state loan and bank loan as the rule says?"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.loans.domain.product import Product
from shared.errors import Kind, RafidError, Sentence
from shared.ids import ApplicationId
from shared.money import Money
from shared.rulebook import Condition, Fact


class Leg(StrEnum):
    """Who bears a part of the cost; its value is the member of the rule."""

    OWN = "own"
    STATE = "state"
    BANK = "bank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A file to be opened: whose, at what cost, under which scheme, with which legs."""

    borrower_id: UUID
    cost: Money
    told: Mapping[str, Condition]
    legs: Mapping[Leg, ApplicationId]


class StructureNotMet(RafidError):
    """The parts of the cost are not those of the rule"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Of {cost} the part {leg} is {given}; by the rule {fact_id} it is {share}, that is"
        " {expected} ({source})."
    )
    leg: Leg
    given: Money
    cost: Money
    share: Decimal
    expected: Money
    fact_id: str
    source: Sentence


class CostNotCovered(RafidError):
    """The parts do not cover the cost"""

    kind = Kind.RULE
    service = "loans"
    detail = "Own share and loans come to {given}, the project costs {cost}."
    cost: Money
    given: Money


class LegBearsCharge(RafidError):
    """The state's loan bears no interest"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The product {product_code} may bear a rate of up to {annual_rate}; the state's part of"
        " a file is lent without any ({source})."
    )
    product_code: str
    annual_rate: Decimal
    source: Sentence


class CostAboveCeiling(RafidError):
    """The project costs more than the scheme finances"""

    kind = Kind.RULE
    service = "loans"
    detail = "The cost is {cost}; the scheme finances projects up to {ceiling} ({source})."
    cost: Money
    ceiling: Money
    source: Sentence


def shares_of(fact: Fact) -> dict[Leg, Decimal]:
    """The shares that a rule names; a part it is silent on is free."""
    return {Leg(name): Decimal(str(share)) for name, share in fact.members.items()}


def check(cost: Money, *, legs: Mapping[Leg, Money], fact: Fact) -> None:
    """Raise `StructureNotMet` for the first part that is not the rule's, to the minor unit.

    1,000,000.00 DZD by 1, 29 and 70 %: 10,000.00 own, 290,000.00 of the state, 700,000.00 of the
    bank (Algeria, executive decree 19-137 of 29 April 2019). A share that is no whole number of
    minor units may be rounded either way: of 99.99 the part of 70 % is 69.99 or 70.00.
    """
    for leg, share in shares_of(fact).items():
        given = legs.get(leg, Money.zero(cost.currency))
        exact = cost.minor * share
        if abs(given.minor - exact) >= 1:
            raise StructureNotMet(
                leg=leg,
                given=given,
                cost=cost,
                share=share,
                expected=Money(int(exact), cost.currency),
                fact_id=fact.id,
                source=Sentence(fact.source.title),
            )


def check_product(leg: Leg, product: Product, *, fact: Fact) -> None:
    """Raise `LegBearsCharge` for a product of the state's part that may bear a rate."""
    if leg is Leg.STATE and product.annual_rate.most:
        raise LegBearsCharge(
            product_code=product.code,
            annual_rate=product.annual_rate.most,
            source=Sentence(fact.source.title),
        )


def check_ceiling(cost: Money, *, fact: Fact) -> None:
    """Raise `CostAboveCeiling` where the scheme finances less, in the fact's currency."""
    if fact.unit != cost.currency:
        return
    ceiling = Money.parse(fact.text, fact.unit)
    if cost > ceiling:
        source = Sentence(fact.source.title)
        raise CostAboveCeiling(cost=cost, ceiling=ceiling, source=source)
