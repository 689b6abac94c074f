"""An application comes in once, with all it needs or not at all."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from services.loans.applications import assessing, operations, queries
from services.loans.applications.schemas import ApplicationIn
from services.loans.applications.tables import ApplicationRow
from services.loans.domain.application import Submission
from services.loans.domain.borrower import BorrowerKind, Consent, ConsentPurpose, NewBorrower
from services.loans.domain.product import OutsideProduct
from services.loans.products import queries as products
from shared.auth import Role
from shared.db import TenantDb
from shared.ids import ApplicationId, BorrowerId
from shared.schemas import Page
from tests import bodies
from tests.fakes import FakeScoring
from tests.integration.loans import desks
from tests.integration.loans.desks import APPLICATIONS, submit, submitted, told
from tests.office import NOW, TODAY, Caller, Office


async def test_an_application_with_its_borrower_is_taken_in_and_assessed(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    file = await submitted(officer, desk)
    assert file["reference"] == "AP-2026-000001"
    assert (file["status"], file["standing"], file["recommended"]) == ("assessed", None, "approve")
    assert file["borrower"]["name"] == {"ar": "أحمد عبد الله", "latin": None}
    assert file["assessment"]["points"] == 70
    assert file["characteristics"] == {"years_in_business": "3", "training_done": True}
    assert [one["event"] for one in file["history"]] == ["submit", "assess"]
    assert await told(desk) == [
        "loans.application-submitted.v1",
        "loans.application-assessed.v1",
    ]
    (asked,) = scoring.asked
    assert asked.hard_facts.of_legal_age
    assert not asked.hard_facts.identity_proven
    assert asked.product.mode_of_finance == "qard"


async def test_scoring_is_told_neither_name_nor_birth_date_nor_sex(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    await submitted(officer, desk)
    sent = scoring.asked[0].model_dump_json()
    assert not any(word in sent for word in ("أحمد", "1990", "male", "خياطة"))


async def test_a_registered_borrower_is_named_by_id_and_nothing_is_typed_twice(
    desk: Office, officer: Caller
) -> None:
    first = await submitted(officer, desk)
    body = bodies.application(borrower_id=first["borrower_id"])
    second = (await officer.post(APPLICATIONS, body)).json()
    assert second["borrower"] == first["borrower"]
    assert second["reference"] == "AP-2026-000002"


@pytest.mark.parametrize(("born_on", "is_of_age"), [("2008-04-01", True), ("2008-04-02", False)])
async def test_the_product_says_from_which_age_one_may_borrow(
    desk: Office, officer: Caller, scoring: FakeScoring, born_on: str, *, is_of_age: bool
) -> None:
    await submitted(officer, desk, borrower=bodies.person(desk.branch, born_on=born_on))
    assert scoring.asked[0].hard_facts.of_legal_age is is_of_age


async def test_the_same_key_and_body_make_one_application(desk: Office, officer: Caller) -> None:
    body = bodies.application(borrower=bodies.person(desk.branch))
    answers = await asyncio.gather(
        *(officer.post(APPLICATIONS, body, Idempotency_Key="k1") for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["application_id"] for answer in answers}) == 1
    other = await officer.post(APPLICATIONS, body | {"term_months": 18}, Idempotency_Key="k1")
    assert other.status_code == 422
    assert other.json()["type"].endswith("/idempotency-key-reused")


async def test_an_outside_name_belongs_to_one_application(desk: Office, officer: Caller) -> None:
    first = await submitted(officer, desk, external_id="file:1")
    body = bodies.application(borrower_id=first["borrower_id"], external_id="file:1")
    again = await officer.post(APPLICATIONS, body)
    assert (again.status_code, again.json()["application_id"]) == (409, first["application_id"])
    body["external_id"] = "file:2"
    at_once = await asyncio.gather(*(officer.post(APPLICATIONS, body) for _ in range(4)))
    assert sorted(answer.status_code for answer in at_once) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("changes", "status", "problem"),
    [
        ({"amount": bodies.amount("99.999")}, 422, "outside-product"),
        ({"amount": bodies.amount("5000.001")}, 422, "outside-product"),
        ({"term_months": 25}, 422, "outside-product"),
        ({"grace_months": 4}, 422, "outside-product"),
        ({"product_code": "NONE"}, 404, "product-not-found"),
        ({"own_contribution": bodies.amount("-1.000")}, 422, "household-negative"),
        (
            {"household": bodies.household(sales=bodies.amount("-0.001"))},
            422,
            "household-negative",
        ),
    ],
)
async def test_what_the_product_does_not_offer_is_refused_and_nothing_is_half_done(
    desk: Office, officer: Caller, changes: dict[str, Any], status: int, problem: str
) -> None:
    answer = await submit(officer, desk, **changes)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/loans/{problem}")
    listed = await officer.get("/loans/v1/borrowers", purpose="application")
    assert listed.json()["items"] == []


async def test_a_foreign_currency_is_refused(desk: Office, officer: Caller) -> None:
    answer = await submit(officer, desk, amount=bodies.amount("1000.00", "USD"))
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (422, "currency-mismatch")


async def test_without_consent_nothing_is_taken_in(desk: Office, officer: Caller) -> None:
    unasked = bodies.person(desk.branch, consents=[])
    answer = await submit(officer, desk, borrower=unasked)
    assert answer.json()["type"] == "/problems/loans/consent-missing"
    first = await submitted(officer, desk)
    word = {"purpose": "credit_decision", "effective_on": "2026-04-01", "granted": False}
    await officer.post(f"/loans/v1/borrowers/{first['borrower_id']}/consents", word)
    body = bodies.application(borrower_id=first["borrower_id"])
    assert (await officer.post(APPLICATIONS, body)).json()["type"].endswith("/consent-missing")


@pytest.mark.parametrize(
    "changes",
    [
        {"borrower": None},
        {"borrower_id": str(uuid4())},
        {"product_code": None},
        {"product_id": str(uuid4())},
        {"amount": bodies.amount("1000.0001")},
        {"amount": {"amount": 1000, "currency": "JOD"}},
        {"term_months": "12"},
        {"term_months": 12.5},
        {"characteristics": {"Bad Name": "1"}},
        {"characteristics": {"a": "free text about a person"}},
        {"characteristics": {f"c{number}": "1" for number in range(65)}},
        {"purpose": "x" * 201},
        {"purpose": "a\x00b"},
        {"surprise": 1},
    ],
)
async def test_a_body_of_another_form_is_refused(
    desk: Office, officer: Caller, changes: dict[str, Any]
) -> None:
    answer = await submit(officer, desk, **changes)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


async def test_arabic_digits_are_understood_where_amounts_are_typed(
    desk: Office, officer: Caller
) -> None:
    file = await submitted(officer, desk, amount=bodies.amount("١٢٥٠٫٥٠٠"))
    assert file["amount"] == bodies.amount("1250.500")


async def test_many_are_taken_in_each_for_itself(desk: Office, scoring: FakeScoring) -> None:
    actor = desk.caller(Role.OFFICER).actor
    body = bodies.application()
    request = ApplicationIn.model_validate(body | {"borrower_id": uuid4()}).request()
    small = ApplicationIn.model_validate(
        body | {"borrower_id": uuid4(), "amount": bodies.amount("1.000")}
    ).request()
    consent = Consent(purpose=ConsentPurpose.CREDIT_DECISION, effective_on=TODAY)

    def one(number: int, **changes: Any) -> Submission:
        borrower = NewBorrower(
            kind=BorrowerKind.MICRO_ENTERPRISE,
            branch_id=desk.branch,
            region="amman",
            name_ar=f"مقترض {number}",
            consents=(consent,),
        )
        members: dict[str, Any] = {
            "product": product,
            "request": request,
            "borrower": borrower,
            "external_id": f"file:{number}",
        }
        return Submission(**members | changes)

    async with desk.database.begin(desk.institution_id) as session:
        product = await products.product_by_code(session, "QARD")
        batch = [one(number) for number in range(1_000)]
        batch[3] = one(3, request=small)
        batch[5] = one(5, borrower=BorrowerId(uuid4()))
        batch[8] = one(8, external_id="file:7")
        outcomes = await operations.submit_applications(
            session, batch, at=NOW, on=TODAY, actor=actor
        )
    refused = {place: outcome for place, outcome in enumerate(outcomes)
               if not isinstance(outcome, ApplicationRow)}  # fmt: skip
    assert set(refused) == {3, 5, 8}
    assert isinstance(refused[3], OutsideProduct)
    assert isinstance(refused[8], operations.ApplicationKnown)
    taken = [row.application_id for row in outcomes if isinstance(row, ApplicationRow)]
    db = TenantDb(desk.database, desk.institution_id)
    wanted = [ApplicationId(application_id) for application_id in taken]
    assert await assessing.assess(db, desks.asking(scoring), wanted, at=NOW, on=TODAY) == 997
    async with db() as session:
        rows = await queries.applications(
            session,
            actor=actor,
            wanted=queries.ApplicationFilter(),
            page=Page(limit=500),
        )
    assert {row.status for row in rows} == {"assessed"}
    assert len({row.reference for row in rows}) == 500 + 1
