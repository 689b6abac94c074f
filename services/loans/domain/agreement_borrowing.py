"""What does a fund owe a lender of what it borrowed: the same engine as the loans it gives?

What was drawn is a loan on terms frozen when the money came: its course is folded from its plan,
its payments and its changes of rate (`course.fold`). A payment undone is one left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.loans.domain.agreement_offer import FacilityForm, InterestNotInForm
from services.loans.domain.chart import FundAccounts
from services.loans.domain.course import fold, from_terms
from services.loans.domain.course.events import Disbursed, Event, Paid, RateChanged
from services.loans.domain.course.fold import Course
from services.loans.domain.course.plan import Plan
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import (
    ChargeMethod,
    Terms,
)
from shared.errors import Kind, RafidError
from shared.ids import EntryId
from shared.money import Money

DISBURSED = "disbursed"


class RepaidBeyondOwed(RafidError):
    """More would be repaid than is owed to the lender"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} would be paid; {owed} is all that is owed on {on}."
    asked: Money
    owed: Money
    on: date


class LenderDayNotPossible(RafidError):
    """What is owed to the lender cannot change on this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} is not from {earliest} to {latest}."
    asked: date
    earliest: date
    latest: date


class MovedUnderPayments(RafidError):
    """The change of rate would alter what was paid before"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "From {asked} on the rate would alter payments that are booked; take a later day."
    asked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaid:
    """Money that went to the lender and stands, with what it was booked as; minor units."""

    payment_id: UUID
    on: date
    amount: int
    principal: int
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowed:
    """One draw-down: its frozen terms and instalments, changes of rate, payments that stand."""

    terms: Terms
    instalments: tuple[Instalment, ...]
    rates: tuple[tuple[date, Decimal], ...] = ()
    paid: tuple[Repaid, ...] = ()

    @property
    def plan(self) -> Plan:
        """The plan that was frozen when the money came."""
        return from_terms.plan_of(self.terms, signed=self.instalments)

    @property
    def principal(self) -> Money:
        """What was drawn and not given back, as it is booked."""
        back = Money(sum(one.principal for one in self.paid), self.terms.currency)
        return self.terms.principal - back

    def events(self) -> list[Event]:
        """What happened to it, in the order of entry."""
        drawn_on, minor = self.terms.disbursed_on, self.terms.principal.minor
        return [
            Disbursed(key=DISBURSED, on=drawn_on, amount=minor),
            *(RateChanged(key=("rate", on), on=on, annual_rate=rate) for on, rate in self.rates),
            *(Paid(key=one.payment_id, on=one.on, amount=one.amount) for one in self.paid),
        ]

    def course(self, *, as_of: date) -> Course:
        """Its course as it stands on a day: payments until then, rates as they are agreed."""
        return fold.course(self.plan, self.known(as_of), as_of=as_of)

    def known(self, day: date) -> list[Event]:
        """What had happened by a day, and what is agreed for later."""
        return [event for event in self.events() if event.on <= day or not isinstance(event, Paid)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is owed to a lender on a day.

    `principal` is outstanding, `due` what should have been paid by the day and was not, `cost`
    what of that is profit, `overdue_since` the day of the oldest part of it, `payoff` what ends
    the loan on that day.
    """

    principal: Money
    due: Money
    cost: Money
    overdue_since: date | None
    payoff: Money


def owed(borrowed: Borrowed, *, on: date) -> Owed:
    """What is owed on a day. 1,200.00 in 12 without interest, two due and one paid: 1,100 and 100.

    Raises `LenderDayNotPossible` before the money came.
    """
    drawn_on, currency = borrowed.terms.disbursed_on, borrowed.terms.currency
    if on < drawn_on:
        raise LenderDayNotPossible(asked=on, earliest=drawn_on, latest=date.max)
    told = borrowed.course(as_of=on)
    given = [one.principal for one in borrowed.paid if one.on <= on]
    rows = [row for row in told.rows if row.number is not None]
    open_rows = [row for row in rows if row.due_on <= on and row.outstanding > 0]
    known = borrowed.known(on)
    return Owed(
        principal=borrowed.terms.principal - Money(sum(given), currency),
        due=Money(sum(row.outstanding for row in open_rows), currency),
        cost=Money(sum(row.profit - row.profit_paid for row in open_rows), currency),
        overdue_since=open_rows[0].due_on if open_rows else None,
        payoff=Money(fold.payoff(borrowed.plan, known, on=on), currency),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a payment gives back and what it costs; below zero where it takes back."""

    principal: Money
    cost: Money


def repay(borrowed: Borrowed, *, payment_id: UUID, amount: Money, on: date) -> Split:
    """What a payment pays: of the whole course with it, what is not booked yet.

    Raises `RepaidBeyondOwed`, `LenderDayNotPossible` on a day before the money came or before an
    earlier payment: money to a lender is told in the order of its days.
    """
    latest_paid = max((one.on for one in borrowed.paid), default=borrowed.terms.disbursed_on)
    if on < latest_paid:
        raise LenderDayNotPossible(asked=on, earliest=latest_paid, latest=date.max)
    before = borrowed.course(as_of=on)
    new = Repaid(payment_id=payment_id, on=on, amount=amount.minor, principal=0, cost=0)
    after = _with(borrowed, paid=(*borrowed.paid, new)).course(as_of=on)
    if after.overpaid > before.overpaid:
        owing = Money(amount.minor - after.overpaid + before.overpaid, amount.currency)
        raise RepaidBeyondOwed(asked=amount, owed=owing, on=on)
    return _unbooked(borrowed, after)


def unpay(borrowed: Borrowed, *, payment_id: UUID) -> Split:
    """What taking the last payment back undoes: the course as if it had never been made.

    Raises `LenderDayNotPossible` of a payment that a later one, or a change of rate, rests on.
    """
    gone = next(one for one in borrowed.paid if one.payment_id == payment_id)
    rest = tuple(one for one in borrowed.paid if one is not gone)
    later = [one.on for one in rest if one.on > gone.on]
    later += [on for on, _ in borrowed.rates if on > gone.on]
    if later:
        raise LenderDayNotPossible(asked=gone.on, earliest=max(later), latest=date.max)
    after = _with(borrowed, paid=rest).course(as_of=gone.on)
    return _unbooked(borrowed, after)


def change_rate(borrowed: Borrowed, *, on: date, annual_rate: Decimal) -> Borrowed:
    """The loan at another rate from a day on.

    Raises `InterestNotInForm` where none is borne, `LenderDayNotPossible` on a day not after the
    last change, `MovedUnderPayments` where booked payments would come to pay something else.
    """
    if borrowed.terms.charge_method is ChargeMethod.NONE or annual_rate <= 0:
        raise InterestNotInForm(form=FacilityForm.QARD, annual_rate=annual_rate, share=Decimal(0))
    latest = max((day for day, _ in borrowed.rates), default=borrowed.terms.disbursed_on)
    last_due_on = borrowed.instalments[-1].due_on
    if not latest < on < last_due_on:
        raise LenderDayNotPossible(asked=on, earliest=latest, latest=last_due_on)
    changed = _with(borrowed, rates=(*borrowed.rates, (on, annual_rate)))
    last_day = max([on, *(one.on for one in borrowed.paid)])
    moved = _unbooked(borrowed, changed.course(as_of=last_day))
    if moved.principal.minor or moved.cost.minor:
        raise MovedUnderPayments(asked=on)
    return changed


def entry(
    split: Split,
    *,
    fund: FundAccounts,
    paid_on: date,
    channel: Channel,
    reverses: EntryId | None = None,
) -> JournalEntry:
    """Money goes to a lender: Dr owed to lenders, Dr cost of borrowing, Cr bank.

    10,327.97 of which 600.00 is interest: Dr 9,727.97, Dr 600.00, Cr 10,327.97.
    """
    moved = {
        "lender_payable": split.principal,
        "borrowing_cost": split.cost,
        channel.value: -(split.principal + split.cost),
    }
    return JournalEntry(
        kind=EntryKind.BORROWING if reverses is None else EntryKind.REVERSAL,
        occurred_on=paid_on,
        lines=tuple(
            Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=amount)
            for code, amount in moved.items()
        ),
        reverses_entry_id=reverses,
    )


def _unbooked(borrowed: Borrowed, after: Course) -> Split:
    currency = borrowed.terms.currency
    return Split(
        principal=Money(
            sum(row.principal_paid for row in after.rows)
            - sum(one.principal for one in borrowed.paid),
            currency,
        ),
        cost=Money(
            sum(row.profit_paid for row in after.rows) - sum(one.cost for one in borrowed.paid),
            currency,
        ),
    )


def _with(
    borrowed: Borrowed,
    *,
    paid: Sequence[Repaid] | None = None,
    rates: Iterable[tuple[date, Decimal]] | None = None,
) -> Borrowed:
    return Borrowed(
        terms=borrowed.terms,
        instalments=borrowed.instalments,
        rates=borrowed.rates if rates is None else tuple(rates),
        paid=borrowed.paid if paid is None else tuple(paid),
    )
