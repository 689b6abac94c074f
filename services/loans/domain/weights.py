"""How much of a usual instalment does each one carry?"""

from collections.abc import Sequence
from fractions import Fraction

from services.loans.domain.amortisation import AmortisationKind
from services.loans.domain.dating import USUAL_WEIGHT
from services.loans.domain.due_dates import Span
from services.loans.domain.terms import Terms


def of(terms: Terms, spans: Sequence[Span]) -> list[Fraction]:
    """The weight of each instalment: 1 unless seasons, growth or weights of their own say else.

    Half in Ramadan is 1/2 there; graduated by -3 % every twelve is 1, then 97/100 from the
    thirteenth; weights are repeated. During grace on principal nothing is weighed.
    """
    amortisation, seasons = terms.amortisation, terms.dating.seasons
    found = [Fraction(1)] * len(spans)
    if amortisation.kind is AmortisationKind.SEASONAL:
        own = amortisation.weights
        found = [Fraction(own[number % len(own)]) for number in range(len(spans))]
    elif amortisation.kind is AmortisationKind.GRADUATED:
        step = 1 + Fraction(amortisation.growth)
        found = [step ** (number // amortisation.growth_every) for number in range(len(spans))]
    if seasons:
        found = [
            weight * Fraction(terms.dating.weight(span.end), USUAL_WEIGHT)
            for weight, span in zip(found, spans, strict=True)
        ]
    grace = terms.principal_grace
    return [Fraction(0)] * grace + found[grace:]
