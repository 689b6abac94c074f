"""What scoring says of an application, from the desk to the menu and back, over HTTP."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.clients.rate_reviews import RateReviewOut
from shared.clients.scoring import (
    AssessmentOut,
    AssessmentRequest,
    ScoringClient,
    ScoringUnavailable,
)
from shared.clock import SystemClock
from shared.ids import InstitutionId
from tests import bodies
from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import House, until
from tests.e2e.journey import Office
from tests.e2e.people import Caller, Json
from tests.integration.loans import own_facts, zakat_scene

NOTHING = {
    "other_income": amount("120.000"),
    "sales": amount("0.000"),
    "business_costs": amount("0.000"),
    "household_costs": amount("350.000"),
    "debt_service": amount("0.000"),
}
WOMEN = {
    "kind": "sex",
    "rule": {"values": ["female"]},
    "words": "للنساء",
    "language": "ar",
    "source": "Deed 4",
    "dated_on": "2025-12-01",
    "whose": "donor",
    "valid_from": "2026-01-01",
}


async def file_of(office: Office, application: Json, language: str) -> Json:
    """The officer's whole file of an application, in a language."""
    answer = await office.officer.http.get(
        f"/loans/v1/applications/{application['application_id']}",
        headers={
            "Authorization": f"Bearer {office.officer.token}",
            "Accept-Language": language,
        },
    )
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def needy(office: Office, house: House) -> str:
    """A person who was visited, tested and counted to the poor."""
    today = SystemClock().now().date()
    await own_facts.give(house.database, office.institution.id, zakat_scene.line())
    person = bodies.person(UUID(office.branch_id), name={"ar": "سعاد الفقيرة"}, sex="female")
    person["documents"] = [{"type": "national_id", "number": "9871234560"}]
    borrower = await office.officer.post("/loans/v1/borrowers", person)
    case = {
        "borrower_id": borrower["borrower_id"],
        "told": zakat_scene.told(),
        "shown": zakat_scene.shown(*zakat_scene.NEED, on=today),
    }
    made = await office.officer.post("/loans/v1/zakat/cases", case)
    decision = {"zakat_class": "fuqara", "reasons": ""}
    path = f"/loans/v1/zakat/cases/{made['eligibility_id']}/decision"
    await office.approver.post(path, decision)
    return str(borrower["borrower_id"])


async def test_a_destitute_person_who_is_due_zakat_is_proposed_a_grant(house: House) -> None:
    office = await journey.open_office(house)
    fund = await office.manager.post(
        "/loans/v1/funds",
        {"code": "ZAKAT", "kind": "zakat", "currency": "JOD", "names": journey.FUND_NAMES},
    )
    collected = {
        "fund_id": fund["fund_id"],
        "amount": amount("700.000"),
        "region": "amman",
        "received_on": SystemClock().now().date().isoformat(),
    }
    await office.manager.post("/loans/v1/zakat/collections", collected)
    borrower_id = await needy(office, house)

    application = await office.officer.post(
        "/loans/v1/applications", bodies.application(borrower_id=borrower_id, household=NOTHING)
    )

    opinion = application["assessment"]
    assert (opinion["advice"], opinion["menu"]) == ("refer", [])
    proposal = opinion["proposal"]
    assert (proposal["kind"], proposal["fund_id"]) == ("grant", fund["fund_id"])
    assert proposal["figures"]["amount"] == "700.000 JOD"
    assert opinion["waits_for_person"] == ["grant_proposed"]
    arabic = await file_of(office, application, "ar")
    assert arabic["assessment"]["proposal"]["text"].startswith("تُقترَح منحة")
    assert arabic["waits_for_person"][0].startswith("تُقترح منحة")
    sound = await journey.apply(office)
    assert sound["assessment"]["proposal"] is None
    assert "waits_for_person" not in sound


async def priced_office(house: House) -> tuple[Office, str, str]:
    """Loans at a price from lenders' money, by the season; one of two funds is for women."""
    office = await journey.open_office(house)
    product = bodies.loan(opinion={"seasonal": True}, annual_rate=bodies.limits("0", "0.14", "0.3"))
    await office.institution.administrator.post("/loans/v1/products", product)
    law = own_facts.fact("rate_cap", "0.16", unit="effective", **{"from": "2026-01-01"})
    await own_facts.give(house.database, office.institution.id, law)
    bank, women = [
        (await journey.open_fund(office.manager, receipt="9000.000", kind="commercial"))[0]
        for _ in range(2)
    ]
    clause = await office.manager.post(f"/loans/v1/funds/{women}/clauses", WOMEN)
    checker = office.institution.administrator
    await checker.post(f"/loans/v1/clauses/{clause['clause_id']}/approval", {})
    return office, bank, women


def harvest() -> Json:
    """Nine months that sell nothing, three that sell for the year."""

    def month(sales: str) -> Json:
        return bodies.household(other_income=amount("290.000"), sales=amount(sales))

    lean = month("0.000") | {"business_costs": amount("0.000")}
    return {"months": ([lean] * 3 + [month("2400.000")]) * 3, "saved": amount("0.000")}


async def test_the_menu_knows_funds_law_and_months(house: House) -> None:
    office, bank, women = await priced_office(house)
    name = {"ar": "يوسف البستاني"}
    man = bodies.person(UUID(office.branch_id), name=name, born_on="1979-02-03")

    application = await office.officer.post(
        "/loans/v1/applications",
        bodies.application(product_code="LOAN", borrower=man, cash_flow=harvest()),
    )

    menu = application["assessment"]["menu"]
    assert menu, application["assessment"]["rejected"][:3]
    assert {line["fund_id"] for line in menu} == {bank}
    assert all(float(line["effective_annual_rate"]) <= 0.16 for line in menu)
    assert all(line["seasonal"] for line in menu), "no equal months can be borne here"
    best = application["assessment"]["best"]
    dues = [float(due["amount"]) for due in best["seasonal"]]
    assert len(dues) == best["term_months"]
    assert min(dues) < max(dues) == float(best["instalment"]["amount"])
    asked = (await file_of(office, application, "ar"))["asked"]
    assert asked["ceilings"] == [
        {
            "unit": "effective",
            "annual_rate": "0.16",
            "source": "Ruling 7 of the board؛ منذ 2026-01-01",
        }
    ]
    (refusal,) = next(one for one in asked["funds"] if one["fund_id"] == women)["refusals"]
    assert refusal["sentence"].startswith("جنس المقترض")
    assert "للنساء" in refusal["source"]
    await scoring_kept_the_same(office, application)


async def scoring_kept_the_same(office: Office, application: Json) -> None:
    """The question that loans keeps asks scoring for nothing new."""
    reader = await office.institution.program("auditor", service="scoring")
    found = await reader.get(
        "/scoring/v1/assessments", application_id=application["application_id"]
    )
    (kept,) = found["items"]
    assert kept["assessment_id"] == application["asked"]["assessment_id"]
    assert kept["menu"] == [_plain(line) for line in application["assessment"]["menu"]]


def _plain(line: Json) -> Json:
    """A line as scoring writes it: what does not apply is left out."""
    return {name: value for name, value in line.items() if value is not None} | {
        "dominated_by": line["dominated_by"]
    }


class LosesAnswers:
    """Scoring itself, whose first answer is lost on the way back."""

    def __init__(self, scoring: ScoringClient) -> None:
        self.scoring = scoring
        self.asked: list[bytes] = []
        self.answered: list[AssessmentOut] = []

    async def assess(
        self, request: AssessmentRequest, *, institution_id: InstitutionId
    ) -> AssessmentOut:
        return (await self.assess_many([request], institution_id=institution_id))[0]

    async def assess_many(
        self, requests: Sequence[AssessmentRequest], *, institution_id: InstitutionId
    ) -> list[AssessmentOut]:
        answers = await self.scoring.assess_many(requests, institution_id=institution_id)
        self.asked += [request.model_dump_json().encode() for request in requests]
        self.answered += answers
        if requests and len(self.asked) == len(requests):
            raise ScoringUnavailable(reason="ReadTimeout")
        return answers

    async def rate_review(self, review_id: UUID, **more: Any) -> RateReviewOut:
        return await self.scoring.rate_review(review_id, **more)


async def test_a_lost_answer_is_given_again_as_it_was(house: House) -> None:
    office, _, _ = await priced_office(house)
    assert house.rafid is not None
    state = house.rafid.loans.state
    state.scoring = LosesAnswers(state.scoring)

    application = await journey.apply(office, product_code="LOAN")
    assert application["status"] == "waiting_for_assessment"
    await journey.open_fund(office.manager, receipt="5000.000", kind="commercial")

    async def is_assessed() -> bool:
        return bool((await file_of(office, application, "en"))["status"] == "assessed")

    await until(is_assessed, named="the question being asked again")
    first, *again = state.scoring.asked
    assert set(again) == {first}
    assert state.scoring.answered[0] == state.scoring.answered[1]
    auditor: Caller = office.auditor
    path = f"/loans/v1/applications/{application['application_id']}/questions"
    answer = await auditor.try_get(path)
    (question,) = answer.json()
    assert AssessmentRequest.model_validate(question["request"]).model_dump_json().encode() == first
