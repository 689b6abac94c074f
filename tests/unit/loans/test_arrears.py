"""How much is late, for how long, and how much profit is earned by then?"""

from datetime import date

import pytest

from services.loans.domain import accrual, allocation, arrears, schedule
from services.loans.domain.arrears import Arrears
from shared.money import Money
from tests.builders import make_loan, make_qard, money

LOAN = make_loan()
INSTALMENTS = schedule.schedule(LOAN)  # 340.02 on 15 February, 15 March; 340.03 on 15 April


def late(paid: str, *, as_of: date) -> Arrears:
    open_dues = allocation.dues_at(INSTALMENTS, paid=money(paid, "USD"))
    return arrears.arrears(open_dues, as_of=as_of, currency="USD")


def test_on_the_due_date_nothing_is_late_yet() -> None:
    found = late("0", as_of=date(2026, 2, 15))

    assert found.total.is_zero
    assert (found.oldest_due_on, found.days_past_due) == (None, 0)


def test_the_day_after_the_due_date_is_the_first_day_late() -> None:
    found = late("0", as_of=date(2026, 2, 16))

    assert found.days_past_due == 1
    assert (found.principal, found.profit) == (money("330.02", "USD"), money("10.00", "USD"))
    assert found.fee.is_zero


def test_days_are_counted_from_the_oldest_open_due_date() -> None:
    assert late("0", as_of=date(2026, 3, 20)).days_past_due == 33
    assert late("340.02", as_of=date(2026, 3, 20)).days_past_due == 5
    assert late("340.01", as_of=date(2026, 3, 20)).days_past_due == 33


def test_a_part_payment_lowers_what_is_late() -> None:
    assert late("100.00", as_of=date(2026, 3, 16)).total == money("580.04", "USD")


def test_money_paid_early_leaves_nothing_late() -> None:
    assert late("680.04", as_of=date(2026, 4, 15)).total == Money.zero("USD")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(2026, 1, 15), date(2026, 2, 15), "10.00"),
        (date(2026, 1, 15), date(2026, 1, 25), "3.23"),
        (date(2026, 1, 25), date(2026, 2, 15), "6.77"),
        (date(2026, 2, 15), date(2026, 3, 15), "6.70"),
        (date(2025, 1, 1), date(2030, 1, 1), "20.07"),
        (date(2026, 3, 1), date(2026, 3, 1), "0.00"),
        (date(2026, 3, 2), date(2026, 3, 1), "0.00"),
        (date(2026, 5, 1), date(2026, 6, 1), "0.00"),
    ],
)
def test_profit_is_earned_evenly_between_due_dates(start: date, end: date, expected: str) -> None:
    earned = accrual.profit_earned(LOAN, instalments=INSTALMENTS, start=start, end=end)

    assert earned == money(expected, "USD")


def test_a_qard_earns_nothing() -> None:
    terms = make_qard()

    earned = accrual.profit_earned(
        terms,
        instalments=schedule.schedule(terms),
        start=date(2026, 1, 1),
        end=date(2027, 1, 1),
    )

    assert earned == Money.zero("TND")
