"""Which plan and events is a contract's course folded from: its terms, money and orders?

The one place where what a contract has in its tables becomes a `Plan` and its events: whatever
else may move on a contract whose profit follows real days gets its events here.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from services.loans.domain import drawn, period_rates
from services.loans.domain.course import disbursing, fold, from_terms
from services.loans.domain.course.events import (
    ChargeAdded,
    ChargedBack,
    ChargedOff,
    CreditRefunded,
    Disbursed,
    Event,
    OpenProfit,
    Paid,
    Postponed,
    ProfitPaused,
    RateChanged,
    ReAged,
    ReAmortised,
    Waived,
)
from services.loans.domain.course.fold import Course
from services.loans.domain.course.plan import Charge, ChargeOff, ChargeWhen, PaymentKind, Plan
from services.loans.domain.drawing import Tranche
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing.orders import Asked, OrderKind, WaivedPart
from services.loans.domain.terms import Component, Terms
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOut:
    """Money that left to the borrower on a day: the loan, or one tranche of it; minor units."""

    key: Hashable
    on: date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Money that came from the borrower on a day, and stands; minor units."""

    key: Hashable
    on: date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order in force and its sums.

    The money it took in (out: negative), what zakat gave, the principal it gave up in the books,
    what came on that afterwards.
    """

    order_id: UUID
    asked: Asked
    moved: int = 0
    forgiven: int = 0
    written_off: int = 0
    recovered: int = 0


Entered = PaidOut | Received | Ordered


@dataclass(frozen=True, kw_only=True)
class Life:
    """All that a course is folded from: terms, instalments as signed, and what was entered.

    `entered` is in the order of its being recorded; what was taken back is not in it.
    """

    terms: Terms
    signed: tuple[Instalment, ...] | None = None
    entered: tuple[Entered, ...] = ()

    @cached_property
    def plan(self) -> Plan:
        """The plan of the terms; how a charge-off leaves the rest is said by its order."""
        plan = from_terms.plan_of(self._drawn_terms, signed=self._signed)
        for one in self.orders:
            if one.asked.kind is OrderKind.CHARGE_OFF:
                rule = one.asked.further_profit or ChargeOff.NO_FURTHER_PROFIT
                plan = replace(plan, charge_off=rule)
        return plan

    @cached_property
    def _drawn_terms(self) -> Terms:
        """The terms; of a loan paid out in parts as if what was drawn were all, once any was."""
        if not drawn.in_parts(self.terms):
            return self.terms
        payouts = sorted(
            (one for one in self.entered if isinstance(one, PaidOut)), key=lambda one: one.on
        )
        currency = self.terms.currency
        return drawn.terms_of(
            self.terms,
            drawn=[Tranche(on=one.on, amount=Money(one.amount, currency)) for one in payouts],
        )

    @property
    def _signed(self) -> tuple[Instalment, ...] | None:
        """The instalments as signed, where what was drawn is what was agreed."""
        was = self.terms.drawing.tranches, self.terms.disbursed_on, self.terms.principal
        now = self._drawn_terms
        is_as_agreed = (now.drawing.tranches, now.disbursed_on, now.principal) == was
        return self.signed if is_as_agreed else None

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """What happened, in the order of its being recorded."""
        return tuple(event for one in self.entered for event in _events_of(one, self.terms))

    @property
    def orders(self) -> tuple[Ordered, ...]:
        """The orders in force."""
        return tuple(one for one in self.entered if isinstance(one, Ordered))

    @property
    def is_agreed_anew(self) -> bool:
        """Whether an order in force has found other instalments than those that were agreed."""
        return any(isinstance(event, disbursing.FINDS_OTHERS) for event in self.events)

    @property
    def last_on(self) -> date:
        """The newest day of value on which anything happened."""
        return max((event.on for event in self.events), default=self.terms.disbursed_on)

    def profit_owed(self, *, on: date) -> int | None:
        """The profit earned by a day and not paid; None where nothing is counted anew any more.

        Movements after the day are left aside. Worked: 1,200.00 at 12 % by 30/360, nothing paid:
        24.00 after two months, that on the instalment past due within it.
        """
        held = replace(self, entered=tuple(one for one in self.entered if _day_of(one) <= on))
        if not any(isinstance(one, PaidOut) for one in held.entered):
            return None
        return fold.profit_owed(held.plan, held.events, on=on)

    def rate_on(self, day: date) -> Decimal:
        """The rate a year that holds on a day: the last order's for good, else the agreed one."""
        rate = period_rates.annual_rate(self.terms, on=day)
        for one in sorted(self.orders, key=lambda one: one.asked.effective_on):
            if one.asked.annual_rate is not None and one.asked.effective_on <= day:
                rate = one.asked.annual_rate
        return rate

    def course(self, *, as_of: date | None = None) -> Course:
        """The course as it stands on a day; None: on the newest day on which anything happened."""
        return fold.course(self.plan, self.events, as_of=as_of or self.last_on)

    def payoff(self, *, on: date) -> int:
        """What settles the contract on a day, in minor units."""
        return fold.payoff(self.plan, self.events, on=on)

    def entering(self, *more: Entered) -> "Life":
        """The life with more entered after all that is there."""
        return replace(self, entered=(*self.entered, *more))

    def without(self, key: Hashable) -> "Life":
        """The life as if a movement or an order had never been entered."""
        return replace(self, entered=tuple(one for one in self.entered if key_of(one) != key))


def key_of(one: Entered) -> Hashable:
    """What names a movement or an order."""
    return one.order_id if isinstance(one, Ordered) else one.key


def _day_of(one: Entered) -> date:
    return one.asked.effective_on if isinstance(one, Ordered) else one.on


def _events_of(one: Entered, terms: Terms) -> Sequence[Event]:
    if isinstance(one, PaidOut):
        return (Disbursed(key=one.key, on=one.on, amount=one.amount),)
    if isinstance(one, Received):
        return (Paid(key=one.key, on=one.on, amount=one.amount),)
    write = EVENTS.get(one.asked.kind)
    return () if write is None else write(one, terms)


def _paid_by_order(one: Ordered, _: Terms) -> Sequence[Event]:
    if not one.moved:
        return ()
    return (Paid(key=one.order_id, on=one.asked.effective_on, amount=one.moved),)


def _forgiven(one: Ordered, _: Terms) -> Sequence[Event]:
    kind = PaymentKind.GOODWILL_CREDIT
    on = one.asked.effective_on
    return (Paid(key=one.order_id, on=on, amount=one.forgiven, kind=kind),)


def _waived(one: Ordered, _: Terms) -> Sequence[Event]:
    asked = one.asked
    part = Component((asked.part or WaivedPart.PROFIT).value)
    return (Waived(key=one.order_id, on=asked.effective_on, part=part, amount=asked.amount_minor),)


def _charged(one: Ordered, _: Terms) -> Sequence[Event]:
    asked = one.asked
    charge = Charge(
        code=str(one.order_id),
        when=ChargeWhen.ON_DATE,
        value=Decimal(asked.amount_minor or 0),
        is_penalty=asked.part is WaivedPart.PENALTY,
        due_on=asked.due_on or asked.effective_on,
    )
    return (ChargeAdded(key=one.order_id, on=asked.effective_on, charge=charge),)


def _postponed(one: Ordered, _: Terms) -> Sequence[Event]:
    asked = one.asked
    return (Postponed(key=one.order_id, on=asked.effective_on, periods=asked.periods or 1),)


def _re_aged(one: Ordered, terms: Terms) -> Sequence[Event]:
    """New instalments in the steps of the terms; a new rate, where one is given, comes first."""
    asked = one.asked
    every, unit = from_terms.STEPS[terms.frequency]
    aged = ReAged(
        key=one.order_id,
        on=asked.effective_on,
        starts_on=asked.first_due_on or asked.effective_on,
        every=every * terms.dating.every,
        unit=unit,
        instalments=asked.instalments or 1,
        profit=asked.open_profit or OpenProfit.AS_AGREED,
    )
    return (*_rate_changed(one, terms), aged) if asked.annual_rate is not None else (aged,)


def _re_amortised(one: Ordered, _: Terms) -> Sequence[Event]:
    profit = one.asked.open_profit or OpenProfit.AS_AGREED
    return (ReAmortised(key=one.order_id, on=one.asked.effective_on, profit=profit),)


def _rate_changed(one: Ordered, terms: Terms) -> Sequence[Event]:
    asked = one.asked
    rate = terms.annual_rate if asked.annual_rate is None else asked.annual_rate
    return (RateChanged(key=(one.order_id, "rate"), on=asked.effective_on, annual_rate=rate),)


def _paused(one: Ordered, _: Terms) -> Sequence[Event]:
    asked = one.asked
    until = asked.until_on or asked.effective_on
    return (ProfitPaused(key=one.order_id, on=asked.effective_on, until=until),)


def _refunded(one: Ordered, _: Terms) -> Sequence[Event]:
    asked = one.asked
    return (
        CreditRefunded(key=one.order_id, on=asked.effective_on, amount=asked.amount_minor or 0),
    )


def _charged_back(one: Ordered, _: Terms) -> Sequence[Event]:
    asked = one.asked
    return (
        ChargedBack(
            key=one.order_id,
            on=asked.effective_on,
            of=asked.repayment_id,
            amount=asked.amount_minor or 0,
        ),
    )


def _charged_off(one: Ordered, _: Terms) -> Sequence[Event]:
    return (ChargedOff(key=one.order_id, on=one.asked.effective_on),)


EVENTS: Mapping[OrderKind, Callable[[Ordered, Terms], Sequence[Event]]] = {
    OrderKind.PAYOFF: _paid_by_order,
    OrderKind.REFINANCE: _paid_by_order,
    OrderKind.SET_OFF: _paid_by_order,
    OrderKind.TOP_UP: _paid_by_order,
    OrderKind.WAIVER: _waived,
    OrderKind.CHARGE: _charged,
    OrderKind.PAYMENT_HOLIDAY: _postponed,
    OrderKind.RESCHEDULE: _re_aged,
    OrderKind.RESTRUCTURE: _re_aged,
    OrderKind.RATE_CHANGE: _rate_changed,
    OrderKind.PROFIT_PAUSE: _paused,
    OrderKind.FORGIVENESS: _forgiven,
    OrderKind.REFUND: _refunded,
    OrderKind.CHARGE_BACK: _charged_back,
    OrderKind.RE_AGE: _re_aged,
    OrderKind.RE_AMORTISE: _re_amortised,
    OrderKind.CHARGE_OFF: _charged_off,
}
"""The orders that change the course; any other changes who owes, or the books alone."""
