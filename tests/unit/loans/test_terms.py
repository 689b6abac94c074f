"""Which agreements are possible at all?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.contradictions import (
    DateBeforeDisbursement,
    GraceTooLong,
    RateAboveCap,
    TermsInvalid,
)
from services.loans.domain.fees import Fee, FeeKind, FeeUnclear, FeeWhen
from services.loans.domain.terms import (
    INSTALMENTS_MAX,
    ChargeMethod,
    Component,
    QardBearsNoProfit,
    QardFeeNotCost,
    ResidueRule,
    Terms,
)
from shared.money import CurrencyMismatch
from tests.builders import make_loan, make_qard, money


def make_fee(**changes: Any) -> Fee:
    members: dict[str, Any] = {
        "code": "file",
        "kind": FeeKind.FLAT,
        "when": FeeWhen.FIRST_INSTALMENT,
        "amount": money("34.500", "TND"),
        "documented_cost": money("34.500", "TND"),
    }
    return Fee(**members | changes)


@pytest.mark.parametrize(
    ("member", "changes"),
    [
        ("instalments", {"instalments": 0}),
        ("instalments", {"instalments": INSTALMENTS_MAX + 1}),
        ("principal", {"principal": money("0.02", "USD")}),
        ("principal", {"principal": money("-5.00", "USD")}),
        ("annual_rate", {"annual_rate": Decimal("-0.01")}),
        ("annual_rate", {"annual_rate": Decimal("NaN")}),
        ("annual_rate", {"charge_method": ChargeMethod.NONE}),
        ("principal_grace", {"principal_grace": -1}),
        (
            "principal_grace",
            {"charge_method": ChargeMethod.NONE, "annual_rate": Decimal(0), "principal_grace": 1},
        ),
        ("residue_rule", {"residue_rule": ResidueRule.LARGEST_REMAINDER}),
        ("rounding", {"rounding": "sideways"}),
        ("day_count", {"day_count": "30/365"}),
        ("month_end_rule", {"month_end_rule": "never"}),
        ("moving_rule", {"moving_rule": "sideways", "country": "TN"}),
        ("country", {"moving_rule": "next"}),
        ("allocation_order", {"allocation_order": (Component.FEE, Component.PROFIT)}),
        ("allocation_order", {"allocation_order": (Component.FEE,) * 3}),
    ],
)
def test_terms_that_contradict_themselves_name_the_member(
    member: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(TermsInvalid) as refusal:
        make_loan(**changes)

    assert refusal.value.member == member


def test_a_grace_as_long_as_the_loan_is_refused_by_name() -> None:
    with pytest.raises(GraceTooLong) as refusal:
        make_loan(principal_grace=3)

    assert (refusal.value.grace, refusal.value.instalments, refusal.value.most) == (3, 3, 2)


def test_a_rate_that_no_law_allows_is_refused_by_name() -> None:
    assert make_loan(annual_rate=Decimal(10)).annual_rate == 10
    with pytest.raises(RateAboveCap) as refusal:
        make_loan(annual_rate=Decimal("10.01"))

    assert refusal.value.cap == 10


def test_a_first_due_date_on_the_day_of_disbursement_is_refused_by_name() -> None:
    with pytest.raises(DateBeforeDisbursement) as refusal:
        make_loan(first_due_on=date(2026, 1, 15))

    assert refusal.value.member == "first_due_on"


def test_a_loan_of_one_minor_unit_each_is_the_smallest() -> None:
    assert make_loan(principal=money("0.03", "USD")).principal.minor == 3


def test_two_fees_of_one_code_are_refused() -> None:
    fee = make_fee()

    with pytest.raises(TermsInvalid):
        make_qard(fees=(fee, fee))


def test_a_qard_with_a_rate_is_refused() -> None:
    with pytest.raises(QardBearsNoProfit):
        make_qard(annual_rate=Decimal("0.01"), charge_method=ChargeMethod.FLAT)


def test_a_qard_with_a_charge_method_is_refused_even_at_rate_zero() -> None:
    with pytest.raises(QardBearsNoProfit):
        make_qard(charge_method=ChargeMethod.FLAT)


def test_a_qard_may_charge_its_documented_cost() -> None:
    assert make_qard(fees=(make_fee(),)).fees[0].amount == money("34.500", "TND")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": FeeKind.PERCENT, "percent": Decimal(3), "amount": None},
        {"amount": money("34.501", "TND")},
        {"documented_cost": None},
    ],
)
def test_a_qard_fee_that_is_not_cost_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(QardFeeNotCost) as refusal:
        make_qard(fees=(make_fee(**changes),))

    assert "SS" not in refusal.value.slug()
    assert "Sharia Standard 19" in str(refusal.value)


def test_a_fee_in_another_currency_is_refused() -> None:
    with pytest.raises(CurrencyMismatch):
        make_loan(fees=(make_fee(),))


@pytest.mark.parametrize(
    "changes",
    [
        {"code": ""},
        {"amount": None},
        {"amount": money("0.000", "TND")},
        {"percent": Decimal(2)},
        {"kind": FeeKind.PERCENT},
        {"kind": FeeKind.PERCENT, "amount": None, "percent": Decimal(0)},
        {"kind": FeeKind.PERCENT, "amount": None, "percent": Decimal(101)},
    ],
)
def test_a_fee_that_states_no_clear_charge_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FeeUnclear):
        make_fee(**changes)


def test_a_percentage_is_taken_of_the_principal_and_rounded_once() -> None:
    fee = make_fee(kind=FeeKind.PERCENT, amount=None, documented_cost=None, percent=Decimal("2.5"))

    assert fee.charge(money("333.333", "TND")) == money("8.333", "TND")
    assert fee.charge(money("0.020", "TND")) == money("0.000", "TND")
    assert fee.charge(money("0.020", "TND"), rounding="half_up") == money("0.001", "TND")


@pytest.mark.parametrize(
    "terms",
    [
        make_qard(fees=(make_fee(),)),
        make_loan(
            fees=(
                Fee(
                    code="service",
                    kind=FeeKind.PERCENT,
                    when=FeeWhen.EACH_INSTALMENT,
                    percent=Decimal("0.5"),
                ),
            ),
            principal_grace=1,
            moving_rule="next",
            country="TN",
            allocation_order=(Component.PRINCIPAL, Component.FEE, Component.PROFIT),
        ),
    ],
)
def test_terms_come_back_from_json_as_they_went(terms: Terms) -> None:
    assert Terms.from_json(terms.to_json()) == terms


def test_frozen_terms_hold_plain_values_only() -> None:
    members = make_qard(fees=(make_fee(),)).to_json()

    assert members["annual_rate"] == "0"
    assert members["principal_minor"] == 3_000_000
    assert members["fees"][0]["amount_minor"] == 34_500


def test_json_of_something_else_is_no_terms() -> None:
    with pytest.raises(KeyError):
        Terms.from_json({})
