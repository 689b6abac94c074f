"""At what does a debt in goods stand in the books, and who may say that it is worth less?

Goods to come stand at what was paid for them. Where a dated rule says so they stand lower once they
are worth less than that, and never above cost (AAOIFI Financial Accounting Standard 7). One person
records what they are worth, from a report; another books the difference.
"""

from datetime import date
from enum import StrEnum
from typing import Final

from services.loans.domain import deal as deals
from services.loans.domain import trading
from services.loans.domain.deal import Change, Deal, Step, Taken
from services.loans.domain.schedule import Instalment
from shared import rulebook
from shared.errors import Kind, RafidError
from shared.money import Money


class ValuationRule(StrEnum):
    """At what goods stand that are owed to us."""

    COST = "cost"
    LOWER = "lower_of_cost_and_net_realisable_value"


class ValuedAtCost(RafidError):
    """Goods that are owed stand at cost"""

    kind = Kind.RULE
    service = "loans"
    detail = "Goods owed to us stand at what was paid for them. Source: {source}."
    source: str


class NothingAppraised(RafidError):
    """No value was recorded that is still to be booked"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Record first what the goods are worth that are owed now; the step {step} books it."
    step: str


class DeliveryNotLater(RafidError):
    """The new day of delivery is not later"""

    kind = Kind.RULE
    service = "loans"
    detail = "Delivery was agreed for {before}; {after} is not later, or before the step itself."
    before: date
    after: date


APPRAISE: Final = "appraise"
REVALUE: Final = "revalue"
EXTEND: Final = "extend"


def steps(*after: str) -> tuple[Step, ...]:
    """The steps of a valuation and of a later delivery, from the stages in which goods are owed."""
    return (
        Step(
            code=APPRAISE,
            after=after,
            documents=("valuation_report",),
            amounts=("market_value",),
        ),
        Step(code=REVALUE, after=after, documents=("valuation_decision",), by_another=True),
        Step(
            code=EXTEND,
            after=after,
            documents=("agreement",),
            days=("deliver_by",),
        ),
    )


def rule_of(country: str, *, on: date) -> tuple[ValuationRule, str]:
    """The rule in force in a country on a day, and its source; the lower value without a word."""
    fact = rulebook.find("goods_valuation", country=country or None, on=on)
    return ValuationRule(str(fact.members["rule"])), fact.source.title


def appraised(deal: Deal, *, since: tuple[str, ...]) -> Money:
    """The value recorded last, where nothing changed the goods owed since, and none booked it.

    Raises `NothingAppraised`.
    """
    codes = [one.code for one in deal.taken]
    last = max((n for n, code in enumerate(codes) if code == APPRAISE), default=-1)
    if last < 0 or {REVALUE, *since} & set(codes[last:]):
        raise NothingAppraised(step=REVALUE)
    return deal.taken[last].amounts["market_value"]


def carried_at(cost: Money, *, value: Money) -> Money:
    """What goods stand at by the lower value: paid 80,000, worth 72,000: 72,000; worth 90,000:
    80,000.
    """
    return min(cost, value)


def check(step: Taken, *, deal: Deal, since: tuple[str, ...]) -> None:
    """Refuse a value where goods stand at cost, one that nobody recorded, and an earlier delivery.

    Raises `ValuedAtCost`, `NothingAppraised`, `DeliveryNotLater`.
    """
    if step.code in (APPRAISE, REVALUE):
        rule, source = rule_of(deal.country, on=step.on)
        if rule is ValuationRule.COST:
            raise ValuedAtCost(source=source)
    if step.code == REVALUE:
        appraised(deal, since=since)
    if step.code == EXTEND:
        before, after = deliver_by(deal), step.days["deliver_by"]
        if after <= max(before, step.on):
            raise DeliveryNotLater(before=before, after=after)


def deliver_by(deal: Deal) -> date:
    """The day for which delivery is agreed now."""
    return [one.days["deliver_by"] for one in deal.taken if "deliver_by" in one.days][-1]


def stands(deal: Deal, amount: Money, *, due_on: date) -> tuple[Instalment, ...]:
    """A debt in goods as one due: what it stands at, on the day of delivery.

    It tells how late goods are and what stands at risk; it is no claim to money.
    """
    none = deal.zero
    return (Instalment(number=1, due_on=due_on, principal=amount, profit=none, fee=none),)


def extended(step: Taken, *, deal: Deal) -> Change:
    """Goods agreed for later: the same debt on another day, and counted as agreed anew."""
    if not deal.instalments:
        return deals.UNCHANGED
    amount = deal.instalments[0].principal
    return Change(instalments=stands(deal, amount, due_on=step.days["deliver_by"]), anew=True)


def require_delivery_day(step: Taken) -> None:
    """Refuse a day of delivery before the goods are agreed. Raises `HandedOverLate`."""
    day = step.days["deliver_by"]
    if day <= step.on:
        raise trading.HandedOverLate(step=step.code, on=step.on, first_due_on=day)
