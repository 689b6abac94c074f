"""How is it refused what is above a ceiling or a cap, or rests on a rule that is not known?"""

from datetime import date

from services.loans.domain.contradictions import RateAboveCap
from shared.errors import Kind, RafidError, Sentence
from shared.money import Money


class RateAboveLaw(RateAboveCap):
    """The rate is above a cap of the country"""

    detail = (
        "The rate {annual_rate} a year is above {cap}, the highest allowed by {fact} ({dated})."
    )
    dated: str | None
    confidence: str
    needs_check: bool


class LoanAboveCeiling(RafidError):
    """The loan is above the ceiling of the country"""

    kind = Kind.RULE
    service = "loans"
    detail = "{amount} is above {ceiling}, the most that may be lent by {source} ({dated})."
    amount: Money
    ceiling: Money
    source: Sentence
    dated: str | None
    confidence: str
    needs_check: bool


class TermAboveCeiling(RafidError):
    """The term is above the ceiling of the country"""

    kind = Kind.RULE
    service = "loans"
    detail = "{term_months} months are more than {ceiling}, the most allowed by {source} ({dated})."
    term_months: int
    ceiling: int
    source: Sentence
    dated: str | None
    confidence: str
    needs_check: bool


class ChargesAboveCap(RafidError):
    """The charges are above a cap of the country"""

    kind = Kind.RULE
    service = "loans"
    detail = "{charged} is charged; {most} is the most allowed by {source} ({dated})."
    charged: Money
    most: Money
    source: Sentence
    dated: str | None
    confidence: str
    needs_check: bool


class RuleDependsOn(RafidError):
    """Whether this is lawful depends on what was not told"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} is lawful or not by {missing}: say it first. The rule: {sources}."
    asked: str
    missing: tuple[Sentence, ...]
    sources: tuple[Sentence, ...]


class RulePast(RafidError):
    """A rule has passed its period"""

    kind = Kind.RULE
    service = "loans"
    detail = "{source} held until {until}; give the rule that follows before anything rests on it."
    fact_id: str
    source: Sentence
    until: date


class FigureNotGiven(RafidError):
    """The published figure of a rule was not given"""

    kind = Kind.RULE
    service = "loans"
    detail = "{source} leaves the figure to be published; give it before anything rests on it."
    fact_id: str
    source: Sentence
