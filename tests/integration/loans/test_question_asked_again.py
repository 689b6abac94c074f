"""An answer that was lost is asked for again: the same question, letter by letter."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.loans.applications import assessing
from services.loans.applications import router as applications
from services.loans.applications.assessing import Asking
from services.loans.approvals import router as approvals
from services.loans.borrowers import router as borrowers
from services.loans.domain.chart import FundKind
from services.loans.domain.serving import Serving
from services.loans.eligibility import serving
from services.loans.products import router as products
from shared.auth import Role
from shared.clients.scoring import AssessmentBatch, HttpScoringClient
from shared.db import Database, TenantDb
from shared.ids import ApplicationId, InstitutionId
from tests import bodies, office
from tests.fakes import FakeScoring
from tests.integration.loans import own_facts
from tests.integration.loans.desks import APPLICATIONS, file_of, open_fund, submit, submitted
from tests.office import NOW, TODAY, Caller, Office

ROUTERS = (products.router, borrowers.router, applications.router, approvals.router)


class Tokens:
    """A token for every question."""

    async def token(self) -> str:
        return "token"

    def forget(self) -> None:
        raise AssertionError("the token is good")


class Post:
    """Scoring behind a wire: it hears every letter, and answers once it is told to."""

    def __init__(self, scoring: FakeScoring) -> None:
        self.scoring = scoring
        self.heard: list[bytes] = []
        self.loses = True

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request.content)
        if self.loses:
            raise httpx.ReadTimeout("the answer was lost")
        asked = AssessmentBatch.model_validate_json(request.content).requests
        answers = [self.scoring.answer(one).model_dump(mode="json") for one in asked]
        return httpx.Response(201, json={"assessments": answers})


@pytest.fixture
async def desk(
    loans_db: Database, institution_id: InstitutionId, post: Post
) -> AsyncIterator[Office]:
    transport = httpx.MockTransport(post)
    async with (
        office.opened(loans_db, institution_id, *ROUTERS) as opened,
        httpx.AsyncClient(transport=transport, base_url="http://scoring") as http,
    ):
        opened.app.state.scoring = HttpScoringClient(http, tokens=Tokens())
        opened.app.state.ask_funds = serving.ask_funds
        admin = opened.caller(Role.ADMINISTRATOR)
        assert (await admin.post("/loans/v1/products", bodies.qard())).status_code == 201
        yield opened


@pytest.fixture
def post(scoring: FakeScoring) -> Post:
    return Post(scoring)


async def retry(desk: Office) -> int:
    asking = Asking(scoring=desk.app.state.scoring, funds=desk.app.state.ask_funds)
    db = TenantDb(desk.database, desk.institution_id)
    return await assessing.assess_waiting(db, asking, at=NOW + timedelta(days=3), on=TODAY)


async def test_a_lost_answer_is_asked_for_letter_by_letter(
    desk: Office, officer: Caller, post: Post
) -> None:
    """Meanwhile another fund opened, and a law was given."""
    await open_fund(desk, holds="400.000")
    characteristics = {"zeta": "1.50", "alpha": True, "months_in_business": "18"}
    file = await submitted(officer, desk, characteristics=characteristics)
    assert file["status"] == "waiting_for_assessment"
    assert file["asked"]["funds"][0]["free"] == bodies.amount("400.000")

    await open_fund(desk, kind=FundKind.DONATION, holds="9000.000")
    law = own_facts.fact("rate_cap", "0.10", unit="effective")
    await own_facts.give(desk.database, desk.institution_id, law)
    post.loses = False
    assert await retry(desk) == 1

    first, second = post.heard
    assert first == second
    (request,) = json.loads(first)["requests"]
    assert request["characteristics"] == characteristics
    read = await file_of(desk, file["application_id"])
    assert (read["status"], read["asked"]["request"]) == ("assessed", request)
    assert read["assessment"]["assessment_id"] == request["assessment_id"]


async def test_what_is_kept_is_what_was_sent(desk: Office, officer: Caller, post: Post) -> None:
    await submitted(officer, desk)

    async with desk.database.read(desk.institution_id) as session:
        kept = await session.scalar(text("select body from application_request"))
    assert post.heard == [b'{"requests":[' + str(kept).encode() + b"]}"]


async def test_a_corrected_application_is_another_question(
    desk: Office, officer: Caller, post: Post
) -> None:
    address = f"{APPLICATIONS}/{(await submitted(officer, desk))['application_id']}"
    await officer.post(f"{address}/return", {"reason": "x"})
    correction = bodies.application(amount=bodies.amount("800.000"))
    del correction["product_code"]
    post.loses = False
    await officer.post(f"{address}/resubmit", correction)

    asked = [json.loads(one)["requests"][0] for one in post.heard]
    assert [one["amount"]["amount"] for one in asked] == ["1000.000", "800.000"]
    assert asked[0]["assessment_id"] != asked[1]["assessment_id"]


async def test_several_who_ask_at_once_ask_the_same(
    desk: Office, officer: Caller, post: Post
) -> None:
    """The first could not even compose its question: nothing was kept."""

    async def breaks(*_: object, **__: object) -> Mapping[UUID, Serving]:
        raise RuntimeError("no fund can be asked")

    desk.app.state.ask_funds = breaks
    assert (await submit(officer, desk)).status_code == 500
    (listed,) = (await officer.get(APPLICATIONS)).json()["items"]
    application_id = ApplicationId(UUID(listed["application_id"]))
    assert post.heard == []
    post.loses = False
    asking = Asking(scoring=desk.app.state.scoring, funds=serving.ask_funds)
    db = TenantDb(desk.database, desk.institution_id)
    await asyncio.gather(
        *(assessing.assess(db, asking, [application_id], at=NOW, on=TODAY) for _ in range(3))
    )

    assert len(set(post.heard)) == 1
    questions = await desk.caller(Role.AUDITOR).get(f"{APPLICATIONS}/{application_id}/questions")
    assert len(questions.json()) == 1
    assert (await file_of(desk, str(application_id)))["status"] == "assessed"
