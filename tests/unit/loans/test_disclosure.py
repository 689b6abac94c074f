"""What does the loan really cost, told before the borrower signs?"""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import disclosure, schedule
from services.loans.domain.disclosure import Disclosure
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.terms import Frequency, Terms
from shared.rates import NoRate
from tests.builders import make_loan, make_qard, money


def make_fee(amount: str, *, when: FeeWhen = FeeWhen.AT_DISBURSEMENT) -> Fee:
    fee = money(amount, "TND")
    return Fee(code="file", kind=FeeKind.FLAT, when=when, amount=fee, documented_cost=fee)


def disclose(terms: Terms) -> Disclosure:
    return disclosure.disclose(terms, instalments=schedule.schedule(terms))


def test_a_qard_without_a_fee_costs_nothing() -> None:
    told = disclose(make_qard())

    assert told.effective_annual_rate == 0
    assert told.total_cost.is_zero
    assert told.paid_out == told.total_due == money("3000.000", "TND")


@pytest.mark.parametrize(("fee", "expected"), [("34.500", "0.0216"), ("90.000", "0.0581")])
def test_the_fee_of_a_qard_is_a_yearly_rate_all_the_same(fee: str, expected: str) -> None:
    told = disclose(make_qard(fees=(make_fee(fee),)))

    assert round(told.effective_annual_rate, 4) == Decimal(expected)
    assert told.total_cost == told.total_fees == money(fee, "TND")
    assert told.paid_out + told.total_fees == told.total_due


def test_a_fee_with_the_instalments_costs_less_a_year_than_one_kept_back() -> None:
    kept = disclose(make_qard(fees=(make_fee("36.000"),)))
    spread = disclose(make_qard(fees=(make_fee("3.000", when=FeeWhen.EACH_INSTALMENT),)))

    assert spread.total_cost == kept.total_cost
    assert spread.effective_annual_rate < kept.effective_annual_rate


def test_twelve_per_cent_by_month_is_more_than_that_a_year() -> None:
    told = disclose(make_loan(principal=money("1000000.00", "USD"), instalments=12))

    assert round(told.effective_annual_rate, 4) == Decimal("0.1268")  # 1.01 ** 12 - 1
    assert told.total_cost == told.total_profit


def test_a_weekly_loan_counts_weeks() -> None:
    terms = make_loan(
        frequency=Frequency.WEEKLY,
        first_due_on=date(2026, 1, 22),
        principal=money("1000000.00", "USD"),
        instalments=52,
        annual_rate=Decimal("0.18"),
    )

    # Each week bears 7/360 of 18 %: (1 + 0.0035) ** 52 - 1.
    assert round(disclose(terms).effective_annual_rate, 4) == Decimal("0.1992")


def test_a_loan_eaten_up_by_its_fee_has_no_rate() -> None:
    with pytest.raises(NoRate):
        disclose(make_qard(fees=(make_fee("3000.000"),)))
