"""The embedded issuer with its routes, an institution with an administrator, and a browser."""

import base64
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import AnyHttpUrl, SecretStr
from sqlalchemy import TextClause, text

from services.loans.deps import Days
from services.loans.identity import page
from services.loans.identity import router as identity
from services.loans.identity.issuer import Issuer
from services.loans.institutions import operations
from services.loans.institutions import router as institutions
from services.loans.institutions.names import Names
from services.loans.institutions.operations import Founded
from services.loans.settings import LoansSettings
from shared import web
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import InstitutionId
from tests.tokens import AT

NAMES = Names(ar="صندوق الأمان", fr="Fonds Aman", en="Aman Fund")
SITE = "http://rafid.example"
CALLBACK = f"{SITE}/monitoring/v1/callback"
SECRETS = {name: secrets.token_urlsafe(32) for name in ("loans", "scoring", "monitoring")}


@dataclass
class Scene:
    """Everything a sign-in needs."""

    http: httpx.AsyncClient
    app: web.RafidApp
    database: Database
    issuer: Issuer
    clock: FixedClock
    institution_id: InstitutionId
    founded: Founded

    @property
    def code(self) -> str:
        return self.founded.institution.code

    def administrator(self) -> dict[str, str]:
        """Headers of the first administrator."""
        token = self.issuer.staff_token(self.founded.administrator, client_id="monitoring")
        return {"Authorization": f"Bearer {token}"}

    async def post(self, path: str, body: object = None) -> httpx.Response:
        """Send something as the administrator."""
        headers = self.administrator()
        return await self.http.post(f"/loans/v1/{path}", json=body, headers=headers)

    async def new_client(self, *roles: str, **more: Any) -> dict[str, Any]:
        """Let a program in; gives its id and secret."""
        name = f"p{secrets.token_hex(4)}"
        answer = await self.post("clients", {"name": name, "roles": list(roles), **more})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def new_staff(self, login: str, *roles: str, **more: Any) -> dict[str, Any]:
        """Let a person in; gives the password."""
        body = {"login": login, "name": login, "roles": list(roles), **more}
        answer = await self.post("staff", body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def token(
        self, form: dict[str, str], *, auth: tuple[str, str] | None = None
    ) -> httpx.Response:
        """Ask the token endpoint."""
        return await self.http.post(
            "/loans/v1/token", data=form, auth=auth or httpx.USE_CLIENT_DEFAULT
        )


class Browser:
    """A browser at the sign-in page: keeps cookies, follows nothing by itself."""

    def __init__(self, scene: Scene) -> None:
        transport = httpx.ASGITransport(scene.app)
        self.http = httpx.AsyncClient(transport=transport, base_url=SITE)
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.wish = {
            "response_type": "code",
            "client_id": "monitoring",
            "redirect_uri": CALLBACK,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "scope": "openid",
            "state": "where I was",
            "nonce": "once",
        }

    async def visit(self, **changes: str | None) -> httpx.Response:
        wish: dict[str, str | None] = {**self.wish, **changes}
        asked = {name: value for name, value in wish.items() if value is not None}
        return await self.http.get("/loans/v1/authorize", params=asked)

    async def submit(self, shown: httpx.Response, login: str, password: str) -> httpx.Response:
        wish = re.search(r'name="wish" value="([^"]+)"', shown.text)
        assert wish, shown.text
        form = {"wish": wish[1], "login": login, "password": password}
        return await self.http.post("/loans/v1/authorize", data=form)

    async def code_for(self, login: str, password: str) -> str:
        """Sign in and give the code that came back."""
        answer = await self.submit(await self.visit(), login, password)
        return back(answer)["code"]

    def redemption(self, code: str) -> dict[str, str]:
        """The form with which the client redeems a code."""
        return {
            "grant_type": "authorization_code",
            "client_id": "monitoring",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        }


def back(answer: httpx.Response) -> dict[str, str]:
    """What the browser carries back to the client."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    assert location.startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def count_of(table: str) -> TextClause:
    return text(f"select count(*) from {table}")


def settings(folder: Path, url: str) -> LoansSettings:
    return LoansSettings(
        database_url=SecretStr(url),
        data_folder=folder,
        issuer=AnyHttpUrl(f"{SITE}/loans/v1"),
        public_url=AnyHttpUrl(SITE),
        loans_client_secret=SecretStr(SECRETS["loans"]),
        scoring_client_secret=SecretStr(SECRETS["scoring"]),
        monitoring_client_secret=SecretStr(SECRETS["monitoring"]),
    )


async def found(database: Database, institution_id: InstitutionId) -> Founded:
    async with database.begin(institution_id) as session:
        return await operations.create_institution(
            session,
            code=f"i{institution_id.hex[-16:]}",
            names=NAMES,
            country="JO",
            currency="JOD",
            timezone="Asia/Amman",
        )


@asynccontextmanager
async def opened(
    database: Database, institution_id: InstitutionId, folder: Path
) -> AsyncIterator[Scene]:
    clock = FixedClock(AT)
    issuer = Issuer.of(settings(folder, str(database.url)), clock=clock)
    app = web.create_base_app("loans", prefix="/loans/v1", verifier=issuer.verifier())
    app.state.database, app.state.clock, app.state.issuer = database, clock, issuer
    app.state.days = Days(database, clock)
    for router in (identity.router, page.router, institutions.router):
        app.include_router(router)
    founded = await found(database, institution_id)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as http:
        yield Scene(http, app, database, issuer, clock, institution_id, founded)
