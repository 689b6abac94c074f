"""Has a result been reached on which an instalment of an agreement depends?

A result is a share of two whole numbers (what is late of what is lent), or a sum or count alone.
It is compared as it is, never as it is rounded for reading.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from shared.errors import Kind, RafidError, Sentence

DIGITS = Decimal("0.000001")


class Measure(StrEnum):
    """What a result is measured by.

    Loans own the figures of the first five and count them; `told` is any other, such as jobs that
    were verified, which a person tells with evidence and a second one confirms.
    """

    PAR30 = "par30"
    PAR90 = "par90"
    ABSORPTION = "absorption"
    DISBURSED = "disbursed"
    BORROWERS = "borrowers"
    TOLD = "told"


COUNTED = frozenset(Measure) - {Measure.TOLD}
SHARES = frozenset({Measure.PAR30, Measure.PAR90, Measure.ABSORPTION})

FORMULAS = {
    Measure.PAR30: Sentence(
        "outstanding of loans more than 30 days late / outstanding of all loans"
    ),
    Measure.PAR90: Sentence(
        "outstanding of loans more than 90 days late / outstanding of all loans"
    ),
    Measure.ABSORPTION: Sentence("paid out to borrowers / received by the fund"),
    Measure.DISBURSED: Sentence("paid out to borrowers, in the currency of the fund"),
    Measure.BORROWERS: Sentence("borrowers paid out to, each counted once"),
    Measure.TOLD: Sentence("as told, with evidence"),
}
"""What each figure is made of. The first three are of Rafid's published formulas, version 1."""

VERSION = 1


class Comparison(StrEnum):
    """On which side of the threshold the result must lie; the threshold itself is enough."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class ThresholdNotPossible(RafidError):
    """The threshold cannot be compared with this result"""

    kind = Kind.RULE
    service = "loans"
    detail = "{threshold} is no threshold of {measure}: a share lies from 0 to 1, a count is whole."
    measure: Measure
    threshold: Decimal


class ResultNotMeasurable(RafidError):
    """There is nothing to measure the result on"""

    kind = Kind.RULE
    service = "loans"
    detail = "{measure} on {as_of} is a share of nothing: {formula}."
    measure: Measure
    as_of: date
    formula: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A result that must be reached: PAR30 at most 0.05. `code` names a told result."""

    number: int
    measure: Measure
    comparison: Comparison
    threshold: Decimal
    code: str = ""

    def __post_init__(self) -> None:
        limit = self.threshold
        most = 1 if self.measure in {Measure.PAR30, Measure.PAR90} else None
        is_whole = self.measure is not Measure.BORROWERS or limit == limit.to_integral_value()
        holds = limit.is_finite() and limit >= 0 and is_whole and (most is None or limit <= most)
        if not holds or (self.measure is Measure.TOLD) != bool(self.code):
            raise ThresholdNotPossible(measure=self.measure, threshold=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A result with what it was made of, on which day."""

    measure: Measure
    as_of: date
    numerator: Decimal
    denominator: Decimal = Decimal(1)

    @property
    def exact(self) -> Fraction:
        """The result unrounded. Raises `ResultNotMeasurable` for a share of nothing."""
        if not self.denominator:
            raise ResultNotMeasurable(
                measure=self.measure, as_of=self.as_of, formula=FORMULAS[self.measure]
            )
        return Fraction(self.numerator) / Fraction(self.denominator)

    @property
    def value(self) -> Decimal:
        """The result as it is read, to six digits: 1,200 of 3,500 late is 0.342857."""
        exact = self.exact
        return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(DIGITS)


def is_met(condition: Condition, *, figure: Figure) -> bool:
    """Whether a result reaches its threshold.

    PAR30 of 1,200 in 3,500 (0.342857) against at most 0.342857 is not met: the share is a little
    more. Loans of 1000, 800, 600, 400, 200 and 500 late by 0, 5, 35, 65, 120 and 0 days, the
    published example of portfolio at risk (CGAP/SEEP consensus of 2003).
    """
    limit = Fraction(condition.threshold)
    if condition.comparison is Comparison.AT_LEAST:
        return figure.exact >= limit
    return figure.exact <= limit
