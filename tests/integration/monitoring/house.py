"""Monitoring as its users meet it: the application over ASGI, an issuer, a loans service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from pydantic import AnyHttpUrl, SecretStr

from services.monitoring.app import create_app
from services.monitoring.settings import MonitoringSettings
from shared.ids import InstitutionId
from shared.jwks import GivenKeys
from shared.web import RafidApp
from tests import tokens
from tests.integration.monitoring.feed_of_loans import FeedOfLoans, consume
from tests.tokens import Signer

SITE = "http://rafid.example"
HOME = "/monitoring/v1/"
DONOR = "/monitoring/v1/donor"


@dataclass
class House:
    """The application, a browser that keeps cookies, and who may sign what."""

    app: RafidApp
    loans: FeedOfLoans
    signer: Signer
    browser: httpx.AsyncClient
    exchanged: list[dict[str, str]] = field(default_factory=list)
    next_token: str = ""

    def token(self, *roles: str, **claims: Any) -> str:
        institution = str(self.loans.institution_id)
        return self.signer.token(**{"institution": institution, "roles": list(roles), **claims})

    async def get(self, path: str, token: str, **query: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.browser.get(path, params=query, headers=headers)

    async def consume(self) -> None:
        await consume(self.app.state.database, self.loans)

    def exchange(self, request: httpx.Request) -> httpx.Response:
        """The issuer's token endpoint: gives the next token for any code but a wrong one."""
        form = dict(httpx.QueryParams(request.content.decode()))
        self.exchanged.append(form)
        if form.get("code") == "wrong":
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json={"access_token": self.next_token, "expires_in": 600})

    async def sign_in(self, *roles: str, donor_id: UUID | None = None) -> httpx.Response:
        """Walk through the sign-in as a browser does; the answer is the last redirect."""
        self.next_token = self.token(*roles, donor=str(donor_id) if donor_id else None)
        away = await self.browser.get("/monitoring/v1/login", params={"lang": "en"})
        asked = httpx.URL(away.headers["location"]).params
        return await self.browser.get(
            "/monitoring/v1/callback", params={"code": "good", "state": asked["state"]}
        )


@asynccontextmanager
async def opened(url: str, institution_id: InstitutionId) -> AsyncIterator[House]:
    signer, loans = Signer(), FeedOfLoans(institution_id)
    signer.clock.move_to(loans.at)
    houses: list[House] = []

    def issue(request: httpx.Request) -> httpx.Response:
        return houses[0].exchange(request)

    issuer = httpx.AsyncClient(transport=httpx.MockTransport(issue))
    app = create_app(
        MonitoringSettings(
            database_url=SecretStr(url),
            client_secret=SecretStr("s" * 40),
            session_secret=SecretStr("t" * 40),
            public_url=AnyHttpUrl(SITE),
            issuer=AnyHttpUrl(tokens.ISSUER),
            pool_size=2,
        ),
        http=issuer,
        keys=GivenKeys(signer.keys),
        clock=signer.clock,
        loans=loans,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with issuer, httpx.AsyncClient(transport=transport, base_url=SITE) as browser:
        houses.append(House(app=app, loans=loans, signer=signer, browser=browser))
        yield houses[0]
    await app.state.database.close()
