"""A run as a funds manager would ask for it: three funds, six people who wait, and the weights."""

from typing import Any

from shared import ids

RUNS = "/scoring/v1/assignment-runs"
Json = dict[str, Any]

WORDS = {
    "other_region": {"ar": "منطقة أخرى", "fr": "Autre région", "en": "Another region"},
}


def jod(text: str) -> Json:
    return {"amount": text, "currency": "JOD"}


def fund(budget: str = "1000.000", **more: Any) -> Json:
    return {"fund_id": str(ids.new()), "budget": jod(budget)} | more


def waiting(*eligible: Json, amount: str = "400.000", **more: Any) -> Json:
    """An application that the named funds may finance."""
    return {
        "application_id": str(ids.new()),
        "amount": jod(amount),
        "applied_on": "2026-11-02",
        "sector": "trade",
        "expected_loss": "0.02",
        "social": {"poverty": "1"},
        "eligible": [each["fund_id"] for each in eligible],
    } | more


def run(funds: list[Json], applications: list[Json], **more: Any) -> Json:
    return {
        "as_of": "2026-11-22",
        "weights": {"social": {"poverty": "3", "women": "1"}, "cost": "0.01", "urgency": "0.001"},
        "funds": funds,
        "applications": applications,
        "words": WORDS,
    } | more
