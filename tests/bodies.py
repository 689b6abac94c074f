"""Bodies of requests that tests start from: each is lawful, and takes what a test is about."""

from typing import Any
from uuid import UUID

from tests import rulings

Json = dict[str, Any]
INTEREST = "conventional"


def amount(text: str, currency: str = "JOD") -> Json:
    return {"amount": text, "currency": currency}


def limits(least: object, usual: object, most: object) -> Json:
    return {"min": least, "default": usual, "max": most}


def qard(**changes: Any) -> Json:
    """100 to 5,000 JOD without profit, from waqf or donations, in 6 to 24 months.

    It rests on the ruling that every institution of a test has.
    """
    body: Json = {
        "code": "QARD",
        "name": {"ar": "قرض حسن", "fr": "Prêt bienveillant", "en": "Benevolent loan"},
        "mode_of_finance": "qard",
        "charge_method": "none",
        "amount": limits(amount("100.000"), amount("1000.000"), amount("5000.000")),
        "term_months": limits(6, 12, 24),
        "annual_rate": limits("0", "0", "0"),
        "grace_months": limits(0, 0, 3),
        "fund_kinds": ["waqf", "donation"],
        "price": {
            "cost_of_funds": "0",
            "operating_cost": amount("20.000"),
            "operating_cost_monthly": amount("1.000"),
        },
        "least_age_years": 18,
        "ruling": rulings.EVERYTHING,
    }
    return body | changes


def loan(**changes: Any) -> Json:
    """The same with a rate of 10 to 24 % on the declining balance, from commercial money."""
    body = qard(
        code="LOAN",
        mode_of_finance="conventional",
        charge_method="declining_balance",
        annual_rate=limits("0.10", "0.18", "0.24"),
        fund_kinds=["commercial"],
        ruling=None if changes.get("mode_of_finance", INTEREST) == INTEREST else rulings.EVERYTHING,
    )
    return body | changes


def person(branch_id: UUID, **changes: Any) -> Json:
    """A person with a document and consent."""
    body: Json = {
        "kind": "person",
        "branch_id": str(branch_id),
        "name": {"ar": "أحمد عبد الله"},
        "region": "amman",
        "sex": "male",
        "born_on": "1990-05-17",
        "consents": [{"purpose": "credit_decision", "effective_on": "2026-03-01"}],
    }
    return body | changes


def household(**changes: Any) -> Json:
    """900 a month comes in by sales and wages, 400 goes out."""
    body: Json = {
        "other_income": amount("300.000"),
        "sales": amount("600.000"),
        "business_costs": amount("150.000"),
        "household_costs": amount("250.000"),
        "debt_service": amount("0.000"),
    }
    return body | changes


def application(**changes: Any) -> Json:
    """1,000 JOD over twelve months for a sewing machine."""
    body: Json = {
        "product_code": "QARD",
        "amount": amount("1000.000"),
        "term_months": 12,
        "purpose": "ماكينة خياطة",
        "sector": "handicraft",
        "household": household(),
        "characteristics": {"years_in_business": "3", "training_done": True},
    }
    return body | changes


WORDS: dict[str, Any] = {
    "words": "Les fonds vont aux femmes.",
    "language": "fr",
    "source": "Convention 7",
    "dated_on": "2025-12-01",
    "whose": "donor",
    "valid_from": "2026-01-01",
}
"""What a donor's clause says, before its kind and its rule."""
