"""How is a table that was found unrounded rounded afterwards, to the minor unit?"""

from collections.abc import Sequence
from fractions import Fraction

from services.loans.domain import shares
from services.loans.domain.amortisation import AmortisationKind
from services.loans.domain.terms import ChargeMethod, Terms
from shared.money import Money, Rounding

Row = tuple[int, int, int]


def rounded(
    terms: Terms,
    *,
    principals: Sequence[Fraction],
    profits: Sequence[Fraction],
    fees: Sequence[Fraction],
) -> list[Row]:
    """The rows (principal, profit, fee) in minor units.

    Each but the last: what is due, fees included, rounded to the multiple; profit and fees to
    minor units; the principal is the rest. Of equal principal, and in grace on principal, the
    principal is rounded and the profit is the rest. The last makes the total a final multiple: its
    fee what is left of the rounded total of fees, its principal what is left of the loan, its
    profit the rest, which can be less than nothing.
    """
    rows: list[Row] = []
    by_principal = (
        terms.amortisation.kind is AmortisationKind.EQUAL_PRINCIPAL
        and terms.charge_method is ChargeMethod.DECLINING_BALANCE
    )
    for number, (principal, profit, fee) in enumerate(
        zip(principals[:-1], profits, fees, strict=False)
    ):
        due = _to(principal + profit + fee, terms.amortisation.multiple, rounding=_first(terms))
        asked = _whole(fee, terms)
        if by_principal or number < terms.principal_grace:
            paid = _whole(principal, terms)
            rows.append((paid, due - asked - paid, asked))
        else:
            earned = _whole(profit, terms)
            rows.append((due - asked - earned, earned, asked))
    totals = (sum(principals, Fraction(0)), sum(profits, Fraction(0)), sum(fees, Fraction(0)))
    return [*rows, _last(terms, rows, totals)]


def _last(terms: Terms, rows: Sequence[Row], totals: tuple[Fraction, Fraction, Fraction]) -> Row:
    amortisation = terms.amortisation
    whole = _to(
        sum(totals, Fraction(0)),
        amortisation.final_multiple,
        rounding=amortisation.final_rounding,
    )
    due = whole - sum(sum(row) for row in rows)
    fee = _whole(totals[2], terms) - sum(row[2] for row in rows)
    principal = round(totals[0]) - sum(row[0] for row in rows)
    return principal, due - fee - principal, fee


def _first(terms: Terms) -> Rounding:
    return terms.amortisation.multiple_rounding


def _to(amount: Fraction, multiple: Money | None, *, rounding: Rounding) -> int:
    return shares.to_multiple(amount, 1 if multiple is None else multiple.minor, rounding)


def _whole(amount: Fraction, terms: Terms) -> int:
    return shares.to_multiple(amount, terms.amortisation.unit_minor, terms.rounding)
