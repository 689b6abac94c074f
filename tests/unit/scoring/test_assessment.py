"""The whole opinion: what it says, what it refuses, and that it is the same when asked again."""

import copy
import json
from typing import Any

import pytest

from services.scoring.domain import assessment, card_form
from services.scoring.domain.affordability import MonthlyAmountNegative
from services.scoring.domain.card_form import CharacteristicProtected
from services.scoring.domain.choices import QardBearsNoCharge
from services.scoring.domain.documents import DocumentMalformed
from services.scoring.domain.grid import AskedImpossible
from services.scoring.domain.scorecard import CharacteristicUnreadable
from shared.clients.scoring import AssessmentOut
from shared.money import CurrencyMismatch
from tests.scoring_cases import (
    a_card,
    a_number,
    amount,
    conventional_product,
    expert_card,
    make_inputs,
    make_request,
    qard_product,
)

EXPERT = expert_card()


def opinion(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = assessment.opinion_of(make_inputs(**changes), card=EXPERT)
    return found


def price(**changes: Any) -> dict[str, Any]:
    members: dict[str, Any] = make_request()["price"]
    return members | changes


def test_a_sound_application_is_offered_what_it_asks() -> None:
    found = opinion()

    assert (found["points"], found["grade"], found["advice"]) == (74, "B", "offer")
    assert (found["pd"], found["pd_basis"]) == ("0.080", "assumed")
    assert found["menu"][0]["amount"] == amount("600.000")
    assert found["hard_rules"] == []
    assert found["card"]["hash"] == EXPERT.hash


def test_capacity_figures_are_scored_as_we_reckon_them() -> None:
    """Income 1,100, debts 50, instalment 55.008; in a bad month 1,120 - 715 - 50 are left."""
    found = opinion()

    assert found["affordability"]["instalment_asked"] == amount("55.008")
    assert found["affordability"]["debt_service_share"] == "0.095462"
    assert found["affordability"]["stressed_cover"] == "6.453607"
    values = {item["characteristic"]: item["value"] for item in found["breakdown"]}
    assert values["debt_service_share"] == "0.095462"
    assert values["stressed_cover"] == "6.453607"


def test_nobody_scores_himself_by_sending_our_own_figures() -> None:
    told = make_request()["characteristics"] | {"debt_service_share": "0", "stressed_cover": "99"}

    assert opinion(characteristics=told)["breakdown"] == opinion()["breakdown"]


@pytest.mark.parametrize(
    ("facts", "broken"),
    [
        ({"of_legal_age": False}, ["of_legal_age"]),
        ({"of_legal_age": True, "in_default_now": True}, ["in_default_now"]),
        ({"of_legal_age": True, "identity_proven": False}, ["identity_proven"]),
        (
            {"of_legal_age": False, "activity_permitted": False},
            ["of_legal_age", "activity_permitted"],
        ),
    ],
)
def test_a_hard_rule_declines_and_changes_no_points(
    facts: dict[str, bool], broken: list[str]
) -> None:
    found = opinion(hard_facts=facts)

    assert found["advice"] == "decline"
    assert found["hard_rules"] == broken
    assert found["points"] == opinion()["points"]


def test_an_application_without_feasible_terms_is_declined_with_every_reason() -> None:
    household = make_request()["household"] | {"household_costs": amount("900.000")}

    found = opinion(household=household)

    assert found["advice"] == "decline"
    assert found["menu"] == []
    assert {item["code"] for item in found["rejected"]} == {"too_high_instalment"}


def test_a_weak_score_is_referred_to_a_person() -> None:
    found = opinion(
        characteristics={"past_repayment": "serious_arrears", "account_conduct": "overdrawn"}
    )

    assert (found["grade"], found["advice"]) == ("D", "refer")
    assert found["reasons"][0]["characteristic"] == "past_repayment"
    assert len(found["reasons"]) == 4


def test_the_break_even_price_is_made_of_its_parts() -> None:
    found = opinion()["break_even"]

    assert found["annual_rate"] == "0.198884567"
    assert set(found["parts"]) == {"funds", "operations", "expected_loss", "margin", "fee"}
    assert found["subsidy"] == amount("0.000")
    assert found["cost_fee"] == amount("32.000")


def test_what_no_rate_of_the_product_carries_states_the_missing_subsidy() -> None:
    costly = price(operating_cost=amount("200.000"))

    found = opinion(price=costly)["break_even"]

    assert found["annual_rate"] is None
    assert found["parts"] == {}
    assert found["subsidy"]["amount"] > "0"


def test_a_qard_has_no_price_but_a_need_and_the_fee_it_may_bear() -> None:
    found = opinion(product=qard_product(), price=price(subsidy_available=None))

    assert found["break_even"]["annual_rate"] is None
    assert found["break_even"]["cost_fee"] == amount("32.000")
    assert {line["annual_rate"] for line in found["menu"]} == {"0"}
    assert {line["total_cost"]["amount"] for line in found["menu"]} == {"0.000"}
    assert found["menu"][0]["subsidy"]["amount"] > "0"


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"product": qard_product(charge_method="flat")}, "charge_method"),
        ({"product": conventional_product(charge_method="none")}, "charge_method"),
        ({"product": qard_product(annual_rate_max="0.01")}, "annual_rate_max"),
        ({"product": qard_product(), "price": price(fee_share="0.01")}, "fee_share"),
        ({"product": qard_product(), "price": price(margin_share="0.01")}, "margin_share"),
    ],
)
def test_a_qard_that_earns_is_refused(change: dict[str, Any], member: str) -> None:
    with pytest.raises(QardBearsNoCharge) as refused:
        opinion(**change)

    assert refused.value.member == member


@pytest.mark.parametrize(
    "change",
    [
        {"price": price(operating_cost=amount("20.00", "USD"))},
        {"product": conventional_product(amount_max=amount("5000.00", "USD"))},
        {"household": make_request()["household"] | {"sales": amount("1.00", "USD")}},
        {"amount": amount("600.00", "USD")},
    ],
)
def test_one_assessment_has_one_currency(change: dict[str, Any]) -> None:
    with pytest.raises(CurrencyMismatch):
        opinion(**change)


@pytest.mark.parametrize(
    "told", [{"age": "33"}, {"sex": "f"}, {"household_head": "female"}, {"home_language": "x"}]
)
def test_a_protected_trait_is_not_even_taken_in(told: dict[str, str]) -> None:
    with pytest.raises(CharacteristicProtected):
        opinion(characteristics=told)


def test_what_is_no_loan_or_no_household_is_refused() -> None:
    household = make_request()["household"] | {"sales": amount("-1.000")}

    with pytest.raises(MonthlyAmountNegative):
        opinion(household=household)
    with pytest.raises(AskedImpossible):
        opinion(amount=amount("-1.000"))
    with pytest.raises(CharacteristicUnreadable):
        opinion(characteristics={"housing": "castle"})


def test_inputs_of_another_form_are_refused() -> None:
    inputs = make_inputs()
    inputs["characteristics"]["references"] = 3

    with pytest.raises(DocumentMalformed) as refused:
        assessment.opinion_of(inputs, card=EXPERT)

    assert refused.value.path == "/characteristics/references"


def test_the_same_inputs_give_the_same_opinion_bit_for_bit() -> None:
    inputs = make_inputs()
    before = copy.deepcopy(inputs)

    first = assessment.opinion_of(inputs, card=EXPERT)
    stored = json.loads(json.dumps(first))
    again = assessment.opinion_of(json.loads(json.dumps(inputs)), card=expert_card())

    assert stored == first == again
    assert inputs == before


def test_another_card_gives_another_opinion_and_says_which() -> None:
    small = card_form.scorecard_of(a_card(a_number()))

    found = assessment.opinion_of(make_inputs(), card=small)

    assert found["card"] == {"card_id": "small", "version": "1.0.0", "hash": small.hash}
    assert found["points"] == 10


def test_an_opinion_is_an_answer_once_it_has_its_names() -> None:
    found = opinion()
    rejected = [item | {"text": "…"} for item in found["rejected"]]
    named = found | {
        "assessment_id": "0198c0de-0000-7000-8000-000000000000",
        "application_id": "0198c0de-0000-7000-8000-000000000001",
        "rejected": rejected,
        "best": found["menu"][0],
        "assessed_at": "2026-04-01T08:00:00Z",
    }

    answer = AssessmentOut.model_validate_json(json.dumps(named))

    assert answer.best == answer.menu[0]
    assert answer.feasible >= len(answer.menu)
