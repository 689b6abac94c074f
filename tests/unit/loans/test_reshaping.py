"""Do the instalments of a settled or damaged contract say what is owed now, and no more?"""

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import allocation, reshaping
from services.loans.domain.modes import MODES
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ALLOCATION_ORDER, ModeOfFinance
from shared.money import Money
from tests.deals import make_terms

DUES = MODES[ModeOfFinance("murabaha")].schedule(make_terms("murabaha", "1200.00"))
ON = date(2026, 5, 1)
PRICE = Money.total((due.total for due in DUES), "MAD")


def mad(text: str) -> Money:
    return Money.parse(text, "MAD")


def principal(dues: tuple[Instalment, ...]) -> Money:
    return Money.total((due.principal for due in dues), "MAD")


def after_loss(paid: Money, loss: Money) -> tuple[Instalment, ...]:
    return reshaping.after_loss(DUES, paid=paid, loss=loss, order=ALLOCATION_ORDER)


def test_a_rebate_takes_off_profit_alone_and_all_is_due_at_once() -> None:
    dues = (replace(DUES[0], fee=mad("3.00"), penalty_minor=50), *DUES[1:])
    (one,) = reshaping.settled(dues, rebate=mad("45.00"), on=ON)
    assert (one.number, one.due_on) == (1, ON)
    assert [one.principal, one.profit, one.fee] == [mad("1200.00"), mad("99.00"), mad("3.00")]
    assert one.penalty == mad("0.50")


def test_what_is_open_falls_in_proportion_and_what_was_paid_stands_first() -> None:
    found = after_loss(mad("224.00"), mad("250.00"))
    assert [one.number for one in found] == list(range(1, 12))
    assert (found[0].principal, found[0].profit) == (mad("200.00"), mad("24.00"))
    assert {one.principal for one in found[1:]} == {mad("75.00")}
    assert {one.profit for one in found[1:]} == {mad("9.00")}
    assert [one.due_on for one in found[1:]] == [one.due_on for one in DUES[2:]]


def test_when_all_is_lost_nothing_is_open() -> None:
    (paid,) = after_loss(mad("224.00"), mad("1000.00"))
    assert paid.total == mad("224.00")
    (nothing,) = after_loss(mad("0.00"), mad("1200.00"))
    assert nothing.total == mad("0.00")
    (everything,) = after_loss(PRICE, mad("0.00"))
    assert everything.total == PRICE


@settings(max_examples=60, deadline=None)
@given(paid=st.integers(0, PRICE.minor), part=st.integers(0, 100))
def test_a_loss_of_any_size_takes_itself_off_the_principal_and_moves_no_payment(
    paid: int, part: int
) -> None:
    money = Money(paid, "MAD")
    before = allocation.dues_at(DUES, paid=money, order=ALLOCATION_ORDER)
    loss = Money(principal(before).minor * part // 100, "MAD")
    found = after_loss(money, loss)

    assert principal(found) == principal(DUES) - loss
    assert found[0].total.minor == paid, "what was paid fills the first and nothing else"
    assert all(min(due.principal.minor, due.profit.minor) >= 0 for due in found)
    still = allocation.dues_at(found, paid=money, order=ALLOCATION_ORDER)
    assert principal(still) == principal(before) - loss
