"""What the second engine says more: months, funds, rhythms, weights, a grant; and nothing else."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.scoring.domain import assessment
from services.scoring.domain.choices import QardBearsNoCharge
from services.scoring.domain.documents import DocumentMalformed
from shared.clients.scoring import AssessmentOut
from shared.money import CurrencyMismatch
from tests.scoring_cases import (
    amount,
    conventional_product,
    expert_card,
    make_inputs,
    make_request,
    qard_product,
)

EXPERT = expert_card()
CHEAP, DEAR = str(UUID(int=21)), str(UUID(int=22))
ROWS = Path(__file__).parents[2] / "golden/scoring/engine_1.jsonl"


def opinion(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = assessment.opinion_of(make_inputs(**changes), card=EXPERT)
    told = found | {
        "assessment_id": str(UUID(int=1)),
        "application_id": str(UUID(int=2)),
        "best": None,
        "assessed_at": "2026-11-22T00:00:00Z",
        "rejected": [{**item, "text": ""} for item in found["rejected"]],
    }
    AssessmentOut.model_validate_json(json.dumps(told))
    return found


def price(**changes: Any) -> dict[str, Any]:
    members: dict[str, Any] = make_request()["price"]
    return members | changes


def fund(fund_id: str, *, free: str | None = None, **changes: Any) -> dict[str, Any]:
    given = {"fund_id": fund_id, "price": price(**changes)}
    return given if free is None else given | {"free": amount(free)}


def season(*sales: str, buffer: str = "0.000", **changes: Any) -> dict[str, Any]:
    month = make_request()["household"] | {"other_income": amount("0.000")}
    months = [month | {"sales": amount(text)} for text in (sales * 12)[:12]]
    return {"months": months, "buffer": amount(buffer)} | changes


def test_old_inputs_have_the_old_terms() -> None:
    for line in ROWS.read_text(encoding="utf-8").splitlines()[4:12]:
        inputs = json.loads(line)["inputs"]
        first = assessment.opinion_of(inputs, card=EXPERT, engine="1")
        second = assessment.opinion_of(inputs, card=EXPERT)

        menu = second.pop("menu")
        assert isinstance(menu, list)
        less = [
            {name: value for name, value in offer.items() if name != "dominated_by"}
            for offer in menu
            if isinstance(offer, dict)
        ]
        assert {**second, "menu": less} == first


def test_an_engine_that_never_was_gives_no_opinion() -> None:
    with pytest.raises(ValueError, match="4"):
        assessment.opinion_of(make_inputs(), card=EXPERT, engine="4")


def test_months_that_bring_nothing_refuse_what_the_average_would_carry() -> None:
    """Good months sell 3,000 and bad ones nothing: savings of 100 carry no household for three."""
    sales = ("0.000", "0.000", "0.000", "3000.000", "3000.000", "3000.000")
    found = opinion(season=season(*sales, buffer="100.000"))

    codes = {item["code"] for item in found["rejected"]}
    assert "month_not_covered" in codes
    assert found["affordability"]["binding"] == "month"
    assert found["affordability"]["capacity"] == amount("0.000")
    failed = next(item for item in found["rejected"] if item["code"] == "month_not_covered")
    assert failed["figures"]["month"] == "1"
    assert opinion(season=season(*sales, buffer="9000.000"))["menu"]


def test_each_month_is_told_with_its_cover_in_each_trial() -> None:
    policy = {"month_without_income": True}
    found = opinion(season=season("1500.000", buffer="2000.000"), policy=policy)

    months = found["affordability"]["months"]
    assert len(months) == 36
    assert {item["trial"] for item in months} == {"expected", "stressed", "month_without_income"}
    first = months[0]
    assert first["left"] == amount("500.000")
    assert first["due"] == amount("55.008")
    assert first["cover"] == "45.447935"


def test_seasonal_instalments_are_shown_where_the_product_has_them() -> None:
    told = season("0.000", "3000.000", buffer="5000.000")

    found = opinion(season=told, product=conventional_product(seasonal=True))

    seasonal = found["affordability"]["seasonal"]
    assert [item["amount"] == "0.000" for item in seasonal["instalments"][:2]] == [True, False]
    assert seasonal["uncovered"] is None
    assert "seasonal" not in opinion(season=told)["affordability"]


def test_listed_debts_count_where_they_are_more_and_each_lender_once() -> None:
    def debt(source: str, lender: str, monthly: str) -> dict[str, Any]:
        told = {"source": source, "lender": lender, "monthly": amount(monthly)}
        return told | {"as_of": "2026-10-31"}

    one, two = debt("declared", "Bank A", "60.000"), debt("bureau", "bank a", "80.000")

    found = opinion(debts=[one, two, debt("bureau", "Fund B", "30.000")])
    told = opinion(household=make_request()["household"] | {"debt_service": amount("110.000")})
    assert found["affordability"] == told["affordability"]
    assert (
        opinion(debts=[debt("bureau", "B", "10.000")])["affordability"]
        == (opinion()["affordability"])
    )


def test_a_guarantee_lowers_the_price_and_never_the_burden() -> None:
    bare, guaranteed = opinion(), opinion(price=price(guaranteed_share="0.8"))

    assert guaranteed["affordability"] == bare["affordability"]
    assert guaranteed["points"] == bare["points"]
    loss = float(guaranteed["break_even"]["parts"]["expected_loss"])
    assert 0 < loss < float(bare["break_even"]["parts"]["expected_loss"]) / 4


def test_a_felt_burden_and_a_hump_move_the_price() -> None:
    hump = opinion(price=price(hazard_ages=["0.2", "1.8", "1"]))
    felt = opinion(price=price(burden_log_odds="2"))

    rates = {float(item["break_even"]["annual_rate"]) for item in (opinion(), hump, felt)}
    assert len(rates) == 3


def test_every_fund_has_its_price_and_the_cheaper_one_comes_first() -> None:
    found = opinion(funds=[fund(DEAR, cost_of_funds="0.12"), fund(CHEAP, cost_of_funds="0.01")])

    assert found["menu"][0]["fund_id"] == CHEAP
    assert {line["fund_id"] for line in found["menu"]} <= {CHEAP, DEAR}
    assert found["feasible"] + len(found["rejected"]) == 2 * 63
    dearer = [line["annual_rate"] for line in found["menu"] if line["fund_id"] == DEAR]
    assert all(float(rate) > float(found["menu"][0]["annual_rate"]) for rate in dearer)


def test_a_fund_lends_no_more_than_it_has() -> None:
    found = opinion(funds=[fund(CHEAP, free="450.000")])

    assert {line["amount"]["amount"] for line in found["menu"]} == {"450.000"}
    code = {item["code"] for item in found["rejected"] if item["amount"]["amount"] == "600.000"}
    assert code == {"fund_without_money"}


def test_other_products_are_on_the_same_menu() -> None:
    """A qard whose fund bears its cost stands beside the loan with a price, and costs less."""
    qard = qard_product(product_id=str(UUID(int=9)))
    other = {"product": qard, "price": price(subsidy_available=amount("100.000"))}

    found = opinion(alternatives=[other])

    best = found["menu"][0]
    assert best["product_id"] == str(UUID(int=9))
    assert best["total_cost"] == amount("0.000")
    with pytest.raises(QardBearsNoCharge):
        opinion(alternatives=[{"product": qard, "price": price(fee_share="0.01")}])


def test_rhythms_are_tried_and_terms_that_hold_no_whole_instalments_are_named() -> None:
    product = conventional_product(frequencies=["monthly", "quarterly", "weekly"])

    found = opinion(product=product, grace_months=0)

    codes = {(item["code"], item.get("frequency")) for item in found["rejected"]}
    assert ("not_whole_instalments", "quarterly") in codes
    assert ("not_whole_instalments", "weekly") in codes
    lines = {line["frequency"] for line in found["menu"]}
    assert lines <= {"monthly", "quarterly", "weekly"}
    assert len(lines) > 1


def test_the_weights_of_the_institution_decide_what_is_best() -> None:
    def weights(**heavy: str) -> dict[str, str]:
        names = ("total_cost", "burden", "subsidy", "term_years", "amount_missing", "term_moved")
        return {name: heavy.get(name, "0") for name in names}

    short = opinion(weights=weights(term_years="1", amount_missing="9"))["menu"][0]
    light = opinion(weights=weights(burden="1", amount_missing="9"))["menu"][0]

    assert short["term_months"] == 6
    assert light["term_months"] == 24
    assert short["amount"] == light["amount"] == amount("600.000")


def test_a_line_that_another_beats_everywhere_names_it() -> None:
    found = opinion(funds=[fund(CHEAP, cost_of_funds="0.01"), fund(DEAR, cost_of_funds="0.12")])

    beaten = [line for line in found["menu"] if line["dominated_by"] is not None]
    assert found["menu"][0]["dominated_by"] is None
    for line in beaten:
        better = found["menu"][line["dominated_by"] - 1]
        assert better["term_months"] <= line["term_months"]
        assert float(better["total_cost"]["amount"]) <= float(line["total_cost"]["amount"])


def test_who_can_pay_nothing_and_is_due_zakat_is_proposed_a_grant() -> None:
    poor = make_request()["household"] | {
        "other_income": amount("0.000"),
        "sales": amount("200.000"),
    }
    grant = {"fund_id": CHEAP, "zakat_class": "poor", "free": amount("400.000")}

    found = opinion(household=poor, grant=grant)

    assert found["proposal"]["fund_id"] == CHEAP
    assert found["proposal"]["code"] == "nothing_to_repay_from"
    assert found["proposal"]["figures"]["amount"] == "400.000 JOD"
    assert (found["menu"], found["advice"]) == ([], "refer")
    assert "proposal" not in opinion(grant=grant), "who can repay is lent"
    assert "proposal" not in opinion(household=poor)
    empty = grant | {"free": amount("0.000")}
    assert "proposal" not in opinion(household=poor, grant=empty)
    broken = opinion(household=poor, grant=grant, hard_facts={"of_legal_age": False})
    assert broken["advice"] == "decline"


@pytest.mark.parametrize(
    "change",
    [
        {"season": season("1.00") | {"buffer": {"amount": "1.00", "currency": "USD"}}},
        {"funds": [fund(CHEAP) | {"free": {"amount": "1.00", "currency": "USD"}}]},
        {
            "debts": [
                {
                    "source": "bureau",
                    "lender": "A",
                    "monthly": {"amount": "1.00", "currency": "USD"},
                    "as_of": "2026-10-31",
                }
            ]
        },
    ],
)
def test_another_currency_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(CurrencyMismatch):
        opinion(**change)


def test_ages_that_are_no_numbers_are_refused() -> None:
    inputs = make_inputs()
    inputs["price"] = inputs["price"] | {"hazard_ages": ["1", "many"]}

    with pytest.raises(DocumentMalformed):
        assessment.opinion_of(inputs, card=EXPERT)


def test_a_seasonal_line_tells_its_months_and_the_first_engine_has_none() -> None:
    told = season("0.000", "0.000", "0.000", "3000.000", "3000.000", "3000.000", buffer="3000.000")
    product = conventional_product(seasonal=True)
    lean = make_request()["household"] | {"other_income": amount("350.000")}
    found = opinion(season=told, product=product, household=lean, amount=amount("4800.000"))

    seasonal = [line for line in found["menu"] if "seasonal" in line]
    assert seasonal
    for line in seasonal:
        dues = [Decimal(due["amount"]) for due in line["seasonal"]]
        assert len(dues) == line["term_months"]
        assert Decimal(line["instalment"]["amount"]) == max(dues)
        cost = sum(dues) - Decimal(line["amount"]["amount"])
        assert cost == Decimal(line["total_cost"]["amount"])
    first = assessment.opinion_of(
        make_inputs(season=told, product=product, household=lean, amount=amount("4800.000")),
        card=EXPERT,
        engine="1",
    )
    lines = first["menu"]
    assert isinstance(lines, list)
    assert not any("seasonal" in line for line in lines if isinstance(line, dict))


def test_who_refuses_a_program_waits_for_a_person() -> None:
    asked, refused = opinion(), opinion(refuses_automation=True)

    assert asked["advice"] == "offer"
    assert "waits_for_person" not in asked
    assert refused == asked | {"advice": "refer", "waits_for_person": ["refuses_automation"]}


def test_a_broken_rule_stays_broken_for_who_refuses_a_program() -> None:
    found = opinion(refuses_automation=True, hard_facts={"of_legal_age": False})

    assert found["advice"] == "decline"
    assert found["waits_for_person"] == ["refuses_automation"]


def test_a_ceiling_says_who_set_it_and_since_when() -> None:
    law = "Law 5, article 3; since 2016-09-01"
    found = opinion(price=price(annual_rate_ceiling="0.05", ceiling_source=law))

    assert not found["menu"]
    assert {item["code"] for item in found["rejected"]} >= {"rate_above_ceiling"}
    failed = next(item for item in found["rejected"] if item["code"] == "rate_above_ceiling")
    assert failed["figures"]["source"] == law
    assert failed["figures"]["ceiling"] == "0.05"


def test_a_nominal_ceiling_bounds_the_rate_as_it_is_charged() -> None:
    def capped(most: str) -> dict[str, Any]:
        return opinion(price=price(nominal_rate_ceiling=most, nominal_ceiling_source="Law 6"))

    free, bound, none = opinion(), capped("0.12"), capped("0.09")
    assert max(Decimal(line["annual_rate"]) for line in free["menu"]) > Decimal("0.12")
    assert all(Decimal(line["annual_rate"]) <= Decimal("0.12") for line in bound["menu"])
    codes = {item["code"] for item in none["rejected"] if "source" in item["figures"]}
    assert codes == {"nominal_rate_above_ceiling"}
    assert not none["menu"]
    assert opinion(price=price(nominal_rate_ceiling="0.30")) == free
