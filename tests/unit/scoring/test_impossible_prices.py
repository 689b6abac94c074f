"""Prices that cannot be are refused by name, and a fee that is an amount is reckoned as one."""

from decimal import Decimal
from typing import Any

import pytest

from services.scoring.domain import assessment, pricing
from services.scoring.domain.affordability import MonthlyAmountNegative
from services.scoring.domain.choices import FeeEatsLoan, PriceImpossible
from shared.errors import RafidError
from shared.money import CurrencyMismatch
from tests.scoring_cases import (
    amount,
    conventional_product,
    expert_card,
    make_costs,
    make_inputs,
    make_request,
    money,
    qard_product,
)

EXPERT = expert_card()


def price(**changes: Any) -> dict[str, Any]:
    members: dict[str, Any] = make_request()["price"]
    return members | changes


def opinion(**changes: Any) -> dict[str, Any]:
    return dict(assessment.opinion_of(make_inputs(**changes), card=EXPERT))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"fee_share": "1"}, FeeEatsLoan),
        ({"operating_cost": amount("-0.001")}, PriceImpossible),
        ({"operating_cost_monthly": amount("-1.000")}, PriceImpossible),
        ({"subsidy_available": amount("-1.000")}, PriceImpossible),
        ({"fee_flat": amount("-1.000")}, PriceImpossible),
        ({"fee_flat": amount("1.00", "USD")}, CurrencyMismatch),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else next(iter(value)),
)
def test_a_price_that_cannot_be_is_refused_of_a_product_and_of_a_fund(
    changes: dict[str, Any], error: type[RafidError]
) -> None:
    fund = {"fund_id": make_request()["application_id"], "price": price(**changes)}
    other = {"product": conventional_product(), "price": price(**changes)}
    for told in ({"price": price(**changes)}, {"funds": [fund]}, {"alternatives": [other]}):
        with pytest.raises(error):
            opinion(**told)


@pytest.mark.parametrize("member", ["loss_given_default", "fee_share", "margin_share"])
@pytest.mark.parametrize("share", ["-0.000001", "1.000001", "1e9"])
def test_a_share_outside_of_one_is_refused_in_files_too(member: str, share: str) -> None:
    inputs = make_inputs()
    told = {**inputs, "price": {**inputs["price"], member: share}}

    with pytest.raises(PriceImpossible):
        assessment.opinion_of(told, card=EXPERT)


def test_a_debt_below_nothing_is_refused() -> None:
    debt = {"source": "declared", "lender": "X", "monthly": amount("-9.000"), "as_of": "2026-01-01"}

    with pytest.raises(MonthlyAmountNegative):
        opinion(debts=[debt])


def test_what_an_older_engine_took_it_gives_again() -> None:
    inputs = make_inputs(price=price(fee_share="1"))

    assert assessment.opinion_of(inputs, card=EXPERT, engine="2")["feasible"] is not None


def test_the_next_share_below_one_is_no_fault_but_above_every_ceiling() -> None:
    found = opinion(price=price(fee_share="0.999999", annual_rate_ceiling="0.5"))

    assert {item["code"] for item in found["rejected"]} == {"rate_above_ceiling"}


def test_a_flat_fee_is_the_share_that_it_is_of_the_amount() -> None:
    """20 of 1,000 beside 1 % are 3 %; of 500 they are 5 %."""
    costs = make_costs(fee_share=Decimal("0.01"), fee_flat=money("20"))

    assert costs.at(money("1000")).fee_share == Decimal("0.03")
    assert costs.at(money("500")).fee_share == Decimal("0.05")
    assert make_costs().at(money("500")) == make_costs()


def test_a_flat_fee_weighs_more_on_a_smaller_loan() -> None:
    one = {"term_months_min": 12, "term_months_max": 12, "grace_months_max": 0}
    rate = {f"annual_rate_{name}": "0.18" for name in ("min", "default", "max")}
    told = {"product": conventional_product(**one, **rate)}
    borne = {"subsidy_available": amount("500.000")}
    found = opinion(**told, price=price(fee_flat=amount("30.000"), **borne))
    free = opinion(**told, price=price(**borne))

    fees = {
        line["amount"]["amount"]: Decimal(line["total_cost"]["amount"])
        - Decimal(same["total_cost"]["amount"])
        for line in found["menu"]
        for same in free["menu"]
        if same["amount"] == line["amount"]
    }
    assert set(fees.values()) == {Decimal("30.000")}
    effective = {line["amount"]["amount"]: line["effective_annual_rate"] for line in found["menu"]}
    shape = pricing.Shape(
        charge_method=pricing.ChargeMethod.DECLINING_BALANCE,
        annual_rate=Decimal("0.18"),
        term_months=12,
    )
    for each, rate_told in effective.items():
        share = Decimal(30) / Decimal(each)
        assert Decimal(rate_told) == pricing.effective_annual_rate(shape, fee_share=share)
    assert effective["600.000"] < effective["300.000"]
    missing = [Decimal(each["break_even"]["subsidy"]["amount"]) for each in (found, free)]
    assert missing[1] - missing[0] == min(Decimal(30), missing[1]) > 0


@pytest.mark.parametrize("product", [conventional_product(), qard_product()])
def test_a_fee_as_large_as_an_amount_leaves_no_loan(product: dict[str, Any]) -> None:
    found = opinion(product=product, price=price(fee_flat=amount("450.000")))

    eaten = {
        item["amount"]["amount"] for item in found["rejected"] if item["code"] == "fee_eats_loan"
    }
    assert eaten == {"450.000", "300.000"}
    figures = next(i["figures"] for i in found["rejected"] if i["code"] == "fee_eats_loan")
    assert figures == {"asked": "450.000 JOD", "fee": "450.000 JOD"}


def test_what_was_asked_may_be_eaten_too() -> None:
    found = opinion(price=price(fee_flat=amount("600.000")))

    assert (found["feasible"], found["advice"]) == (0, "decline")


@pytest.mark.parametrize("weight", ["100", "0.25"])
def test_a_burden_beyond_all_measure_gives_an_opinion(weight: str) -> None:
    """Next to no income and a heavy weight: the chance of default is nothing or all."""
    poor = {"other_income": amount("0.001"), "sales": amount("0.000")}
    home = make_request()["household"] | poor
    home |= {"business_costs": amount("0.000"), "household_costs": amount("0.000")}
    found = opinion(
        household=home,
        amount=amount("5000.000"),
        price=price(burden_log_odds=weight, annual_rate_ceiling="0.5"),
    )

    assert found["advice"] == "decline"
