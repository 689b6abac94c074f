"""The real scoring application over a real database, and callers of every role at its door."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from services.scoring.app import create_app
from services.scoring.settings import ScoringSettings
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import InstitutionId
from shared.jwks import GivenKeys
from tests.tokens import AUDIENCE, ISSUER, Signer

ASSESSMENTS = "/scoring/v1/assessments"
BATCH = "/scoring/v1/assessments/batch"
MODELS = "/scoring/v1/models"
OFFERS = "/scoring/v1/offers"
EVENTS = "/scoring/v1/events"


@dataclass
class Caller:
    """One person or program with its token."""

    http: httpx.AsyncClient
    headers: dict[str, str]
    id: UUID

    async def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self.headers | headers)

    async def get(self, path: str, *, language: str = "en", **query: Any) -> httpx.Response:
        headers = self.headers | {"Accept-Language": language}
        return await self.http.get(path, params=query, headers=headers)


@dataclass
class Desk:
    """An institution at the door of scoring."""

    app: FastAPI
    database: Database
    http: httpx.AsyncClient
    signer: Signer
    institution_id: InstitutionId

    def caller(self, *roles: Role, branches: Iterable[UUID] | None = None) -> Caller:
        """A person of this institution."""
        actor_id = ids.new()
        token = self.signer.token(
            sub=str(actor_id),
            institution=str(self.institution_id),
            roles=[role.value for role in roles],
            branches=None if branches is None else [str(branch) for branch in branches],
        )
        return Caller(self.http, {"Authorization": f"Bearer {token}"}, actor_id)

    def service(self, *, institution_id: InstitutionId | None = None) -> Caller:
        """The loans service, working for this institution or another."""
        actor_id = ids.new()
        token = self.signer.token(sub=str(actor_id), institution="*", roles=["service"])
        named = str(institution_id or self.institution_id)
        headers = {"Authorization": f"Bearer {token}", "X-Institution": named}
        return Caller(self.http, headers, actor_id)

    async def assess(self, body: dict[str, Any]) -> dict[str, Any]:
        """Have an application assessed that must pass."""
        answer = await self.service().post(ASSESSMENTS, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def events(self) -> list[dict[str, Any]]:
        """Everything told so far, numbered."""
        sequencer: Sequencer = self.app.state.sequencer
        while await sequencer.number(self.institution_id):
            pass
        answer = await self.service().get(EVENTS)
        told: list[dict[str, Any]] = answer.json()["events"]
        return told


@asynccontextmanager
async def opened(url: str, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    """Open the application for one institution; its lifespan is entered by who needs it."""
    signer = Signer()
    settings = ScoringSettings.model_validate(
        {"database_url": url, "pool_size": 4, "issuer": ISSUER, "audience": AUDIENCE}
    )
    app = create_app(settings, keys=GivenKeys(signer.keys), clock=signer.clock)
    database: Database = app.state.database
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://scoring") as http:
            yield Desk(app, database, http, signer, institution_id)
    finally:
        await database.close()
