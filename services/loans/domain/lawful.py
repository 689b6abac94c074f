"""Is what is asked for within the ceilings and caps of the place, and on which facts does it rest?

What was not told is asked for only where the answer depends on it: an amount below every ceiling
that could hold is lawful, one above all of them is not, and between them a decision needs to know
more. Trying a loan out, or taking an application in, decides nothing yet and is let pass there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final, TypedDict

from services.loans.domain.charging import RateKind
from services.loans.domain.disclosure import Disclosure
from services.loans.domain.terms import Frequency, Terms
from services.loans.domain.unlawful import (
    ChargesAboveCap,
    FigureNotGiven,
    LoanAboveCeiling,
    RateAboveLaw,
    RuleDependsOn,
    RulePast,
    TermAboveCeiling,
)
from shared import rulebook
from shared.errors import JsonValue, RafidError, Sentence
from shared.money import Money
from shared.rulebook import Condition, Fact, FactJson, Found, Possible

MONTHS: Final = {
    Frequency.MONTHLY: 1,
    Frequency.QUARTERLY: 3,
    Frequency.HALF_YEARLY: 6,
    Frequency.YEARLY: 12,
}
MONTHS_IN_YEAR: Final = 12
PRECISION: Final = 40
PLACES: Final = Decimal("0.000001")
CEILINGS: Final = ("loan_ceiling", "term_ceiling")


class Standing(StrEnum):
    """How a fact stood when it was used."""

    IN_FORCE = "in_force"
    POSSIBLE = "possible"
    PAST = "past"
    NOT_GIVEN = "not_given"
    OTHER_CURRENCY = "other_currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A fact that was looked at, and how it stood that day."""

    fact: Fact
    standing: Standing

    def to_json(self) -> dict[str, JsonValue]:
        """The fact as it was, with its standing: what a decision keeps."""
        kept: FactJson = self.fact.to_json()
        return {**kept, "own": self.fact.is_own, "standing": self.standing.value}  # type: ignore[dict-item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The rulebook as an institution reads it: its place, its own facts, what it says of itself."""

    country: str
    overrides: tuple[Fact, ...] = ()
    told: Mapping[str, Condition] = field(default_factory=dict)

    @property
    def calendar(self) -> tuple[Fact, ...]:
        """The institution's own days of rest, which due dates move around."""
        return tuple(fact for fact in self.overrides if fact.topic in {"weekend", "holiday"})

    def knowing(self, more: Mapping[str, Condition]) -> "Book":
        """The book with more told; what the institution says of itself stays."""
        return replace(self, told={**more, **self.told})


def speaks(book: Book, *topics: str) -> bool:
    """Whether the rulebook has anything on these topics there: else nobody needs to be asked."""
    facts = [fact for topic in topics for fact in rulebook.facts_of(topic)]
    own = [fact for fact in book.overrides if fact.topic in topics]
    inside = f"{book.country}-"
    return any(
        fact.is_of(book.country) or (fact.country or "").startswith(inside)
        for fact in (*facts, *own)
    )


def check_loan(
    book: Book, amount: Money, *, term_months: int, on: date, strict: bool
) -> tuple[Used, ...]:
    """The ceilings that a loan was held against; raises as `check_amount` and `check_term`."""
    used = check_amount(book, amount, on=on, strict=strict)
    return used + check_term(book, term_months, on=on, strict=strict)


def check_amount(book: Book, amount: Money, *, on: date, strict: bool) -> tuple[Used, ...]:
    """The ceilings that a loan was held against. `strict`: something is decided by it.

    Raises `LoanAboveCeiling`; strict, `RuleDependsOn`; `RulePast`. In Morocco 40,000 MAD are
    below every ceiling, whoever lends; 60,000 depend on who lends, for what, to whom.
    """

    def refusal(fact: Fact) -> RafidError:
        ceiling = Money.parse(fact.text, fact.unit)
        return LoanAboveCeiling(amount=amount, ceiling=ceiling, **_named(fact))

    return _weigh(
        _possible(book, "loan_ceiling", on=on),
        _Asked(
            words=f"{amount} {amount.currency}",
            unit=amount.currency,
            above=lambda fact: amount > Money.parse(fact.text, fact.unit),
            refusal=refusal,
        ),
        strict=strict,
    )


def check_term(book: Book, term_months: int, *, on: date, strict: bool) -> tuple[Used, ...]:
    """The ceilings that a term was held against. Raises as `check_amount`, `TermAboveCeiling`."""

    def refusal(fact: Fact) -> RafidError:
        ceiling = int(fact.text)
        return TermAboveCeiling(term_months=term_months, ceiling=ceiling, **_named(fact))

    return _weigh(
        _possible(book, "term_ceiling", on=on),
        _Asked(
            words=str(term_months),
            unit="months",
            above=lambda fact: term_months > int(fact.text),
            refusal=refusal,
        ),
        strict=strict,
    )


def check_price(
    book: Book, terms: Terms, disclosed: Disclosure, *, strict: bool
) -> tuple[Used, ...]:
    """The caps that rate, fees and cost were held against, on the day of the loan.

    A rate cap is on the nominal or the effective rate, a fee cap on all fees as a share of the
    principal or as an amount, a cost cap on profit and fees together. Raises `RateAboveLaw`,
    `ChargesAboveCap`, and what `check_amount` raises.
    """
    on = terms.disbursed_on
    told_more = book.knowing({"mode_of_finance": terms.mode_of_finance.value})
    used = list(check_rate(told_more, terms.annual_rate, on=on, strict=strict))
    used += check_rate(
        told_more, disclosed.effective_annual_rate, on=on, strict=strict, unit="effective"
    )
    for topic, charged in (
        ("fee_cap", disclosed.total_fees),
        ("cost_cap", disclosed.total_cost),
    ):
        if charged.is_positive:
            for unit in ("share", charged.currency):
                asked = _charges(charged, principal=terms.principal, unit=unit)
                found = _possible(told_more, topic, on=on, unit=unit)
                used += _weigh(found, asked, strict=strict)
    return tuple(used)


def check_rate(
    book: Book, annual_rate: Decimal, *, on: date, strict: bool, unit: str = "nominal"
) -> tuple[Used, ...]:
    """The caps that a rate was held against; see `check_price`."""

    def refusal(fact: Fact) -> RafidError:
        return RateAboveLaw(
            annual_rate=annual_rate,
            cap=Decimal(fact.text),
            fact=Sentence(fact.source.title),
            dated=fact.source.dated,
            confidence=fact.confidence,
            needs_check=fact.needs_check,
        )

    return _weigh(
        _possible(book, "rate_cap", on=on, unit=unit),
        _Asked(
            words=f"{annual_rate:f}",
            unit=unit,
            above=lambda fact: annual_rate > Decimal(fact.text),
            refusal=refusal,
        ),
        strict=strict,
    )


def duties(book: Book, *, on: date) -> tuple[Used, ...]:
    """What must be disclosed there before anybody signs, and by which convention."""
    found = _possible(book, "disclosure", on=on)
    standing = Standing.POSSIBLE if found.missing else Standing.IN_FORCE
    return tuple(Used(fact=one.fact, standing=standing) for one in found.facts)


def compounded(terms: Terms, annual_rate: Decimal) -> Decimal:
    """The effective rate of a nominal one on these terms, without fees.

    Charged by the month, 12 % a year are 12.6825 % effective. Where periods are no whole months,
    or days are counted, the rate itself: the least that it can be.
    """
    months = MONTHS.get(terms.frequency)
    is_effective = terms.charging.rate_kind is RateKind.EFFECTIVE
    if months is None or is_effective or terms.day_count != "30/360":
        return annual_rate
    with localcontext(prec=PRECISION):
        share = Decimal(months * terms.dating.every) / MONTHS_IN_YEAR
        return ((1 + annual_rate * share) ** (1 / share) - 1).quantize(PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is held against facts: when one is broken, and how that is refused."""

    words: str
    unit: str
    above: Callable[[Fact], bool]
    refusal: Callable[[Fact], RafidError]

    def standing(self, found: Found, *, is_certain: bool) -> Standing:
        if found.fact.is_published:
            return Standing.NOT_GIVEN
        if found.is_past:
            return Standing.PAST
        if found.fact.unit != self.unit:
            return Standing.OTHER_CURRENCY
        return Standing.IN_FORCE if is_certain else Standing.POSSIBLE

    def breaks(self, found: Found | None) -> bool:
        if found is None or found.is_past or found.fact.is_published:
            return False
        return found.fact.unit == self.unit and self.above(found.fact)


def _charges(charged: Money, *, principal: Money, unit: str) -> _Asked:
    def most(fact: Fact) -> Money:
        if unit == "share":
            return principal.times(Decimal(fact.text), rounding="floor")
        return Money.parse(fact.text, unit)

    return _Asked(
        words=f"{charged} {charged.currency}",
        unit=unit,
        above=lambda fact: charged > most(fact),
        refusal=lambda fact: ChargesAboveCap(charged=charged, most=most(fact), **_named(fact)),
    )


def _weigh(possible: Possible, asked: _Asked, *, strict: bool) -> tuple[Used, ...]:
    """Refuse what no outcome allows, and, where it is decided, what some outcome does not."""
    is_certain = not possible.missing
    if all(asked.breaks(found) for found in possible.found):
        raise asked.refusal(max((found.fact for found in possible.facts), key=_figure))
    stopping = [
        found
        for found in possible.facts
        if asked.breaks(found)
        or ((found.is_past or found.fact.is_published) and found.fact.when_past == "refuse")
    ]
    if stopping and is_certain:
        raise _stopped(stopping[0])
    if stopping and strict:
        raise RuleDependsOn(
            asked=asked.words,
            missing=tuple(map(Sentence, possible.missing)),
            sources=_sources(stopping),
        )
    return tuple(
        Used(fact=found.fact, standing=asked.standing(found, is_certain=is_certain))
        for found in possible.facts
    )


def _stopped(found: Found) -> RafidError:
    source = Sentence(found.fact.source.title)
    if found.is_past and found.fact.in_force_until is not None:
        until = found.fact.in_force_until
        return RulePast(fact_id=found.fact.id, source=source, until=until)
    return FigureNotGiven(fact_id=found.fact.id, source=source)


def _possible(book: Book, topic: str, *, on: date, unit: str | None = None) -> Possible:
    return rulebook.possible(
        topic,
        on=on,
        country=book.country,
        told=book.told,
        unit=unit,
        overrides=book.overrides,
    )


class _Named(TypedDict):
    """Where a fact comes from and how sure it is: members of every refusal that rests on one."""

    source: Sentence
    dated: str | None
    confidence: str
    needs_check: bool


def _named(fact: Fact) -> _Named:
    return {
        "source": Sentence(fact.source.title),
        "dated": fact.source.dated,
        "confidence": fact.confidence,
        "needs_check": fact.needs_check,
    }


def _sources(found: Sequence[Found]) -> tuple[Sentence, ...]:
    return tuple(Sentence(title) for title in dict.fromkeys(one.fact.source.title for one in found))


def _figure(fact: Fact) -> Decimal:
    return Decimal(fact.text)
