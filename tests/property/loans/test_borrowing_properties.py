"""What is owed to a lender is what was drawn less what is booked, whatever is paid or undone."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import agreement_borrowing, schedule
from services.loans.domain.agreement_borrowing import (
    Borrowed,
    LenderDayNotPossible,
    MovedUnderPayments,
    Repaid,
    RepaidBeyondOwed,
    Split,
)
from services.loans.domain.agreement_offer import FacilityForm, Offer
from services.loans.domain.terms import Frequency
from shared.money import Money

DRAWN_ON = date(2026, 1, 1)
MONTHS = 12

Step = tuple[str, int, int]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay", "pay", "undo", "rate", "payoff"]),
        st.integers(0, 60),
        st.integers(1, 40_000),
    ),
    max_size=12,
)
OFFERS = st.sampled_from(
    [
        (FacilityForm.QARD, Decimal(0), False),
        (FacilityForm.CONVENTIONAL, Decimal("0.06"), False),
        (FacilityForm.CONVENTIONAL, Decimal("0.06"), True),
        (FacilityForm.CONVENTIONAL, Decimal("0.1875"), True),
    ]
)


class Lender:
    """A draw-down with a ledger of what was booked of it."""

    def __init__(self, form: FacilityForm, rate: Decimal, *, early: bool, principal: int) -> None:
        offer = Offer(
            form=form,
            annual_rate=rate,
            instalments=MONTHS,
            frequency=Frequency.MONTHLY,
            early_to_the_day=early,
        )
        terms = offer.terms(
            Money(principal, "MAD"), received_on=DRAWN_ON, first_due_on=date(2026, 2, 1)
        )
        self.borrowed = Borrowed(terms=terms, instalments=tuple(schedule.schedule(terms)))
        self.payable = principal
        self.cost = 0
        self.cash = 0

    def book(self, split: Split) -> None:
        """Move the accounts as `agreement_borrowing.entry` does."""
        self.payable -= split.principal.minor
        self.cost += split.cost.minor
        self.cash -= split.principal.minor + split.cost.minor

    def pay(self, amount: int, on: date) -> None:
        payment_id = uuid4()
        split = agreement_borrowing.repay(
            self.borrowed, payment_id=payment_id, amount=Money(amount, "MAD"), on=on
        )
        assert split.principal.minor + split.cost.minor == amount
        self.book(split)
        self._now(
            paid=(
                *self.borrowed.paid,
                Repaid(
                    payment_id=payment_id,
                    on=on,
                    amount=amount,
                    principal=split.principal.minor,
                    cost=split.cost.minor,
                ),
            )
        )

    def undo(self, payment_id: UUID) -> None:
        split = agreement_borrowing.unpay(self.borrowed, payment_id=payment_id)
        self.book(split)
        self._now(paid=tuple(one for one in self.borrowed.paid if one.payment_id != payment_id))

    def _now(self, *, paid: tuple[Repaid, ...]) -> None:
        self.borrowed = Borrowed(
            terms=self.borrowed.terms,
            instalments=self.borrowed.instalments,
            rates=self.borrowed.rates,
            paid=paid,
        )

    def agrees(self, on: date) -> None:
        """The balance owed to the lender is what the course says, on the day and ever after."""
        assert self.payable == self.borrowed.principal.minor >= 0
        assert self.cash == -sum(one.amount for one in self.borrowed.paid)
        assert self.cost == sum(one.cost for one in self.borrowed.paid) >= 0
        for later in (0, 45, 800):
            day = on + timedelta(days=later)
            course = self.borrowed.course(as_of=day)
            assert sum(row.principal_paid for row in course.rows) == sum(
                one.principal for one in self.borrowed.paid
            )
        owed = agreement_borrowing.owed(self.borrowed, on=on)
        assert owed.principal.minor == self.payable
        assert owed.payoff >= owed.principal


@settings(max_examples=60, deadline=None)
@given(offer=OFFERS, principal=st.integers(1_200, 10_000_000), steps=STEPS)
def test_the_lenders_balance_is_the_ledger_after_every_step(
    offer: tuple[FacilityForm, Decimal, bool], principal: int, steps: list[Step]
) -> None:
    form, rate, early = offer
    lender, on = Lender(form, rate, early=early, principal=principal), DRAWN_ON
    for what, days, figure in steps:
        day = on + timedelta(days=days)
        try:
            if what == "pay":
                lender.pay(figure * principal // 100_000 + 1, day)
            elif what == "payoff" and lender.payable:
                owed = agreement_borrowing.owed(lender.borrowed, on=day).payoff.minor
                if owed:
                    lender.pay(owed, day)
            elif what == "undo" and lender.borrowed.paid:
                lender.undo(lender.borrowed.paid[figure % len(lender.borrowed.paid)].payment_id)
            elif what == "rate" and rate:
                lender.borrowed = agreement_borrowing.change_rate(
                    lender.borrowed, on=day, annual_rate=rate * (figure % 3 + 1)
                )
        except (RepaidBeyondOwed, LenderDayNotPossible, MovedUnderPayments):
            continue
        on = max(day, *(one.on for one in lender.borrowed.paid), DRAWN_ON)
        lender.agrees(on)


@settings(max_examples=30, deadline=None)
@given(offer=OFFERS, principal=st.integers(1_200, 1_000_000), days=st.integers(0, 500))
def test_the_payoff_of_a_day_ends_the_loan_to_the_unit(
    offer: tuple[FacilityForm, Decimal, bool], principal: int, days: int
) -> None:
    form, rate, early = offer
    lender = Lender(form, rate, early=early, principal=principal)
    on = DRAWN_ON + timedelta(days=days)
    payoff = agreement_borrowing.owed(lender.borrowed, on=on).payoff.minor
    with pytest.raises(RepaidBeyondOwed) as caught:
        lender.pay(payoff + 1, on)
    assert caught.value.owed.minor == payoff
    lender.pay(payoff, on)
    assert lender.payable == 0
    assert agreement_borrowing.owed(lender.borrowed, on=on).payoff.minor == 0
