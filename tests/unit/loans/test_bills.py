"""Bills are the instalments that are there to be paid; amounts are exact or refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import bills
from services.loans.domain.bills import (
    BillName,
    BillStatus,
    Due,
    LessThanDue,
    MoreThanDue,
    NegativeAmount,
)
from shared.currencies import UnknownCurrency
from shared.errors import RafidError
from shared.money import AmountTooLarge, CurrencyMismatch, Money, NotAnAmount, TooManyDecimals

NAME = BillName(contract_reference="LN-2026-000001", generation=1, number=1)
AGREED = date(2026, 2, 1)
TWO = [
    Due(number=1, due_on=date(2026, 3, 1), minor=100_000),
    Due(number=2, due_on=date(2026, 4, 1), minor=100_000),
]


def jod(minor: int) -> Money:
    return Money(minor, "JOD")


def issued(dues: list[Due], *, paid: int, today: date) -> list[bills.Bill]:
    return bills.issued(dues, name=NAME, agreed_on=AGREED, today=today, paid=jod(paid))


@pytest.mark.parametrize(
    ("today", "paid", "expected"),
    [
        (date(2026, 1, 31), 0, []),
        (date(2026, 2, 1), 0, [(1, 100_000, BillStatus.UNPAID)]),
        (date(2026, 3, 1), 130_000, [(1, 0, BillStatus.PAID)]),
        (
            date(2026, 3, 2),
            130_000,
            [(2, 70_000, BillStatus.PARTLY_PAID), (1, 0, BillStatus.PAID)],
        ),
        (
            date(2030, 1, 1),
            250_000,
            [(2, 0, BillStatus.PAID), (1, 0, BillStatus.PAID)],
        ),
    ],
)
def test_a_bill_is_there_from_the_day_after_the_one_before_fell_due(
    today: date, paid: int, expected: list[tuple[int, int, BillStatus]]
) -> None:
    found = issued(TWO, paid=paid, today=today)
    assert [(bill.number, bill.amount.minor, bill.status) for bill in found] == expected


def test_an_instalment_of_nothing_is_no_bill_and_the_next_waits_for_its_day() -> None:
    grace = [Due(number=1, due_on=date(2026, 3, 1), minor=0), TWO[1]]
    assert issued(grace, paid=0, today=date(2026, 3, 1)) == []
    (bill,) = issued(grace, paid=0, today=date(2026, 3, 2))
    assert (bill.number, bill.issued_on) == (2, date(2026, 3, 2))
    assert bill.reference == "LN-2026-000001.1.2"


@given(
    minors=st.lists(st.integers(0, 10**6), min_size=1, max_size=12),
    paid=st.integers(0, 10**7),
    later=st.integers(0, 400),
)
def test_what_is_due_and_what_is_paid_make_up_every_bill(
    minors: list[int], paid: int, later: int
) -> None:
    dues = [
        Due(number=n, due_on=AGREED + timedelta(days=30 * n), minor=minor)
        for n, minor in enumerate(minors, start=1)
    ]
    found = issued(dues, paid=paid, today=AGREED + timedelta(days=later))
    assert [bill.number for bill in found] == sorted((b.number for b in found), reverse=True)
    assert [bill.issued_on for bill in found] == sorted((b.issued_on for b in found), reverse=True)
    asked = sum(minors[bill.number - 1] for bill in found)
    due = sum(bill.amount.minor for bill in found)
    taken = asked - due
    assert 0 <= taken <= paid
    if later >= 30 * len(minors):
        assert due == max(sum(minors) - paid, 0)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("LN-2026-000001.1.3", ("LN-2026-000001", 1, 3)),
        ("old.book.7.2.11", ("old.book.7", 2, 11)),
    ],
)
def test_a_bill_is_named_by_contract_agreement_and_number(
    text: str, name: tuple[str, int, int]
) -> None:
    found = bills.read_name(text)
    assert found is not None
    assert (found.contract_reference, found.generation, found.number) == name
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    ["", "LN", "LN.1", ".1.1", "LN.0.1", "LN.1.0", "LN.01.1", "LN.1.١", "LN.1.99999", "LN.1."],
)
def test_what_names_no_bill_is_none(text: str) -> None:
    assert bills.read_name(text) is None


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("0", "JOD", 0),
        ("0.001", "JOD", 1),
        ("16.00", "JOD", 16_000),
        ("16.1", "JOD", 16_100),
        ("16.0000", "JOD", 16_000),
        ("16.00", "JPY", 16),
        ("10", "JPY", 10),
        ("100", "JOD", 100_000),
    ],
)
def test_an_amount_is_exact_in_its_currency(text: str, currency: str, minor: int) -> None:
    assert bills.read_amount(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "error"),
    [
        ("16.0001", "JOD", TooManyDecimals),
        ("0.1", "JPY", TooManyDecimals),
        ("16,5", "JOD", NotAnAmount),
        ("١٦٫٥", "JOD", NotAnAmount),
        ("1e3", "JOD", NotAnAmount),
        ("01", "JOD", NotAnAmount),
        (".5", "JOD", NotAnAmount),
        ("5.", "JOD", NotAnAmount),
        (" 5", "JOD", NotAnAmount),
        ("+5", "JOD", NotAnAmount),
        ("5.00000", "JOD", NotAnAmount),
        ("", "JOD", NotAnAmount),
        ("-5", "JOD", NegativeAmount),
        ("-0.5", "JOD", NegativeAmount),
        ("999999999999999999", "JOD", AmountTooLarge),
        ("5", "XXQ", UnknownCurrency),
    ],
)
def test_what_is_no_exact_amount_is_refused_by_name(
    text: str, currency: str, error: type[RafidError]
) -> None:
    with pytest.raises(error):
        bills.read_amount(text, currency)


def test_a_payment_is_neither_more_than_can_be_paid_nor_less_than_it_says() -> None:
    bills.require_payable(jod(70), most=jod(100), due=jod(70), in_full=True)
    bills.require_payable(jod(1), most=jod(100), due=jod(70), in_full=False)
    bills.require_payable(jod(100), most=jod(100), due=jod(70), in_full=True)
    with pytest.raises(MoreThanDue):
        bills.require_payable(jod(101), most=jod(100), due=jod(70), in_full=False)
    with pytest.raises(LessThanDue):
        bills.require_payable(jod(69), most=jod(100), due=jod(70), in_full=True)
    with pytest.raises(CurrencyMismatch):
        bills.require_payable(Money(1, "USD"), most=jod(100), due=jod(70), in_full=False)
