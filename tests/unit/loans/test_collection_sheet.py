"""What a sheet asks for is what is open, and what comes back must be the cash beside it."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import collection_sheet
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.collection_sheet import Brought, LineTwice, TotalsDiffer
from shared.errors import RafidError
from shared.ids import ContractId
from shared.money import CurrencyMismatch, Money
from tests.builders import an_id, money

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
DUES = ((MARCH, 100), (APRIL, 100))


def brought(name: str, amount: str, currency: str = "JOD") -> Brought:
    return Brought(contract_id=ContractId(an_id(name)), amount=money(amount, currency))


@pytest.mark.parametrize(
    ("on", "paid", "late", "due_today", "days_late"),
    [
        (date(2026, 2, 28), 0, 0, 0, 0),
        (MARCH, 0, 0, 100, 0),
        (MARCH, 30, 0, 70, 0),
        (date(2026, 3, 2), 30, 70, 0, 1),
        (APRIL, 0, 100, 100, 31),
        (APRIL, 130, 0, 70, 0),
        (date(2026, 4, 2), 130, 70, 0, 1),
        (APRIL, 200, 0, 0, 0),
        (APRIL, 900, 0, 0, 0),
    ],
)
def test_what_is_asked_for_on_a_day(
    on: date, *, paid: int, late: int, due_today: int, days_late: int
) -> None:
    asked = collection_sheet.asked_on(on, dues=DUES, paid=paid)

    assert (asked.late, asked.due_today, asked.days_late(on)) == (late, due_today, days_late)
    assert asked.total == late + due_today


def test_dues_to_come_are_not_asked_for_however_much_was_paid() -> None:
    assert collection_sheet.asked_on(MARCH, dues=DUES, paid=150).total == 0


@settings(max_examples=60, deadline=None)
@given(
    totals=st.lists(st.integers(0, 1_000), min_size=1, max_size=8),
    paid=st.integers(0, 6_000),
    day=st.integers(-3, 40),
)
def test_what_was_paid_and_what_is_asked_for_are_all_that_fell_due(
    totals: list[int], paid: int, day: int
) -> None:
    dues = [(MARCH + timedelta(days=5 * number), total) for number, total in enumerate(totals)]
    on = MARCH + timedelta(days=day)
    fallen = sum(total for due_on, total in dues if due_on <= on)
    asked = collection_sheet.asked_on(on, dues=dues, paid=paid)

    assert asked.total == max(fallen - paid, 0)
    assert asked.late >= 0 <= asked.due_today
    assert (asked.days_late(on) > 0) == (asked.late > 0)


def test_lines_that_are_the_cash_agree() -> None:
    collection_sheet.require_agreement(
        [brought("a", "10.500"), brought("b", "0.500")], stated=money("11.000")
    )


def test_one_minor_unit_too_much_refuses_the_whole_sheet_with_both_sums() -> None:
    with pytest.raises(TotalsDiffer) as refused:
        collection_sheet.require_agreement([brought("a", "10.500")], stated=money("10.501"))

    assert (refused.value.stated, refused.value.counted) == (money("10.501"), money("10.500"))


def test_a_contract_stands_on_a_sheet_once() -> None:
    with pytest.raises(LineTwice) as refused:
        collection_sheet.require_agreement(
            [brought("a", "1"), brought("b", "1"), brought("a", "1")], stated=money("3")
        )

    assert (refused.value.first, refused.value.second) == (1, 3)


def test_two_currencies_are_not_one_cash() -> None:
    with pytest.raises(CurrencyMismatch):
        collection_sheet.require_agreement(
            [brought("a", "1"), brought("b", "1", "USD")], stated=money("2")
        )


def test_a_line_below_zero_does_not_pay_for_another() -> None:
    with pytest.raises(AmountNotPositive) as refused:
        collection_sheet.require_agreement(
            [brought("a", "10"), brought("b", "-5")], stated=money("5")
        )

    assert refused.value.amount == money("-5")


def test_a_sheet_may_tell_that_somebody_paid_nothing() -> None:
    collection_sheet.require_agreement([brought("a", "10"), brought("b", "0")], stated=money("10"))


@settings(max_examples=60, deadline=None)
@given(
    amounts=st.lists(st.integers(-50, 1_000), min_size=1, max_size=8),
    twice=st.booleans(),
    off=st.sampled_from([0, 0, 1, -1, 1_000_000]),
)
def test_what_is_accepted_is_the_cash_to_the_unit_and_each_contract_once(
    amounts: list[int], *, twice: bool, off: int
) -> None:
    lines = [
        Brought(contract_id=ContractId(an_id(str(number))), amount=Money(minor, "JOD"))
        for number, minor in enumerate(amounts)
    ]
    lines += lines[:1] if twice else []
    stated = Money(sum(line.amount.minor for line in lines) + off, "JOD")
    fits = not twice and not off and min(amounts) >= 0
    if fits:
        collection_sheet.require_agreement(lines, stated=stated)
        return
    with pytest.raises(RafidError):
        collection_sheet.require_agreement(lines, stated=stated)
