"""Which part of which instalment does a payment pay?"""

from dataclasses import replace
from datetime import date

import pytest

from services.loans.domain import allocation, schedule
from services.loans.domain.allocation import Allocation, Portions, ReversedMoreThanPaid
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ALLOCATION_ORDER, Component
from shared.money import CurrencyMismatch, Money
from tests.builders import make_loan, make_qard, money

DUES = ((250, 10, 5, 0), (250, 8, 0, 0), (250, 4, 0, 0))
WHOLE = 777


def pay(payment: int, *, paid_before: int = 0) -> Portions:
    return allocation.allocate(payment, paid_before=paid_before, instalments=DUES)


def test_a_fee_is_paid_before_profit_and_profit_before_principal() -> None:
    assert pay(4) == (0, 0, 4, 0, 0)
    assert pay(12) == (0, 7, 5, 0, 0)
    assert pay(100) == (85, 10, 5, 0, 0)


def test_an_instalment_is_filled_before_the_next_begins() -> None:
    assert pay(265) == (250, 10, 5, 0, 0)
    assert pay(300) == (277, 18, 5, 0, 0)


def test_a_payment_goes_on_where_the_last_one_stopped() -> None:
    assert pay(300, paid_before=100) == (300 - 8, 8, 0, 0, 0)


def test_what_runs_over_the_last_instalment_is_surplus() -> None:
    assert pay(WHOLE + 23) == (750, 22, 5, 0, 23)
    assert pay(50, paid_before=WHOLE + 10) == (0, 0, 0, 0, 50)
    assert pay(50, paid_before=WHOLE - 10) == (10, 0, 0, 0, 40)


def test_a_payment_of_nothing_pays_nothing() -> None:
    assert pay(0, paid_before=300) == (0, 0, 0, 0, 0)


def test_a_reversal_takes_back_exactly_what_the_payment_gave() -> None:
    given = pay(520, paid_before=260)
    taken = pay(-520, paid_before=780)

    assert tuple(-part for part in taken) == tuple(given)


def test_a_reversal_takes_back_fees_and_late_amounts_too() -> None:
    dues = ((250, 10, 5, 7), (250, 8, 3, 0))

    taken = allocation.allocate(-533, paid_before=540, instalments=dues)

    assert taken == (-500, -16, -3, -7, -7)
    assert allocation.waterfall(7, instalments=dues, order=(3, 2, 1, 0)) == (0, 0, 0, 7, 0)


def test_more_than_was_paid_cannot_be_reversed() -> None:
    with pytest.raises(ReversedMoreThanPaid) as refusal:
        pay(-101, paid_before=100)

    assert refusal.value.fields() == {"paid_minor": 100, "reversed_minor": 101}


def test_the_order_of_components_is_data() -> None:
    order = allocation.order_of((Component.PRINCIPAL, Component.FEE, Component.PROFIT))

    portions = allocation.allocate(252, paid_before=0, instalments=DUES, order=order)

    assert portions == (250, 0, 2, 0, 0)
    assert order == (0, 2, 1, 3)


def test_a_late_amount_is_paid_last_of_its_instalment_unless_the_order_says_otherwise() -> None:
    dues = ((250, 10, 5, 7), (250, 8, 0, 0))
    first = allocation.order_of((Component.PENALTY, *ALLOCATION_ORDER))

    usual = allocation.allocate(270, paid_before=0, instalments=dues)
    named = allocation.allocate(8, paid_before=0, instalments=dues, order=first)

    assert usual == (250, 10, 5, 5, 0)
    assert named == (0, 0, 1, 7, 0)
    assert first == (3, 2, 1, 0)


def test_a_sum_paid_leaves_the_open_parts() -> None:
    assert allocation.open_parts(100, instalments=DUES) == ((165, 0, 0, 0), DUES[1], DUES[2])
    assert allocation.open_parts(WHOLE + 5, instalments=DUES) == ((0, 0, 0, 0),) * 3


def test_what_is_left_of_a_late_amount_stays_open() -> None:
    dues = ((250, 10, 5, 7),)

    assert allocation.open_parts(270, instalments=dues) == ((0, 0, 0, 2),)
    assert allocation.open_parts(4, instalments=dues, order=(3, 2, 1, 0)) == ((250, 10, 5, 3),)


def test_portions_sum_to_the_payment() -> None:
    assert pay(612, paid_before=90).total == 612


def test_money_is_allocated_like_minor_units() -> None:
    instalments = schedule.schedule(make_loan())

    allocated = allocation.allocate_money(
        money("350.00", "USD"), paid_before=money("10.00", "USD"), instalments=instalments
    )

    assert allocated == Allocation(
        principal=money("343.30", "USD"),
        profit=money("6.70", "USD"),
        fee=Money.zero("USD"),
        penalty=Money.zero("USD"),
        surplus=Money.zero("USD"),
    )
    assert allocated.total == money("350.00", "USD")
    assert (-allocated).total == money("-350.00", "USD")


def test_money_pays_in_the_order_of_the_terms_and_the_fee_is_named() -> None:
    due = Instalment(
        number=1,
        due_on=date(2026, 2, 15),
        principal=money("3.00", "USD"),
        profit=money("1.00", "USD"),
        fee=money("0.50", "USD"),
        penalty_minor=20,
    )
    order = (Component.PRINCIPAL, Component.FEE, Component.PROFIT)

    allocated = allocation.allocate_money(
        money("3.30", "USD"), paid_before=Money.zero("USD"), instalments=[due], order=order
    )
    open_dues = allocation.dues_at([due], paid=money("3.30", "USD"), order=order)

    assert (allocated.principal, allocated.fee) == (money("3.00", "USD"), money("0.30", "USD"))
    assert allocated.profit.is_zero
    assert open_dues == (replace(due, principal=Money.zero("USD"), fee=money("0.20", "USD")),)


@pytest.mark.parametrize(("payment", "before"), [("EUR", "USD"), ("USD", "EUR"), ("EUR", "EUR")])
def test_another_currency_is_never_allocated(payment: str, before: str) -> None:
    with pytest.raises(CurrencyMismatch):
        allocation.allocate_money(
            Money(1, payment),
            paid_before=Money(1, before),
            instalments=schedule.schedule(make_loan()),
        )


def test_dues_are_what_is_still_open_of_each_instalment() -> None:
    instalments = schedule.schedule(make_qard())

    dues = allocation.dues_at(instalments, paid=money("300.000", "TND"))

    assert [due.number for due in dues] == list(range(2, 13))
    assert dues[0].principal == money("200.000", "TND")
    assert dues[0].due_on == instalments[1].due_on
    assert dues[1:] == instalments[2:]
