"""Months, savings and contracts: whole, in order, and kept as they were told."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import freezing
from services.loans.domain.cash_flow import (
    MONTHS,
    CashFlow,
    Month,
    ReceiptListedTwice,
    SeasonIncomplete,
    SignedContract,
    VerifiedAboveTold,
)
from services.loans.domain.household import Household, HouseholdNegative
from services.loans.domain.opinion import (
    AS_USUAL,
    Care,
    LimitWithoutSource,
    OpinionRules,
    Weights,
    WeightsAllZero,
)
from tests.builders import money

ORDINARY = Household(
    other_income=money("300.000"),
    sales=money("600.000"),
    business_costs=money("150.000"),
    household_costs=money("250.000"),
    debt_service=money("0.000"),
)
WEIGHTS = ("total_cost", "burden", "subsidy", "term_years", "amount_missing", "term_moved")


def a_month(**changes: Any) -> Month:
    return replace(Month.ordinary(ORDINARY), **changes)


def a_contract(**changes: Any) -> SignedContract:
    members: dict[str, Any] = {"month": 3, "amount": money("80.000"), "proof": "PO-1"}
    return SignedContract(**members | changes)


@pytest.mark.parametrize("count", [1, 11, 13])
def test_a_year_has_twelve_months(count: int) -> None:
    with pytest.raises(SeasonIncomplete) as caught:
        CashFlow(months=(a_month(),) * count)
    assert caught.value.told == count


def test_no_more_income_is_proven_than_was_told() -> None:
    told = (a_month(),) * 11 + (a_month(verified_income=money("900.000")),)
    assert CashFlow(months=told).months[11].verified_income == money("900.000")
    above = (*told[:11], a_month(verified_income=money("900.001")))
    with pytest.raises(VerifiedAboveTold) as caught:
        CashFlow(months=above)
    assert caught.value.month == 12


def test_a_paper_pays_a_month_once() -> None:
    CashFlow(contracts=(a_contract(), a_contract(month=4), a_contract(proof="PO-2")))
    with pytest.raises(ReceiptListedTwice):
        CashFlow(contracts=(a_contract(), a_contract(amount=money("1.000"))))


@pytest.mark.parametrize(
    "members",
    [
        {"months": (a_month(sales=money("-0.001")),) * 12},
        {"saved": money("-1.000")},
        {"contracts": (a_contract(amount=money("-1.000")),)},
    ],
)
def test_nothing_is_below_zero(members: dict[str, Any]) -> None:
    with pytest.raises(HouseholdNegative):
        CashFlow(**members)


def test_where_no_months_are_told_each_is_as_the_ordinary_one() -> None:
    assert CashFlow(saved=money("5.000")).year(ORDINARY) == (Month.ordinary(ORDINARY),) * MONTHS
    told = tuple(a_month(sales=money(f"{number}.000")) for number in range(12))
    assert CashFlow(months=told).year(ORDINARY) == told


amounts = st.integers(0, 10**9).map(lambda minor: money("0.001") * minor)


@given(
    sales=st.lists(amounts, min_size=12, max_size=12),
    saved=st.none() | amounts,
    contracts=st.lists(
        st.tuples(st.integers(1, 120), amounts, st.integers(0, 24), st.integers(0, 100)),
        max_size=3,
        unique_by=lambda one: one[0],
    ),
)
def test_what_is_kept_comes_back_equal(
    sales: list[Any], saved: Any, contracts: list[tuple[int, Any, int, int]]
) -> None:
    told = CashFlow(
        months=tuple(a_month(sales=one, verified_income=one) for one in sales),
        saved=saved,
        contracts=tuple(
            a_contract(month=month, amount=amount, delay_months=late, discount=Decimal(off) / 100)
            for month, amount, late, off in contracts
        ),
    )
    kept = freezing.to_json(told)
    assert freezing.from_json(CashFlow, kept, currency="JOD") == told
    assert told.currencies == {"JOD"}


def test_weights_weigh_something() -> None:
    zero = dict.fromkeys(WEIGHTS, Decimal(0))
    with pytest.raises(WeightsAllZero):
        Weights(**zero)
    assert Weights(**zero | {"burden": Decimal("0.1")}).burden == Decimal("0.1")


@pytest.mark.parametrize("member", ["debt_service_outer", "lowest_month_share"])
def test_a_limit_of_others_says_whose_it_is(member: str) -> None:
    limit: dict[str, Any] = {member: Decimal("0.5")}
    with pytest.raises(LimitWithoutSource) as caught:
        Care(**limit)
    assert caught.value.member == member
    assert Care(**limit, limits_source="Circular 3").limits_source == "Circular 3"


def test_rules_come_back_equal_and_the_usual_ones_are_not_written() -> None:
    assert freezing.to_json(AS_USUAL) == {}
    rules = OpinionRules(
        weights=Weights(**dict.fromkeys(WEIGHTS, Decimal("1.5"))),
        care=Care(lowest_month_share=Decimal("0.3"), limits_source="Board, 3 May 2025"),
        seasonal=True,
        hazard_ages=(Decimal("0.2"), Decimal("1.8")),
    )
    assert freezing.from_json(OpinionRules, freezing.to_json(rules), currency="JOD") == rules
