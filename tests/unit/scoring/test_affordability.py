"""What a household can pay every month, in an ordinary one and in a bad one."""

from decimal import Decimal

import pytest

from services.scoring.domain import affordability
from services.scoring.domain.affordability import (
    Binding,
    MonthlyAmountNegative,
    PolicyImpossible,
)
from shared.money import CurrencyMismatch
from tests.scoring_cases import make_household, make_policy, money

CALM = make_policy(income_stress="0", cost_stress="0")


def test_the_worked_example() -> None:
    household = make_household(
        other_income=money("200"),
        sales=money("1000"),
        business_costs=money("400"),
        household_costs=money("300"),
        debt_service=money("50"),
    )

    found = affordability.capacity(household, policy=make_policy())

    assert found.income == money("600")
    assert found.disposable == money("250")
    assert found.disposable_stressed == money("-20")
    assert found.capacity == money("0")
    assert found.binding is Binding.STRESS


def test_sales_are_cut_and_wages_are_not() -> None:
    found = affordability.capacity(make_household(), policy=make_policy(sales_haircut="0.30"))

    assert found.income == money("700")  # 400 + 1,000 x 0.7 - 400


def test_cover_binds_where_costs_eat_what_comes_in() -> None:
    found = affordability.capacity(make_household(), policy=CALM)

    assert found.disposable == money("375")
    assert found.binding is Binding.DEBT_SERVICE
    assert found.capacity == money("270")  # 800 x 0.40 - 50

    tight = affordability.capacity(make_household(household_costs=money("500")), policy=CALM)

    assert tight.binding is Binding.COVER
    assert tight.capacity == money("208.333")  # 250 / 1.2, rounded down


def test_a_debt_elsewhere_lowers_the_capacity_by_itself() -> None:
    before = affordability.capacity(make_household(debt_service=money("0")), policy=CALM)
    after = affordability.capacity(make_household(debt_service=money("50")), policy=CALM)

    assert before.capacity - after.capacity == money("50")


def test_capacity_is_never_below_nothing() -> None:
    poor = make_household(other_income=money("0"), sales=money("0"))

    found = affordability.capacity(poor, policy=make_policy())

    assert found.income == money("-400")
    assert found.capacity == money("0")


def test_every_limit_is_rounded_against_optimism() -> None:
    household = make_household(
        other_income=money("0.001"),
        sales=money("0.001"),
        business_costs=money("0"),
        household_costs=money("0"),
        debt_service=money("0"),
    )

    found = affordability.capacity(household, policy=make_policy())

    assert found.income == money("0.001")  # 0.8 of a fils of sales is nothing
    assert found.capacity == money("0")


def test_a_burden_is_all_instalments_over_income() -> None:
    found = affordability.capacity(make_household(), policy=CALM)

    burden = affordability.burden(found, instalment=money("150"))

    assert burden.debt_service_share == Decimal("0.250000")  # (50 + 150) / 800
    assert burden.cover == burden.stressed_cover == Decimal("2.500000")


def test_nothing_is_divided_by_nothing() -> None:
    found = affordability.capacity(
        make_household(other_income=money("0"), sales=money("500")), policy=CALM
    )

    assert affordability.burden(found, instalment=money("10")).debt_service_share is None
    assert affordability.burden(found, instalment=money("0")).cover is None


@pytest.mark.parametrize(
    "member", ["other_income", "sales", "business_costs", "household_costs", "debt_service"]
)
def test_a_negative_month_is_refused(member: str) -> None:
    with pytest.raises(MonthlyAmountNegative):
        make_household(**{member: money("-0.001")})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("sales_haircut", "1.01"),
        ("income_stress", "-0.01"),
        ("debt_service_limit", "2"),
        ("cost_stress", "-0.1"),
        ("cover_minimum", "0"),
        ("stressed_cover_minimum", "-1"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(member: str, value: str) -> None:
    with pytest.raises(PolicyImpossible):
        make_policy(**{member: value})


def test_costs_may_more_than_double_under_stress() -> None:
    assert make_policy(cost_stress="1.5").cost_stress == Decimal("1.5")


def test_two_currencies_are_not_added() -> None:
    with pytest.raises(CurrencyMismatch):
        affordability.capacity(make_household(sales=money("10.00", "USD")), policy=make_policy())
