"""An adopted policy moves a product's limits by its rules, or says why a person has to."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain.dating import Dating
from services.loans.domain.product import Limits, LimitsInvalid
from services.loans.domain.revising import (
    Change,
    ReviewLeavesProduct,
    ReviewNeedsPerson,
    Rule,
    revised,
)
from services.loans.domain.terms import ChargeMethod
from tests.builders import money
from tests.unit.loans.test_product import limits, make_product


def change(where: dict[str, str] | None = None, **rules: Rule) -> Change:
    return Change(where=where or {}, rules=rules)


def shares(*values: str) -> Limits[Decimal]:
    least, usual, most = map(Decimal, values)
    return Limits(least=least, usual=usual, most=most)


def test_rates_terms_grace_and_amounts_move_by_their_rules() -> None:
    found = revised(
        make_product(),
        policy="half",
        changes=[
            change(annual_rate=Rule(times=Decimal("0.5")), term=Rule(times=Decimal("1.5"))),
            change({"product": "LOAN"}, grace=Rule(plus=Decimal(1)),
                   amount=Rule(high=Decimal(4000))),
        ],
    )  # fmt: skip

    assert found.annual_rate == shares("0.05", "0.09", "0.12")
    assert found.term_months == limits(9, 18, 36)
    assert found.grace_months == limits(1, 1, 4)
    assert found.amount == limits(money("100.000"), money("1000.000"), money("4000.000"))
    assert (found.version, found.code) == (1, "LOAN")


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (Rule(set_to=Decimal("0.2")), ("0.2", "0.2", "0.2")),
        (Rule(low=Decimal("0.12"), high=Decimal("0.2")), ("0.12", "0.18", "0.2")),
        (Rule(times=Decimal("0.74011")), ("0.074011", "0.133220", "0.177626")),
        (Rule(times=Decimal("0.5"), plus=Decimal("0.1")), ("0.15", "0.19", "0.22")),
    ],
)
def test_a_rate_is_set_multiplied_raised_and_bounded(rule: Rule, wanted: tuple[str, ...]) -> None:
    found = revised(make_product(), policy="p", changes=[change(annual_rate=rule)])

    assert found.annual_rate == shares(*wanted)


def test_months_are_whole_half_to_even() -> None:
    product = make_product(term_months=limits(5, 7, 9), grace_months=limits(0, 0, 0))
    found = revised(product, policy="p", changes=[change(term=Rule(times=Decimal("1.5")))])

    assert found.term_months == limits(8, 10, 14)


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [change()],
        [change({"product": "OTHER"}, annual_rate=Rule(times=Decimal("0.5")))],
        [change({"product": "OTHER", "region": "north"}, fee_share=Rule(set_to=Decimal(0)))],
        [change(annual_rate=Rule())],
    ],
)
def test_a_policy_that_leaves_the_product_is_named(changes: list[Change]) -> None:
    with pytest.raises(ReviewLeavesProduct):
        revised(make_product(), policy="p", changes=changes)


@pytest.mark.parametrize(
    ("where", "rules", "member"),
    [
        ({"region": "north"}, {"annual_rate": Rule(times=Decimal("0.5"))}, "region"),
        ({"product": "LOAN", "sex": "women"}, {"term": Rule(plus=Decimal(6))}, "sex"),
        ({}, {"fee_share": Rule(set_to=Decimal(0))}, "fee_share"),
    ],
)
def test_what_limits_cannot_say_needs_a_person(
    where: dict[str, str], rules: dict[str, Rule], member: str
) -> None:
    with pytest.raises(ReviewNeedsPerson) as refused:
        revised(make_product(), policy="p", changes=[change(where, **rules)])

    assert refused.value.member == member


@pytest.mark.parametrize(
    "rules",
    [
        {"term": Rule(times=Decimal(9))},
        {"term": Rule(times=Decimal(0))},
        {"grace": Rule(plus=Decimal(6))},
    ],
)
def test_limits_that_are_none_make_no_product(rules: dict[str, Any]) -> None:
    with pytest.raises(LimitsInvalid):
        revised(make_product(), policy="p", changes=[change(**rules)])


def test_term_and_grace_move_together() -> None:
    longer = change(term=Rule(plus=Decimal(6)), grace=Rule(plus=Decimal(6)))

    assert revised(make_product(), policy="p", changes=[longer]).grace_months.most == 9


@settings(max_examples=30, deadline=None)
@given(st.decimals(min_value=0, max_value=2, places=4).filter(lambda times: times != 1))
def test_a_rule_keeps_limits_in_order(times: Decimal) -> None:
    rule = change(annual_rate=Rule(times=times, high=Decimal("0.3")))
    rate = revised(make_product(), policy="p", changes=[rule]).annual_rate

    assert Decimal(0) <= rate.least <= rate.usual <= rate.most <= Decimal("0.3")


def test_monthly_is_another_frequency_than_every_second_month() -> None:
    """The name is the same, the steps are not: the version would be opened without the change."""
    product = make_product(dating=Dating(every=2), grace_months=limits(0, 0, 2))
    monthly = Change(where={}, rules={"term": Rule(times=Decimal(2))}, frequency="monthly")

    with pytest.raises(ReviewNeedsPerson) as refused:
        revised(product, policy="p", changes=[monthly])

    assert refused.value.member == "frequency"
    plain = revised(make_product(), policy="p", changes=[monthly])
    assert (plain.frequency.value, plain.term_months) == ("monthly", limits(12, 24, 48))


@pytest.mark.parametrize(
    "rule",
    [
        Rule(set_to=Decimal("0.12")),
        Rule(plus=Decimal("-0.01")),
        Rule(low=Decimal("0.11")),
        Rule(high=Decimal("0.12")),
    ],
)
def test_a_rate_that_is_named_is_no_flat_one(rule: Rule) -> None:
    """12 % of what is outstanding is some 6.6 % of the principal: a person says which is meant."""
    flat = make_product(charge_method=ChargeMethod.FLAT)
    with pytest.raises(ReviewNeedsPerson) as refused:
        revised(flat, policy="p", changes=[change(annual_rate=rule)])
    assert refused.value.member == "annual_rate"

    half = revised(flat, policy="p", changes=[change(annual_rate=Rule(times=Decimal("0.5")))])
    assert half.annual_rate == shares("0.05", "0.09", "0.12")
