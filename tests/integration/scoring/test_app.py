"""The application as it is run: it numbers its own facts, and reads the issuer's keys."""

import asyncio
from typing import Any

import httpx

from services.scoring.app import create_app
from services.scoring.settings import ScoringSettings
from shared.auth import Role
from shared.ids import InstitutionId
from tests.integration.scoring.desk import ASSESSMENTS, EVENTS, MODELS, Desk
from tests.scoring_cases import make_request
from tests.tokens import AUDIENCE, ISSUER, Signer


async def told(scoring: Desk, *, at_least: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(10):
        while True:
            events = (await scoring.service().get(EVENTS)).json()["events"]
            if len(events) >= at_least:
                found: list[dict[str, Any]] = events
                return found
            await asyncio.sleep(0.05)


async def test_a_running_service_numbers_what_it_tells(scoring: Desk) -> None:
    async with scoring.app.router.lifespan_context(scoring.app):
        body = make_request()
        await scoring.assess(body)

        events = await told(scoring, at_least=2)

    assert [event["sequence"] for event in events] == [1, 2]
    made = events[1]
    assert made["type"] == "scoring.assessment-made.v1"
    assert made["subject"] == body["application_id"]
    assert made["data"]["assessment_id"] == body["assessment_id"]
    assert set(made["data"]) == {
        "assessment_id",
        "application_id",
        "card_id",
        "card_version",
        "points",
        "grade",
        "advice",
    }


async def test_the_keys_are_read_from_the_issuer(
    database_urls: dict[str, str], institution_id: InstitutionId
) -> None:
    signer, asked = Signer(), []

    def issuer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=signer.keys().as_dict())

    settings = ScoringSettings.model_validate(
        {
            "database_url": database_urls["scoring"],
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "jwks_url": f"{ISSUER}/jwks.json",
        }
    )
    http = httpx.AsyncClient(transport=httpx.MockTransport(issuer))
    app = create_app(settings, http=http, clock=signer.clock)
    token = signer.token(institution=str(institution_id), roles=[Role.AUDITOR.value])

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://scoring") as door,
    ):
        listed = await door.get(MODELS, headers={"Authorization": f"Bearer {token}"})
        refused = await door.post(ASSESSMENTS, json=make_request())

    assert listed.json() == {"scorecards": []}
    assert refused.status_code == 401
    assert asked == [f"{ISSUER}/jwks.json"]
    assert not http.is_closed  # who gave it closes it


async def test_without_a_client_of_its_own_it_makes_and_closes_one(
    database_urls: dict[str, str],
) -> None:
    settings = ScoringSettings.model_validate({"database_url": database_urls["scoring"]})
    app = create_app(settings)

    async with app.router.lifespan_context(app):
        assert app.openapi()["info"]["title"] == "Rafid scoring"

    paths = set(app.openapi()["paths"])
    assert {ASSESSMENTS, MODELS, EVENTS} < paths
    assert all(path.startswith("/scoring/v1/") for path in paths)
