"""Applications that scoring tests start from: a sound one, and what a test is about changed."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from services.scoring.domain import card_form
from services.scoring.domain.affordability import Household, Policy
from services.scoring.domain.grid import Limits
from services.scoring.domain.pricing import ChargeMethod, Costs
from services.scoring.domain.scorecard import Scorecard
from shared import ids
from shared.clients.scoring import AssessmentRequest
from shared.money import Money

Json = dict[str, Any]

EXPERT = Path(__file__).parents[1] / "services/scoring/models/cards/expert-v1.json"


def money(text: str, currency: str = "JOD") -> Money:
    return Money.parse(text, currency)


def amount(text: str, currency: str = "JOD") -> Json:
    return {"amount": text, "currency": currency}


def expert_document() -> Json:
    document: Json = json.loads(EXPERT.read_text(encoding="utf-8"))
    return document


def expert_card() -> Scorecard:
    return card_form.scorecard_of(expert_document())


def make_household(**changes: Money) -> Household:
    """Wages of 400 and a stall that sells 1,000; 375 are left in an ordinary month."""
    members = {
        "other_income": money("400"),
        "sales": money("1000"),
        "business_costs": money("400"),
        "household_costs": money("375"),
        "debt_service": money("50"),
    }
    return Household(**(members | changes))


def make_policy(**changes: str) -> Policy:
    members = {
        "sales_haircut": "0.20",
        "income_stress": "0.20",
        "cost_stress": "0.10",
        "debt_service_limit": "0.40",
        "cover_minimum": "1.20",
        "stressed_cover_minimum": "1.00",
    }
    shares: Json = {name: Decimal(value) for name, value in (members | changes).items()}
    return Policy(**shares)


def make_limits(**changes: Any) -> Limits:
    members: Json = {
        "charge_method": ChargeMethod.DECLINING_BALANCE,
        "amount_min": money("100"),
        "amount_max": money("5000"),
        "term_months_min": 6,
        "term_months_max": 24,
        "annual_rate_min": Decimal("0.10"),
        "annual_rate_default": Decimal("0.18"),
        "annual_rate_max": Decimal("0.30"),
        "annual_rate_step": Decimal("0.01"),
        "grace_months_max": 0,
        "annual_rate_ceiling": None,
    }
    return Limits(**(members | changes))


def make_costs(**changes: Any) -> Costs:
    members: Json = {
        "cost_of_funds": Decimal("0.05"),
        "operating_cost": money("20"),
        "operating_cost_monthly": money("1"),
        "loss_given_default": Decimal("0.60"),
        "fee_share": Decimal(0),
        "margin_share": Decimal(0),
    }
    return Costs(**(members | changes))


def conventional_product(**changes: Any) -> Json:
    body: Json = {
        "product_id": str(UUID(int=7)),
        "version": 1,
        "mode_of_finance": "conventional",
        "charge_method": "declining_balance",
        "amount_min": amount("100.000"),
        "amount_max": amount("5000.000"),
        "term_months_min": 6,
        "term_months_max": 24,
        "annual_rate_min": "0.10",
        "annual_rate_default": "0.18",
        "annual_rate_max": "0.30",
        "grace_months_max": 2,
    }
    return body | changes


def qard_product(**changes: Any) -> Json:
    free = {
        "mode_of_finance": "qard",
        "charge_method": "none",
        "annual_rate_min": "0",
        "annual_rate_default": "0",
        "annual_rate_max": "0",
    }
    return conventional_product(**(free | changes))


def make_request(**changes: Any) -> Json:
    """A body of POST /scoring/v1/assessments: 600 JOD over 12 months, comfortably carried."""
    body: Json = {
        "assessment_id": str(ids.new()),
        "application_id": str(ids.new()),
        "branch_id": None,
        "product": conventional_product(),
        "amount": amount("600.000"),
        "term_months": 12,
        "household": {
            "other_income": amount("600.000"),
            "sales": amount("1000.000"),
            "business_costs": amount("300.000"),
            "household_costs": amount("350.000"),
            "debt_service": amount("50.000"),
        },
        "characteristics": {
            "past_repayment": "all_repaid",
            "account_conduct": "regular_inflow",
            "months_in_business": "48",
            "sales_proof": "receipts",
            "training_done": True,
            "other_lenders": "0",
            "sector": "food",
        },
        "hard_facts": {"of_legal_age": True},
        "price": {
            "cost_of_funds": "0.05",
            "operating_cost": amount("20.000"),
            "operating_cost_monthly": amount("1.000"),
            "subsidy_available": amount("0.000"),
        },
    }
    return body | changes


def make_inputs(**changes: Any) -> Json:
    """The same as it is kept: every default filled in."""
    request = AssessmentRequest.model_validate_json(json.dumps(make_request(**changes)))
    return request.model_dump(mode="json")


def a_card(*characteristics: Json, **changes: Any) -> Json:
    """A small document: the groups are made to fit the characteristics."""
    groups: dict[str, int] = {}
    for item in characteristics:
        most = max(part["points"] for part in item["bins"])
        groups[item["group"]] = groups.get(item["group"], 0) + most
    document: Json = {
        "form": 1,
        "card_id": "small",
        "version": "1.0.0",
        "groups": groups,
        "grades": [
            {"grade": "A", "from": 10, "advice": "offer"},
            {"grade": "B", "from": 0, "advice": "refer"},
        ],
        "pd": {
            "basis": "assumed",
            "table": [{"from": 0, "pd": "0.200"}, {"from": 10, "pd": "0.050"}],
        },
        "unknown_reason": {"ar": "غير معروف: {label}", "fr": "Inconnu : {label}", "en": "{label}?"},
        "characteristics": list(characteristics),
    }
    return document | changes


def a_number(name: str = "months_in_business", **changes: Any) -> Json:
    """A rising number with 0, 4 and 10 points, cut at 6 and 24."""
    item: Json = {
        "id": name,
        "group": "business",
        "source": "application",
        "known_at": "application",
        "direction": "up",
        "bins": [
            {"upper": "6", "points": 0},
            {"lower": "6", "upper": "24", "points": 4},
            {"lower": "24", "points": 10},
        ],
        "missing": 3,
        "label": {"ar": "الخبرة", "fr": "Ancienneté", "en": "Time in this work"},
        "reason": {"ar": "خبرة قصيرة", "fr": "Activité récente", "en": "The work is recent"},
        "hint": {"ar": "إثبات", "fr": "Preuve", "en": "Show earlier work"},
    }
    return item | changes


def a_choice(name: str = "training_done", **changes: Any) -> Json:
    """Levels yes (6 points) and no (1 point)."""
    bins = [{"levels": ["yes"], "points": 6}, {"levels": ["no"], "points": 1}]
    return a_number(name, **({"direction": "none", "bins": bins, "missing": 2} | changes))
