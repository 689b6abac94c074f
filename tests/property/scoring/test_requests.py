"""Whatever lawful request comes, it has an opinion that can be told, or a problem that says why."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from services.scoring.domain import assessment
from shared.clients.scoring import AssessmentOut, AssessmentRequest
from shared.errors import RafidError
from tests.scoring_cases import expert_card

EXPERT = expert_card()

minors = st.one_of(st.integers(0, 10_000_000), st.integers(0, 10**15), st.just(1))
amounts = minors.map(lambda n: {"amount": f"{Decimal(n) / 1000:f}", "currency": "JOD"})
shares = st.integers(0, 1_000_000).map(lambda n: f"{Decimal(n) / 1_000_000:f}")
rates = st.one_of(shares, st.sampled_from(["0", "10", "0.000001"]))
numbers = st.integers(-(10**12), 10**12).map(lambda n: f"{Decimal(n) / 1_000_000:f}")
codes = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)


@st.composite
def products(draw: st.DrawFn) -> dict[str, Any]:
    low, usual, high = sorted(draw(st.tuples(rates, rates, rates)), key=Decimal)
    method = draw(st.sampled_from(["none", "flat", "declining_balance"]))
    is_qard = method == "none"
    shortest, longest = sorted(draw(st.tuples(*[st.integers(1, 120)] * 2)))
    return {
        "product_id": "0198c0de-0000-7000-8000-000000000000",
        "version": 1,
        "mode_of_finance": "qard" if is_qard else "conventional",
        "charge_method": method,
        "amount_min": {"amount": "0.001", "currency": "JOD"},
        "amount_max": draw(amounts),
        "term_months_min": shortest,
        "term_months_max": longest,
        "annual_rate_min": "0" if is_qard else low,
        "annual_rate_default": "0" if is_qard else usual,
        "annual_rate_max": "0" if is_qard else high,
        "annual_rate_step": "0.05",
        "grace_months_max": draw(st.integers(0, 24)),
    }


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    product = draw(products())
    free = product["charge_method"] == "none"
    names = ["other_income", "sales", "business_costs", "household_costs", "debt_service"]
    return {
        "assessment_id": "0198c0de-0000-7000-8000-000000000001",
        "application_id": "0198c0de-0000-7000-8000-000000000002",
        "product": product,
        "amount": draw(amounts),
        "term_months": draw(st.integers(1, 120)),
        "grace_months": draw(st.integers(0, 24)),
        "household": {name: draw(amounts) for name in names},
        "characteristics": draw(
            st.dictionaries(codes, st.one_of(codes, numbers, st.booleans(), st.none()), max_size=4)
        ),
        "hard_facts": {"of_legal_age": draw(st.booleans())},
        "price": {
            "cost_of_funds": draw(rates),
            "operating_cost": draw(amounts),
            "operating_cost_monthly": draw(amounts),
            "loss_given_default": draw(shares),
            "fee_share": "0" if free else draw(shares),
            "margin_share": "0" if free else draw(shares),
            "subsidy_available": draw(st.one_of(st.none(), amounts)),
            "annual_rate_ceiling": draw(st.one_of(st.none(), rates)),
        },
        "objective": draw(
            st.sampled_from(["balanced", "lowest_cost", "lowest_instalment", "lowest_subsidy"])
        ),
    }


@given(requests())
@settings(max_examples=60, deadline=None)
def test_a_lawful_request_has_an_opinion_or_a_problem(body: dict[str, Any]) -> None:
    request = AssessmentRequest.model_validate_json(json.dumps(body))
    try:
        found: dict[str, Any] = assessment.opinion_of(request.model_dump(mode="json"), card=EXPERT)
    except RafidError:
        reject()  # a problem that can be told
    rejected = [item | {"text": ""} for item in found["rejected"]]
    ids = {name: body[name] for name in ("assessment_id", "application_id")}
    answer = AssessmentOut.model_validate_json(
        json.dumps(
            {**found, **ids, "rejected": rejected, "best": None, "assessed_at": "2026-01-01T00:00Z"}
        )
    )
    assert answer.feasible >= len(answer.menu)
