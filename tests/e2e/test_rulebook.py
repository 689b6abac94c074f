"""Two persons give a rule with its source; from then on the whole house lends by it."""

from typing import Any
from uuid import UUID

from tests import bodies
from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.people import Caller, Json

RULEBOOK = "/loans/v1/rulebook"
SOURCE = {"title": "Circular 4 of the board", "article": "2", "dated": "2026-01-05"}


def rule(topic: str, value: str, unit: str, **changes: Any) -> Json:
    return {
        "fact_id": f"own-{topic.replace('_', '-')}",
        "topic": topic,
        "country": "JO",
        "value": value,
        "unit": unit,
        "source": SOURCE,
        "confidence": "medium",
        "needs_legal_check": True,
    } | changes


async def by_two(office: Office, body: Json) -> None:
    """The administrator proposes and cannot approve; the funds manager does."""
    maker, checker = office.institution.administrator, office.manager
    proposed = await maker.post(f"{RULEBOOK}/overrides", body)
    path = f"{RULEBOOK}/overrides/{proposed['override_id']}/approval"
    alone = await maker.try_post(path, {})
    assert (alone.status_code, alone.json()["type"]) == (
        403,
        "/problems/loans/override-maker-decides",
    )
    assert (await checker.post(path, {}))["state"] == "approved"


async def told(caller: Caller, topic: str) -> list[Json]:
    read = await caller.get(f"{RULEBOOK}/facts", topic=topic)
    found: list[Json] = read["items"]
    return found


async def test_a_rule_by_two_persons_governs_products_applications_and_contracts(
    house: House,
) -> None:
    office = await journey.open_office(house)
    assert await told(office.auditor, "loan_ceiling") == []
    await by_two(office, rule("loan_ceiling", "1000", "JOD"))
    await by_two(office, rule("rate_cap", "0.15", "nominal"))

    (fact,) = await told(office.auditor, "loan_ceiling")
    assert (fact["own"], fact["confidence"], fact["needs_legal_check"]) == (True, "medium", True)
    assert fact["source"]["article"] == "2"

    dear = bodies.loan(code="DEAR")
    refused = await office.institution.administrator.try_post("/loans/v1/products", dear)
    assert (refused.status_code, refused.json()["cap"]) == (422, "0.15")
    fair = bodies.loan(code="FAIR", annual_rate=bodies.limits("0.10", "0.12", "0.15"))
    offered = await office.institution.administrator.post("/loans/v1/products", fair)
    assert [one["fact_id"] for one in offered["facts"]] == ["own-rate-cap"]

    borrower = bodies.person(UUID(office.branch_id), sex="female")
    above = bodies.application(borrower=borrower, amount=amount("1000.001"))
    answer = await office.officer.try_post("/loans/v1/applications", above)
    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "/problems/loans/loan-above-ceiling",
    )
    signed = await journey.signed_contract(office, amount=amount("1000.000"))
    rested_on = [one["fact_id"] for one in signed["facts"]]
    assert rested_on == ["own-loan-ceiling", "own-rate-cap"]
    kept = await office.auditor.get(f"{RULEBOOK}/uses/{signed['contract']['contract_id']}")
    assert [use["subject"] for use in kept["items"]] == ["contract"]
    assert kept["items"][0]["facts"] == signed["facts"]
