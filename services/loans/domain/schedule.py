"""When is which part of the loan due, to the minor unit?"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import repeat

from services.loans.domain import charges, due_dates, plain, rounded_table, spreading
from services.loans.domain.amortisation import AmortisationKind, RoundedWhen, Shortfall
from services.loans.domain.due_dates import Span
from services.loans.domain.terms import INSTALMENTS_MAX, Terms
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.rulebook import Fact

PRECISION = 60
LEVEL_KINDS = frozenset({AmortisationKind.EQUAL_INSTALMENTS, AmortisationKind.EQUAL_PRINCIPAL})


class InstalmentsTooSmall(RafidError):
    """The instalments do not pay the loan back"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "With {instalments} instalments of {instalment} the loan of {principal} is not paid back:"
        " ask for fewer instalments, a larger amount or a lower rate."
    )
    instalments: int
    instalment: Money
    principal: Money


class RepaidTooEarly(RafidError):
    """The instalments repay the loan before the last of them"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "With instalments of {instalment} nothing is left for the last of {instalments}: ask for"
        " fewer instalments or a smaller amount."
    )
    instalments: int
    instalment: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One agreed payment: its number from 1, its due date and its components.

    No schedule agrees on a penalty; a late amount comes into a later generation of instalments.
    """

    number: int
    due_on: date
    principal: Money
    profit: Money
    fee: Money
    penalty_minor: int = 0

    @property
    def penalty(self) -> Money:
        """The late amount that was charged with this instalment."""
        return Money(self.penalty_minor, self.principal.currency)

    @property
    def total(self) -> Money:
        """What is to be paid on the due date."""
        return self.principal + self.profit + self.fee + self.penalty


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A schedule as columns of equal length: due dates, and amounts in minor units."""

    due_on: Sequence[date]
    principal: Sequence[int]
    profit: Sequence[int]
    fee: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactInstalment:
    """One instalment before any rounding: amounts in whole units of the currency."""

    number: int
    due_on: date
    principal: Decimal
    profit: Decimal
    fee: Decimal


def schedule(terms: Terms, *, overrides: Sequence[Fact] = ()) -> tuple[Instalment, ...]:
    """The instalments of a loan; the principals sum to the loan.

    They are as many as agreed, and one more for each down payment. Every computed amount is
    rounded once, by the rounding of the terms, and the last instalment takes the residue
    (`ResidueRule` names the other rules). Qard: floor(principal / number), 1000.000 JOD in 7 is
    six of 142.857 and a last of 142.858. Flat: profit = principal x rate x years, shared equally;
    1,000.00 at 12 % for 3 months is three times 333.33 + 10.00 with 333.34 in the last. Declining
    balance: the annuity B / sum(1 / prod(1 + r_i)), profit of a period = outstanding x r_i;
    1,000.00 at 12 % in 3 months is 340.02, 340.02 and 340.03.

    Due dates on a holiday move by the rule of the terms; `overrides` are the institution's own
    facts of the rulebook. Raises `InstalmentsTooSmall`, `InstalmentBelowProfit`, `RepaidTooEarly`,
    `MultipleTooLarge`, `TermsInvalid`, and `NoRule` for an unknown country.
    """
    found = columns(terms, overrides=overrides)
    count = len(found.due_on)
    nothing = [Money.zero(terms.currency)] * count
    amounts = [
        Money.column(column, terms.currency) if any(column) else nothing
        for column in (found.principal, found.profit, found.fee)
    ]
    made = list(map(object.__new__, repeat(Instalment, count)))
    values = (range(1, count + 1), found.due_on, *amounts, repeat(0, count))
    for put, column in zip(_PUT, values, strict=True):
        deque(map(put, made, column), maxlen=0)
    return tuple(made)


def columns(terms: Terms, *, overrides: Sequence[Fact] = ()) -> Columns:
    """The schedule as columns: what `schedule` gives, without a value for each instalment."""
    nominal = due_dates.nominal(terms)
    if plain.applies(terms):
        principals, profits = plain.split(terms, nominal=nominal)
        fees = _fees(terms, principals, profits) if terms.fees else [0] * len(nominal)
    else:
        principals, profits, fees = _spread(terms)
    _refuse_unpayable(terms, principals, profits)
    moved = due_dates.moved(terms, nominal=nominal, overrides=overrides)
    found = Columns(due_on=moved, principal=principals, profit=profits, fee=fees)
    return _with_down_payments(terms, found) if terms.drawing.down_payment_percent else found


def exact(terms: Terms) -> tuple[ExactInstalment, ...]:
    """The instalments before any rounding, to forty decimals of a minor unit; no down payments.

    What rounding is judged by, and what tables without rounding are compared with: 1,000.00 at
    12 % in 3 months is 340.0221… each time. Raises as `schedule` does.
    """
    spans = due_dates.spans(terms)
    principals, profits, fees = _unrounded(terms, spans)
    scale = Decimal(1).scaleb(-terms.principal.exponent)
    with localcontext(prec=PRECISION):
        return tuple(
            ExactInstalment(
                number=number,
                due_on=span.end,
                principal=_decimal(principal) * scale,
                profit=_decimal(profit) * scale,
                fee=_decimal(fee) * scale,
            )
            for number, (span, principal, profit, fee) in enumerate(
                zip(spans, principals, profits, fees, strict=True), start=1
            )
        )


def instalments_needed(terms: Terms) -> int:
    """How many instalments of the amount asked for repay the loan, the last being what is left.

    280,000 at 8.4 % with 14,000 a month takes 22. Raises `InstalmentsTooSmall` where no number
    does, and `InstalmentBelowProfit`.
    """
    longest = replace(terms, instalments=INSTALMENTS_MAX)
    principals, _ = spreading.spread(spreading.course_of(longest, due_dates.spans(longest)))
    if principals[-1]:
        amount = terms.amortisation.instalment or terms.principal
        raise InstalmentsTooSmall(
            instalments=INSTALMENTS_MAX, instalment=amount, principal=terms.principal
        )
    return max(number for number, principal in enumerate(principals, start=1) if principal)


def totals(instalments: Sequence[Instalment]) -> tuple[tuple[int, int, int, int], ...]:
    """The components in minor units, in the order of `Component`: what `allocation` works on."""
    return tuple(
        (due.principal.minor, due.profit.minor, due.fee.minor, due.penalty_minor)
        for due in instalments
    )


def fees_at_disbursement(terms: Terms) -> Money:
    """The fees kept back from the money paid out; they are in no instalment."""
    if not terms.fees:
        return Money.zero(terms.currency)
    return charges.kept_back(terms, profit=_profit(terms))


def _profit(terms: Terms) -> Money:
    """The whole profit, where a fee is a percentage of it; else it need not be known."""
    if not any(charges.is_of_profit(fee) for fee in terms.fees):
        return Money.zero(terms.currency)
    return Money(sum(columns(replace(terms, fees=())).profit), terms.currency)


def _fees(terms: Terms, principals: Sequence[int], profits: Sequence[int]) -> list[int]:
    return charges.with_instalments(
        terms,
        spans=due_dates.spans(terms),
        principals=principals,
        profit=Money(sum(profits), terms.currency),
    )


def _spread(terms: Terms) -> tuple[list[int], list[int], list[int]]:
    spans = due_dates.spans(terms)
    if terms.amortisation.rounded is RoundedWhen.AFTERWARDS:
        unrounded = _unrounded(terms, spans)
        rows = rounded_table.rounded(
            terms, principals=unrounded[0], profits=unrounded[1], fees=unrounded[2]
        )
        return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
    course = spreading.course_of(terms, spans)
    principals, profits = (list(map(int, column)) for column in spreading.spread(course))
    return principals, profits, _fees(terms, principals, profits)


def _unrounded(
    terms: Terms, spans: Sequence[Span]
) -> tuple[list[Fraction], list[Fraction], list[Fraction]]:
    course = spreading.course_of(terms, spans, is_exact=True)
    principals, profits = (list(map(Fraction, column)) for column in spreading.spread(course))
    fees = charges.unrounded(terms, spans=spans, principals=principals, profits=profits)
    return principals, profits, fees


def _refuse_unpayable(terms: Terms, principals: Sequence[int], profits: Sequence[int]) -> None:
    """Nothing is negative unless that is agreed; equal instalments each pay principal back."""
    amortisation = terms.amortisation
    if amortisation.shortfall is Shortfall.CAPITALISE:
        return
    instalment = Money(principals[0] + profits[0], terms.currency)
    if amortisation.multiple is not None or amortisation.instalment is not None:
        if principals[-1] + profits[-1] <= 0:
            raise RepaidTooEarly(instalments=terms.instalments, instalment=instalment)
        lowest = 0
    else:
        usual = amortisation.kind in LEVEL_KINDS and not terms.dating.seasons
        lowest = 1 if usual and amortisation.shortfall is Shortfall.REFUSE else 0
    paying = principals[terms.principal_grace :]
    if min(paying) < lowest or min(principals) < 0 or min(profits) < 0:
        raise InstalmentsTooSmall(
            instalments=terms.instalments, instalment=instalment, principal=terms.principal
        )


def _with_down_payments(terms: Terms, found: Columns) -> Columns:
    """The columns with a row for each down payment, due on the day of its tranche."""
    flows = spreading.course_of(terms, due_dates.spans(terms)).flows
    rows = list(zip(found.due_on, found.principal, found.profit, found.fee, strict=True))
    rows += [(payment.on, payment.amount, 0, 0) for payment in flows.down_payments]
    due_on, principal, profit, fee = zip(*sorted(rows, key=lambda row: row[0]), strict=True)
    return Columns(due_on=due_on, principal=principal, profit=profit, fee=fee)


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(amount.numerator) / amount.denominator


# The slots themselves, in the order of the members: see `Money.column`.
_PUT = [
    vars(Instalment)[name].__set__
    for name in ("number", "due_on", "principal", "profit", "fee", "penalty_minor")
]
