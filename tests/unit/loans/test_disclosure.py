"""What does the loan really cost, told before the borrower signs?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import disclosure, due_dates, schedule
from services.loans.domain.charging import Charging, RateKind
from services.loans.domain.dating import CalendarKind, Dating
from services.loans.domain.disclosure import Disclosure
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.fees import Fee, FeeKind, FeePurpose, FeeWhen
from services.loans.domain.savings import Savings
from services.loans.domain.terms import Frequency, Terms
from shared.rates import NoRate, irr
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


def test_the_nominal_rate_with_every_cost_stands_beside_the_effective_one() -> None:
    """A worked loan of 12 CFR 1026, Appendix J (c)(1)(i): 5,000 by 36 payments of 166.07."""
    terms = make_loan(
        principal=money("5000.00", "USD"),
        annual_rate=Decimal("0.12"),
        instalments=36,
    )
    told = disclose(terms)

    assert round(told.annual_percentage_rate, 4) == told.nominal_annual_rate == Decimal("0.12")
    assert told.effective_annual_rate > told.annual_percentage_rate


def test_an_effective_rate_is_told_as_a_nominal_one_too() -> None:
    terms = make_loan(
        principal=money("1000000.00", "USD"),
        instalments=12,
        charging=Charging(rate_kind=RateKind.EFFECTIVE),
    )
    told = disclose(terms)

    assert round(told.effective_annual_rate, 5) == Decimal("0.12")
    assert round(told.nominal_annual_rate, 5) == Decimal("0.11387")  # 12 x (1.12^(1/12) - 1)
    assert round(told.annual_percentage_rate, 5) == Decimal("0.11387")


def test_savings_make_a_loan_dearer_and_cost_nothing() -> None:
    saving = Savings(upfront_percent=Decimal(10), each_percent=Decimal(1))
    plain, saved = disclose(make_loan()), disclose(make_loan(savings=saving))

    assert saved.total_savings == money("130.00", "USD")  # 100.00 and three times 10.00
    assert saved.total_cost == plain.total_cost
    assert saved.effective_annual_rate > plain.effective_annual_rate
    # 900.00 received; 350.02 twice and 350.03 - 130.00 paid.
    monthly = irr([Decimal(900), Decimal("-350.02"), Decimal("-350.02"), Decimal("-220.03")])
    assert round(saved.annual_percentage_rate, 6) == round(monthly * 12, 6)


def test_what_is_insurance_is_told_apart_and_is_a_cost() -> None:
    insured = Fee(
        code="takaful",
        kind=FeeKind.PERCENT,
        when=FeeWhen.EACH_INSTALMENT,
        percent=Decimal("0.5"),
        purpose=FeePurpose.TAKAFUL,
    )
    told = disclose(make_loan(fees=(insured, make_fee_usd("9.00"))))

    assert told.total_insurance == money("15.00", "USD")
    assert told.total_fees == money("24.00", "USD")
    assert told.total_cost == told.total_profit + told.total_fees


def make_fee_usd(amount: str) -> Fee:
    return Fee(
        code="file",
        kind=FeeKind.FLAT,
        when=FeeWhen.AT_DISBURSEMENT,
        amount=money(amount, "USD"),
    )


def test_tranches_and_down_payments_flow_on_their_days() -> None:
    terms = make_loan(
        drawing=Drawing(
            tranches=(Tranche(on=date(2026, 2, 20), amount=money("400.00", "USD")),),
            down_payment_percent=Decimal(10),
        )
    )
    flows = disclosure.cash_flows(terms, instalments=schedule.schedule(terms))

    received = [(day, str(amount)) for day, amount in flows if amount.is_positive]
    assert received == [(date(2026, 1, 15), "600.00"), (date(2026, 2, 20), "400.00")]
    assert (date(2026, 2, 20), money("-40.00", "USD")) in flows
    assert round(disclose(terms).annual_percentage_rate, 2) == Decimal("0.12")


@pytest.mark.parametrize(
    ("frequency", "dating"),
    [
        (Frequency.DAILY, Dating()),
        (Frequency.BIWEEKLY, Dating()),
        (Frequency.TWICE_A_MONTH, Dating(days=(1, 15))),
        (Frequency.MONTHLY, Dating(calendar=CalendarKind.HIJRI)),
        (Frequency.MONTHLY, Dating(every=2)),
        (Frequency.QUARTERLY, Dating()),
        (Frequency.YEARLY, Dating()),
    ],
)
def test_both_rates_are_told_for_every_step(frequency: Frequency, dating: Dating) -> None:
    terms = make_loan(frequency=frequency, dating=dating, first_due_on=date(2026, 1, 16))
    terms = replace(terms, first_due_on=due_dates.usual_first(terms))
    told = disclose(terms)

    assert abs(told.annual_percentage_rate - Decimal("0.12")) < Decimal("0.01")
    assert abs(told.effective_annual_rate - Decimal("0.125")) < Decimal("0.01")


def test_a_loan_eaten_up_by_its_fee_has_no_rate() -> None:
    with pytest.raises(NoRate):
        disclose(make_qard(fees=(make_fee("3000.000"),)))
