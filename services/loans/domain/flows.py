"""What is paid out when, what of it falls due at once, and where are instalments found anew?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from services.loans.domain import period_rates, shares
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.due_dates import Span
from services.loans.domain.terms import ChargeMethod, Terms

PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DownPayment:
    """A part of what is paid out that falls due the same day; `amount` in minor units."""

    on: date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """What comes in over the life of a loan, in minor units.

    `opening` is what the first payment leaves after its down payment. By period: `added` joins
    the outstanding at its end, and `inside` is what that bears until then. `breaks` are the
    periods from which instalments are found anew, the first included.
    """

    opening: int
    added: tuple[int, ...]
    inside: tuple[Fraction, ...]
    breaks: tuple[int, ...]
    down_payments: tuple[DownPayment, ...]


def of(terms: Terms, spans: Sequence[Span]) -> Flows:
    """The flows of terms over their periods.

    A tranche counts from the end of its day; on a due date it belongs to the next period. Raises
    `TermsInvalid` for a tranche on or after the last due date.
    """
    drawing = terms.drawing
    later = [(tranche.on, tranche.amount.minor) for tranche in drawing.tranches]
    first = terms.principal.minor - sum(amount for _, amount in later)
    added, inside = [0] * len(spans), [Fraction(0)] * len(spans)
    down = [DownPayment(on=terms.disbursed_on, amount=down_payment(terms, first))]
    breaks = {0, *(_period_of_change(change.on, spans) for change in terms.charging.rate_changes)}
    for on, amount in later:
        number = _period_of_tranche(on, spans)
        kept_back = DownPayment(on=on, amount=down_payment(terms, amount))
        down.append(kept_back)
        added[number] += amount - kept_back.amount
        breaks.add(number)
        if _bears(terms, number):
            rate = period_rates.rate_within(
                terms, spans[number], start=max(on, spans[number].start)
            )
            inside[number] += (amount - kept_back.amount) * rate
    return Flows(
        opening=first - down[0].amount,
        added=tuple(added),
        inside=tuple(inside),
        breaks=tuple(sorted(number for number in breaks if number < len(spans))),
        down_payments=tuple(payment for payment in down if payment.amount),
    )


def down_payment(terms: Terms, amount: int) -> int:
    """The part of a tranche that falls due the day it is paid out: 10 % of 4,005 is 400."""
    percent = terms.drawing.down_payment_percent
    if not percent:
        return 0
    multiple = terms.amortisation.multiple
    part = amount * Fraction(percent) / PERCENT
    if multiple is None:
        return shares.whole(part.numerator, part.denominator, terms.rounding)
    return shares.to_multiple(part, multiple.minor, terms.amortisation.multiple_rounding)


def _bears(terms: Terms, number: int) -> bool:
    return (
        terms.charge_method is ChargeMethod.DECLINING_BALANCE
        and number >= terms.charging.profit_free
    )


def _period_of_tranche(on: date, spans: Sequence[Span]) -> int:
    """The period that starts on a day or before and ends after it."""
    for number, span in enumerate(spans):
        if on < span.end:
            return number
    raise TermsInvalid(member="drawing.tranches", value=on.isoformat())


def _period_of_change(on: date, spans: Sequence[Span]) -> int:
    """The period that holds a day; after the last one there is nothing to change."""
    eve = on - timedelta(days=1)
    return next((number for number, span in enumerate(spans) if eve < span.end), len(spans))
