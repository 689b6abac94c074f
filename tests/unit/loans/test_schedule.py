"""When is which part of a loan due?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import modes, schedule, shares
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.modes import conventional, qard
from services.loans.domain.schedule import Instalment, InstalmentsTooSmall
from services.loans.domain.terms import (
    ChargeMethod,
    Frequency,
    ModeOfFinance,
    QardBearsNoProfit,
    ResidueRule,
)
from tests.builders import make_loan, make_qard, money


def principals(instalments: Sequence[Instalment]) -> list[str]:
    return [str(instalment.principal) for instalment in instalments]


def profits(instalments: Sequence[Instalment]) -> list[str]:
    return [str(instalment.profit) for instalment in instalments]


def test_a_qard_in_twelve_is_twelve_equal_parts() -> None:
    instalments = schedule.schedule(make_qard())

    assert set(principals(instalments)) == {"250.000"}
    assert [instalment.number for instalment in instalments] == list(range(1, 13))
    assert instalments[0].total == money("250.000", "TND")


def test_the_residue_of_a_qard_goes_to_the_last() -> None:
    instalments = schedule.schedule(make_qard(principal=money("1000.000"), instalments=7))

    assert principals(instalments) == ["142.857"] * 6 + ["142.858"]


def test_a_qard_is_floored_so_that_only_the_last_asks_more() -> None:
    instalments = schedule.schedule(make_qard(principal=money("100.00", "SAR"), instalments=6))

    assert principals(instalments) == ["16.66"] * 5 + ["16.70"]


def test_by_largest_remainder_no_two_differ_by_more_than_one_unit() -> None:
    terms = make_qard(
        principal=money("100.00", "SAR"),
        instalments=6,
        residue_rule=ResidueRule.LARGEST_REMAINDER,
    )

    assert principals(schedule.schedule(terms)) == ["16.66"] * 2 + ["16.67"] * 4


def test_a_free_loan_of_another_mode_rounds_by_its_terms() -> None:
    terms = make_loan(
        charge_method=ChargeMethod.NONE,
        annual_rate=Decimal(0),
        principal=money("100.00", "SAR"),
        instalments=6,
    )

    assert principals(schedule.schedule(terms)) == ["16.67"] * 5 + ["16.65"]


def test_the_worked_declining_balance_comes_out() -> None:
    instalments = schedule.schedule(make_loan())

    assert [str(instalment.total) for instalment in instalments] == ["340.02", "340.02", "340.03"]
    assert profits(instalments) == ["10.00", "6.70", "3.37"]


def test_the_worked_flat_loan_comes_out() -> None:
    instalments = schedule.schedule(make_loan(charge_method=ChargeMethod.FLAT))

    assert principals(instalments) == ["333.33", "333.33", "333.34"]
    assert profits(instalments) == ["10.00"] * 3


def test_during_grace_only_profit_is_due() -> None:
    instalments = schedule.schedule(make_loan(principal_grace=1))

    assert principals(instalments) == ["0.00", "497.51", "502.49"]
    assert profits(instalments) == ["10.00", "10.00", "5.02"]


def test_during_grace_of_a_flat_loan_profit_is_shared_all_the_same() -> None:
    instalments = schedule.schedule(make_loan(charge_method=ChargeMethod.FLAT, principal_grace=2))

    assert principals(instalments) == ["0.00", "0.00", "1000.00"]
    assert profits(instalments) == ["10.00"] * 3


def test_rounding_half_up_is_another_schedule_than_half_even() -> None:
    terms = {
        "charge_method": ChargeMethod.FLAT,
        "principal": money("0.25", "USD"),
        "instalments": 2,
        "annual_rate": Decimal(0),
    }

    assert principals(schedule.schedule(make_loan(**terms))) == ["0.12", "0.13"]
    assert principals(schedule.schedule(make_loan(**terms, rounding="half_up"))) == ["0.13", "0.12"]


def test_levelling_brings_the_last_instalment_near_the_others() -> None:
    terms = {"instalments": 60, "annual_rate": Decimal("0.24"), "principal": money("50.21", "USD")}

    plain = schedule.schedule(make_loan(**terms))
    levelled = schedule.schedule(make_loan(**terms, residue_rule=ResidueRule.LEVELLED))

    assert (str(plain[0].total), str(plain[-1].total)) == ("1.44", "2.03")
    assert (str(levelled[0].total), str(levelled[-1].total)) == ("1.45", "0.89")


def test_levelling_leaves_a_near_last_instalment_alone() -> None:
    assert schedule.schedule(make_loan(residue_rule=ResidueRule.LEVELLED)) == schedule.schedule(
        make_loan()
    )


def test_a_long_first_period_bears_more_profit() -> None:
    instalments = schedule.schedule(make_loan(first_due_on=date(2026, 3, 15)))

    assert profits(instalments)[0] == "20.00"


def test_real_days_bear_profit_by_an_actual_day_count() -> None:
    instalments = schedule.schedule(make_loan(day_count="act/365"))

    assert profits(instalments)[0] == "10.19"  # 1000 x 0.12 x 31/365


def test_a_week_is_seven_360ths_by_30_360() -> None:
    terms = make_loan(frequency=Frequency.WEEKLY, first_due_on=date(2026, 1, 22))

    assert profits(schedule.schedule(terms))[0] == "2.33"


def make_fees() -> tuple[Fee, ...]:
    def fee(code: str, when: FeeWhen, amount: str) -> Fee:
        return Fee(code=code, kind=FeeKind.FLAT, when=when, amount=money(amount, "USD"))

    return (
        fee("kept back", FeeWhen.AT_DISBURSEMENT, "9.00"),
        fee("file", FeeWhen.FIRST_INSTALMENT, "5.00"),
        fee("visit", FeeWhen.EACH_INSTALMENT, "1.00"),
    )


def test_fees_fall_due_where_they_belong() -> None:
    instalments = schedule.schedule(make_loan(fees=make_fees()))

    assert [str(instalment.fee) for instalment in instalments] == ["6.00", "1.00", "1.00"]


def test_a_fee_kept_back_at_disbursement_is_in_no_instalment() -> None:
    assert schedule.fees_at_disbursement(make_loan(fees=make_fees())) == money("9.00", "USD")


def test_the_components_are_told_in_minor_units() -> None:
    instalments = schedule.schedule(make_loan(fees=make_fees()))

    assert schedule.totals(instalments)[0] == (33_002, 1_000, 600, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"instalments": 600, "principal": money("12.00", "USD"), "annual_rate": Decimal(10)},
        {
            "charge_method": ChargeMethod.FLAT,
            "instalments": 10,
            "principal": money("0.18", "USD"),
            "rounding": "half_up",
        },
        {"annual_rate": Decimal(10), "instalments": 60, "principal_grace": 1},
    ],
)
def test_instalments_too_small_for_the_currency_are_refused(changes: dict[str, Any]) -> None:
    terms = make_loan(**changes)

    with pytest.raises(InstalmentsTooSmall) as refusal:
        schedule.schedule(terms)

    told = refusal.value.fields()
    assert told["instalments"] == terms.instalments
    assert told["principal"] == {"amount": str(terms.principal), "currency": "USD"}


def test_the_refusal_names_the_first_instalment() -> None:
    terms = make_loan(instalments=60, principal_grace=1, annual_rate=Decimal(10))

    with pytest.raises(InstalmentsTooSmall) as refusal:
        schedule.schedule(terms)

    assert refusal.value.fields()["instalment"] == {"amount": "833.33", "currency": "USD"}


def test_a_profit_too_small_to_share_is_due_with_the_last() -> None:
    terms = make_loan(
        charge_method=ChargeMethod.FLAT,
        principal=money("4.00", "USD"),
        annual_rate=Decimal("0.02"),
        instalments=6,
    )

    assert profits(schedule.schedule(terms)) == ["0.00"] * 5 + ["0.04"]


def test_a_loan_at_rate_zero_asks_nothing_during_grace() -> None:
    terms = make_loan(charge_method=ChargeMethod.FLAT, annual_rate=Decimal(0), principal_grace=1)

    assert [str(one.total) for one in schedule.schedule(terms)] == ["0.00", "500.00", "500.00"]


def test_each_mode_gives_its_schedule() -> None:
    assert modes.MODES[ModeOfFinance.QARD].schedule(make_qard()) == schedule.schedule(make_qard())
    assert conventional.schedule(make_loan()) == schedule.schedule(make_loan())


def test_a_qard_schedule_is_not_made_of_other_terms() -> None:
    with pytest.raises(QardBearsNoProfit):
        qard.schedule(make_loan())


def test_levelling_stops_after_three_shifts() -> None:
    def slowly_nearer(tried: int) -> int:
        return tried + 1_000 - 3 * (tried - 100)

    levelled = shares.levelled(100, count=100, last_of=slowly_nearer)

    assert levelled == 100 + 10 + 10 + 9
