"""What is decided of an order where payments count the profit anew, and as which rows it stands?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.course.results import Course, CourseStatus, Transaction, TransactionKind
from services.loans.domain.course.results import Row as CourseRow
from services.loans.domain.servicing import course_effects, course_rows, deciding, effects
from services.loans.domain.servicing.deciding import Decided, History, Step
from services.loans.domain.servicing.life import Life
from services.loans.domain.servicing.orders import Asked, OrderKind
from services.loans.domain.servicing.refusals import (
    OrderNotForServicing,
    OrderNotStanding,
    ReversalOfReversal,
)
from services.loans.domain.servicing.rows import Row
from shared.money import Money
from tests.builders import an_id, make_fund_accounts
from tests.unit.loans.servicing.standings import stand
from tests.unit.loans.servicing.test_course_effects import (
    BORROWER,
    FIRST,
    OTHER,
    OUT,
    TODAY,
    applied,
    asked,
    lived,
    ordered,
    principal,
    standing_of,
)

K = OrderKind
SLOWER: dict[str, Any] = {"annual_rate": Decimal("0.06")}


def decided(life: Life, order: Asked, *steps: Step) -> Decided:
    standing = standing_of(life)
    origin = replace(standing_of(lived()).shape, borrower_id=BORROWER)
    return deciding.decide(
        standing,
        order,
        history=History(origin=origin, steps=steps),
        earliest=life.terms.disbursed_on,
        today=TODAY,
        closed_through=None,
    )


def step(kind: OrderKind, **members: Any) -> Step:
    return Step(order_id=an_id("order"), asked=asked(kind, **members), received=FIRST.amount)


def test_an_order_is_decided_by_the_course() -> None:
    life = lived(FIRST)
    order = asked(K.RATE_CHANGE, **SLOWER)

    assert decided(life, order).after.shape == course_effects.apply(standing_of(life), life, order)


def test_taken_back_an_order_leaves_the_course_that_stood_before() -> None:
    life = lived(FIRST, ordered(K.RATE_CHANGE, **SLOWER))
    back = asked(K.REVERSAL, order_id=an_id("order"))

    found = decided(life, back, step(K.RATE_CHANGE, **SLOWER))

    assert found.before.shape != found.after.shape == standing_of(lived(FIRST)).shape


def test_taken_back_a_transfer_gives_the_contract_to_its_first_borrower() -> None:
    life = lived(FIRST, ordered(K.TRANSFER, borrower_id=OTHER))
    back = asked(K.REVERSAL, order_id=an_id("order"))

    found = decided(life, back, step(K.TRANSFER, borrower_id=OTHER))

    assert found.after.shape.borrower_id == BORROWER


def test_what_is_not_in_force_or_a_reversal_itself_is_not_taken_back() -> None:
    back = asked(K.REVERSAL, order_id=an_id("order"))

    with pytest.raises(OrderNotStanding):
        decided(lived(FIRST), back)
    with pytest.raises(ReversalOfReversal) as refused:
        decided(lived(FIRST), back, step(K.REVERSAL, order_id=an_id("older")))
    assert refused.value.order_kind is K.REVERSAL


def test_an_order_of_the_books_alone_leaves_the_course_as_it_is() -> None:
    life = lived(FIRST)
    before = standing_of(life)

    transferred = applied(life, asked(K.TRANSFER, borrower_id=OTHER))
    written = applied(life, asked(K.WRITE_OFF))

    assert transferred == replace(before.shape, borrower_id=OTHER)
    assert written == replace(before.shape, written_off=before.outstanding)


def test_money_set_off_pays_as_if_the_borrower_had_brought_it() -> None:
    life = lived(FIRST)

    shape = applied(life, asked(K.SET_OFF, amount_minor=5_000))

    assert shape.moved == 5_000
    assert sum(row.total for row in shape.rows if row.due_on <= TODAY) >= FIRST.amount + 5_000
    assert principal(shape) == 100_000


def test_what_zakat_gives_pays_the_course_and_no_money_moves() -> None:
    """It gives principal alone, so here the profit was given up from the first day on."""
    free = ordered(K.RATE_CHANGE, on=OUT.on, annual_rate=Decimal(0))
    life, fund = lived(free, FIRST), make_fund_accounts(FundKind.ZAKAT, "USD")
    before = standing_of(life, fund=fund)

    shape = applied(life, asked(K.FORGIVENESS, amount_minor=30_000), fund=fund)

    assert (shape.forgiven, shape.moved) == (30_000, 0)
    assert replace(before, shape=shape).outstanding == before.outstanding - 30_000
    assert principal(shape) == 100_000


@pytest.mark.parametrize("kind", [K.RE_AMORTISE, K.CHARGE_OFF])
def test_only_a_course_takes_orders_that_count_its_days_anew(kind: OrderKind) -> None:
    with pytest.raises(OrderNotForServicing) as refused:
        effects.apply(stand(), asked(kind))

    assert refused.value.order_kind is kind


MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def due(on: date, **parts: Any) -> CourseRow:
    return CourseRow(number=1, start_on=None, due_on=on, balance=0, **parts)


def moved(kind: TransactionKind, on: date, amount: int, **parts: Any) -> Transaction:
    return Transaction(key=on, on=on, kind=kind, amount=amount, **parts)


def course(rows: list[CourseRow], *transactions: Transaction) -> Course:
    return Course(
        rows=tuple(rows),
        transactions=transactions,
        status=CourseStatus.ACTIVE,
        outstanding=0,
        overpaid=0,
    )


def test_what_no_movement_paid_stands_where_it_fell_due() -> None:
    """A surplus of May pays the instalment of June: 40 of it by no movement of its own."""
    rows = [
        due(MAY, principal=100, principal_paid=100),
        due(JUNE, principal=100, principal_paid=40),
    ]
    paid = moved(TransactionKind.REPAYMENT, MAY, 140, principal=100, surplus=40)

    assert course_rows.settled_of(course(rows, paid)) == (Row(MAY, 100), Row(JUNE, 40))
    assert course_rows.rows_of(course(rows, paid))[-1] == Row(JUNE, 60)


def test_what_is_claimed_back_leaves_the_newest_payment_and_then_the_one_before() -> None:
    rows = [due(MAY, principal=100), due(JUNE, principal=100)]
    repaid = TransactionKind.REPAYMENT
    back = moved(TransactionKind.CHARGEBACK, JULY, 130, principal=130)
    found = course(
        rows, moved(repaid, MAY, 100, principal=100), moved(repaid, JUNE, 100, principal=100), back
    )

    assert course_rows.settled_of(found) == (Row(MAY, 70),)


def test_more_claimed_back_than_was_paid_leaves_nothing() -> None:
    back = moved(TransactionKind.CHARGEBACK, JUNE, 130, principal=130)
    paid = moved(TransactionKind.REPAYMENT, MAY, 100, principal=100)

    assert course_rows.settled_of(course([due(MAY, principal=100)], paid, back)) == ()


def test_rows_are_told_as_numbered_instalments() -> None:
    first, second = course_rows.instalments_of(
        (Row(MAY, 100, 20, 3, 4), Row(JUNE, 7)), currency="USD"
    )

    assert (first.number, first.due_on, second.number, second.due_on) == (1, MAY, 2, JUNE)
    assert (first.principal, first.profit) == (Money(100, "USD"), Money(20, "USD"))
    assert (first.fee, first.penalty_minor) == (Money(3, "USD"), 4)
    assert second.total == Money(7, "USD")
