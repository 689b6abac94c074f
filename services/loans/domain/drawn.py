"""Which part of a loan is drawn, what may be drawn next, and which instalments does that make?

What was signed is the plan; what was paid out is what bears profit and falls due.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.loans.domain import due_dates, flows, journal, schedule
from services.loans.domain.allocation import Portions
from services.loans.domain.chart import FundAccounts
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError
from shared.ids import ContractId
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


class DrawingEnded(RafidError):
    """No more is drawn on the loan"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The drawing of {reference} was ended: {committed} is left of what its fund committed."
    reference: str
    committed: Money


class DownPaymentMissing(RafidError):
    """The borrower's own contribution has not come"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} is to be contributed before {reference} is paid out; {held} is held."
    reference: str
    asked: Money
    held: Money


class DrawnAmidOrders(RafidError):
    """The instalments were agreed anew since the last tranche"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "An order spread the principal of {reference} anew: nothing more is drawn on the plan that"
        " was signed. Take the order back, or end the drawing."
    )
    reference: str


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


def first_paid(terms: Terms) -> Money:
    """The least that reaches the borrower with the first payment: less fees and savings.

    600.000 of 1,000.000 with a fee of 10.000 and 10 % saved: 490.000.
    """
    kept = schedule.fees_at_disbursement(terms)
    saved = terms.savings.upfront(terms.principal, rounding=terms.rounding)
    return tranches(terms)[0].amount - kept - saved


def require_servable(terms: Terms) -> None:
    """Raise what the instalments of so much raise, where only the first tranches are drawn."""
    agreed = tranches(terms)
    for count in range(1, len(agreed)):
        schedule.schedule(terms_of(terms, drawn=agreed[:count]))


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
    if number > len(agreed) or paid >= terms.principal:
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


def joined(
    current: Sequence[Instalment], *, before: Sequence[Instalment], after: Sequence[Instalment]
) -> tuple[Instalment, ...]:
    """The instalments that hold, with what a tranche adds to the plan of what is drawn.

    `before` and `after` are that plan without the tranche and with it. What orders added or took
    off since (a charge of 5 in March) stays: it is what `current` differs from `before` by. A part
    below zero is taken from the next instalments. No instalment of nothing is left.
    """
    days: dict[date, list[int]] = {}
    for instalments, sign in ((current, 1), (before, -1), (after, 1)):
        for due in instalments:
            parts = days.setdefault(due.due_on, [0, 0, 0, 0])
            for place, minor in enumerate(_parts(due)):
                parts[place] += sign * minor
    short = [0, 0, 0, 0]
    rows: list[tuple[date, list[int]]] = []
    for day in sorted(days):
        parts = [minor + short[place] for place, minor in enumerate(days[day])]
        short = [min(minor, 0) for minor in parts]
        rows.append((day, [max(minor, 0) for minor in parts]))
    currency = after[0].principal.currency
    found = [(day, parts) for day, parts in rows if any(parts)]
    return tuple(
        Instalment(
            number=number,
            due_on=day,
            principal=Money(parts[0], currency),
            profit=Money(parts[1], currency),
            fee=Money(parts[2], currency),
            penalty_minor=parts[3],
        )
        for number, (day, parts) in enumerate(found, start=1)
    )


def is_spread_anew(current: Sequence[Instalment], *, plan: Sequence[Instalment]) -> bool:
    """Whether principal falls due on other days, or in other parts, than the plan says."""
    return _principals(current) != _principals(plan)


def _principals(instalments: Sequence[Instalment]) -> dict[date, int]:
    found: dict[date, int] = {}
    for due in instalments:
        if due.principal.minor:
            found[due.due_on] = found.get(due.due_on, 0) + due.principal.minor
    return found


def _parts(due: Instalment) -> tuple[int, int, int, int]:
    return due.principal.minor, due.profit.minor, due.fee.minor, due.penalty_minor


def restated_entry(
    moved: Portions,
    *,
    fund: FundAccounts,
    restated_on: date,
    contract_id: ContractId,
    sharia_bound: bool,
) -> JournalEntry | None:
    """What a tranche moves of the sums paid: None where nothing moves.

    A contribution of 100 that pays its down payment is Dr contribution, Cr loans; surplus of 50
    that a new due takes is Dr surplus, Cr loans.
    """
    penalty = journal.penalty_account(fund, sharia_bound=sharia_bound)
    codes = ("loans", "profit_income", "fee_income", penalty, "surplus")
    lines = {code: -minor for code, minor in zip(codes, moved, strict=True)}
    lines["contribution"] = moved.total
    found = {code: minor for code, minor in lines.items() if minor}
    if not found:
        return None
    return JournalEntry(
        kind=EntryKind.REPAYMENT if moved.total else EntryKind.CORRECTION,
        occurred_on=restated_on,
        lines=tuple(
            Line(
                account_code=fund.account(code),
                fund_id=fund.fund_id,
                amount=Money(minor, fund.currency),
            )
            for code, minor in found.items()
        ),
        contract_id=contract_id,
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
        drawing=Drawing(tranches=later, down_payment_percent=terms.drawing.down_payment_percent),
    )
