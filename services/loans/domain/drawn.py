"""Which part of a loan is drawn, what may be drawn next, and which instalments does that make?

What was signed is the plan; what was paid out is what bears profit and falls due.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.loans.domain import due_dates, flows
from services.loans.domain.drawing import Tranche
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError
from shared.money import Money


class NothingLeftToDraw(RafidError):
    """Nothing is left to be paid out"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{drawn} of {agreed} is paid out on {reference}; no tranche is left to be drawn."
    reference: str
    drawn: Money
    agreed: Money


class TrancheNotNext(RafidError):
    """Another tranche comes next"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The tranche {asked} was asked for; the next one of {reference} is {following}."
    reference: str
    asked: int
    following: int


class TrancheAmountWrong(RafidError):
    """The tranche cannot be paid out in this amount"""

    kind = Kind.RULE
    service = "loans"
    detail = "{amount} cannot be drawn now: agreed are {least} to {most}."
    amount: Money
    least: Money
    most: Money


class TrancheDayWrong(RafidError):
    """The tranche cannot be paid out on this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "The tranche {tranche} is drawn from {first_on} to {last_on}, not on {asked_on}."
    tranche: int
    first_on: date
    last_on: date
    asked_on: date


def tranches(terms: Terms) -> tuple[Tranche, ...]:
    """Every tranche that was agreed, the first with what the later ones leave of the principal."""
    later = terms.drawing.tranches
    first = terms.principal - Money.total((one.amount for one in later), terms.currency)
    return (Tranche(on=terms.disbursed_on, amount=first), *later)


def in_parts(terms: Terms) -> bool:
    """Whether what is paid out decides which instalments hold."""
    return bool(terms.drawing.tranches or terms.drawing.down_payment_percent)


def down_payments(terms: Terms) -> Money:
    """All that down payments ask: 10 % of tranches of 600.000 and 400.000 is 100.000."""
    asked = (flows.down_payment(terms, one.amount.minor) for one in tranches(terms))
    return Money(sum(asked), terms.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What may be drawn next: which tranche, from which day to which, from how much to how much.

    `usual` is the amount as agreed. An earlier tranche that was drawn in a smaller amount leaves
    its rest to the later ones.
    """

    number: int
    first_on: date
    last_on: date
    least: Money
    usual: Money
    most: Money


def following(terms: Terms, *, drawn: Sequence[Tranche], reference: str) -> Draw:
    """What may be drawn after what was drawn. Raises `NothingLeftToDraw`.

    Tranches of 600 and 400 from 1 March on: after the first, 400, on that day alone unless the
    terms allow some days more; with 500 drawn of the first, up to 500.
    """
    agreed, drawing = tranches(terms), terms.drawing
    paid = Money.total((one.amount for one in drawn), terms.currency)
    number = len(drawn) + 1
    if number > len(agreed):
        raise NothingLeftToDraw(reference=reference, drawn=paid, agreed=terms.principal)
    tranche = agreed[number - 1]
    by_now = Money.total((one.amount for one in agreed[:number]), terms.currency)
    return Draw(
        number=number,
        first_on=max([tranche.on, *(one.on for one in drawn)]),
        last_on=tranche.on + timedelta(days=drawing.late_days),
        least=Money(1, terms.currency) if drawing.may_be_less else tranche.amount,
        usual=tranche.amount,
        most=by_now - paid if drawing.may_be_less else tranche.amount,
    )


def require_next(asked: int | None, *, following: Draw, reference: str) -> None:
    """Raise `TrancheNotNext` where another tranche was asked for by its number."""
    if asked not in (None, following.number):
        raise TrancheNotNext(reference=reference, asked=asked or 0, following=following.number)


def require_amount(amount: Money, *, following: Draw) -> None:
    """Raise `TrancheAmountWrong` for more than is agreed, or less where that is not agreed."""
    if not following.least <= amount <= following.most:
        raise TrancheAmountWrong(amount=amount, least=following.least, most=following.most)


def require_day(on: date, *, following: Draw) -> None:
    """Raise `TrancheDayWrong` for a later tranche before its day, or after the days it has."""
    if following.number > 1 and not following.first_on <= on <= following.last_on:
        raise TrancheDayWrong(
            tranche=following.number,
            first_on=following.first_on,
            last_on=following.last_on,
            asked_on=on,
        )


def terms_of(terms: Terms, *, drawn: Sequence[Tranche]) -> Terms:
    """The terms as if what is drawn were all that was agreed, on the days it was paid out.

    600 of 1,000 drawn: terms of 600, the same days and number of instalments. What is paid out on
    or after the last due date counts as of the day before it.
    """
    if not drawn:
        return terms
    before_last = due_dates.nominal(terms)[-1] - timedelta(days=1)
    first_on = min(drawn[0].on, terms.first_due_on - timedelta(days=1))
    by_day: dict[date, Money] = {}
    for one in drawn:
        day = max(min(one.on, before_last), first_on)
        by_day[day] = by_day.get(day, Money.zero(terms.currency)) + one.amount
    later = tuple(
        Tranche(on=day, amount=amount) for day, amount in sorted(by_day.items()) if day > first_on
    )
    return replace(
        terms,
        principal=Money.total(by_day.values(), terms.currency),
        disbursed_on=first_on,
        drawing=replace(terms.drawing, tranches=later),
    )
