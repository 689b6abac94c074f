"""Which fees are kept back at disbursement, and which fall due with which instalment?"""

from collections.abc import Sequence
from fractions import Fraction

from services.loans.domain import shares
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.due_dates import Span
from services.loans.domain.fees import Fee, FeeBase, FeeWhen
from services.loans.domain.terms import Terms
from shared.money import Money

PERCENT = 100
Amount = int | Fraction


def kept_back(terms: Terms, *, profit: Money) -> Money:
    """The fees kept back from the money paid out; they are in no instalment.

    `profit` is the whole profit of the loan, for percentages of it.
    """
    return Money.total(
        (
            Money(_charged(fee, terms, _base(fee, terms, profit)), terms.currency)
            for fee in terms.fees
            if fee.when is FeeWhen.AT_DISBURSEMENT
        ),
        terms.currency,
    )


def with_instalments(
    terms: Terms,
    *,
    spans: Sequence[Span],
    principals: Sequence[int],
    profit: Money,
) -> list[int]:
    """The fees of each instalment in minor units, each rounded once.

    A percentage of the outstanding is taken of what is outstanding at the start of the period,
    which is what is still to be repaid. Raises `TermsInvalid` for a day after the last due date.
    """
    count = terms.instalments
    found = [0] * count
    for fee in terms.fees:
        if fee.of is FeeBase.OUTSTANDING:
            left = sum(principals)
            for number, principal in enumerate(principals):
                outstanding = Money(left, terms.currency)
                found[number] += _charged(fee, terms, outstanding)
                left -= principal
        elif fee.when is FeeWhen.EACH_INSTALMENT:
            amount = _charged(fee, terms, _base(fee, terms, profit))
            found = [each + amount for each in found]
        elif fee.when in (FeeWhen.FIRST_INSTALMENT, FeeWhen.ON_DATE):
            amount = _charged(fee, terms, _base(fee, terms, profit))
            found[_number(fee, terms, spans)] += amount
    return found


def is_of_profit(fee: Fee) -> bool:
    """Whether the whole profit must be known to find a fee that is kept back."""
    by_profit = fee.of in (FeeBase.PROFIT, FeeBase.PRINCIPAL_AND_PROFIT)
    return by_profit and fee.when is FeeWhen.AT_DISBURSEMENT


def unrounded(
    terms: Terms,
    *,
    spans: Sequence[Span],
    principals: Sequence[Amount],
    profits: Sequence[Amount],
) -> list[Fraction]:
    """The fees of each instalment, unrounded, in minor units."""
    found = [Fraction(0)] * terms.instalments
    whole_profit = Fraction(sum(profits))
    for fee in terms.fees:
        if fee.of is FeeBase.OUTSTANDING:
            left = Fraction(sum(principals))
            for number, principal in enumerate(principals):
                found[number] += left * Fraction(fee.percent or 0) / PERCENT
                left -= principal
            continue
        amount = _exactly(fee, terms, whole_profit)
        if fee.when is FeeWhen.EACH_INSTALMENT:
            found = [each + amount for each in found]
        elif fee.when in (FeeWhen.FIRST_INSTALMENT, FeeWhen.ON_DATE):
            found[_number(fee, terms, spans)] += amount
    return found


def _charged(fee: Fee, terms: Terms, base: Money) -> int:
    """A fee in minor units: what it states, or its percentage rounded once to the unit."""
    unit = terms.amortisation.unit_minor
    if fee.amount is not None or unit == 1:
        return fee.charge(base, rounding=terms.rounding).minor
    part = base.minor * Fraction(fee.percent or 0) / PERCENT
    return shares.to_multiple(part, unit, terms.rounding)


def _number(fee: Fee, terms: Terms, spans: Sequence[Span]) -> int:
    """The period of a fee: the first, or the one that holds its day, end included."""
    if fee.when is FeeWhen.FIRST_INSTALMENT:
        return 0
    day = fee.day(terms.disbursed_on)
    for number, span in enumerate(spans):
        if day <= span.end:
            return number
    raise TermsInvalid(member=f"fees.{fee.code}", value=day.isoformat())


def _base(fee: Fee, terms: Terms, profit: Money) -> Money:
    bases = {
        FeeBase.PROFIT: profit,
        FeeBase.PRINCIPAL_AND_PROFIT: terms.principal + profit,
    }
    return bases.get(fee.of, terms.principal)


def _exactly(fee: Fee, terms: Terms, profit: Fraction) -> Fraction:
    if fee.amount is not None:
        return Fraction(fee.amount.minor)
    principal = Fraction(terms.principal.minor)
    bases = {FeeBase.PROFIT: profit, FeeBase.PRINCIPAL_AND_PROFIT: principal + profit}
    return bases.get(fee.of, principal) * Fraction(fee.percent or 0) / PERCENT
