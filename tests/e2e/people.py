"""Who works in the house: an institution, its administrator, programs with tokens, donors."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from services.loans.institutions import operations
from services.loans.institutions.names import Names
from shared import ids
from shared.ids import InstitutionId
from shared.money import Money
from tests import rulings
from tests.e2e.house import House

Json = dict[str, Any]
NAMES = Names(ar="صندوق الأمان", fr="Fonds Aman", en="Aman Fund")
PKCE_SECRET = 48


@dataclass(frozen=True)
class Caller:
    """A person or program with a token, in front of one of the services."""

    http: httpx.AsyncClient
    token: str

    async def get(self, path: str, **query: Any) -> Json:
        """Ask; anything but an answer is a fault."""
        answer = await self.try_get(path, **query)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def try_get(self, path: str, **query: Any) -> httpx.Response:
        """Try to read something; gives whatever is answered."""
        return await self.http.get(path, params=query, headers=self._headers())

    async def post(self, path: str, body: Json | None = None, **more: str) -> Json:
        """Do something that must succeed; money moves under a key of its own."""
        answer = await self.try_post(path, body, **more)
        assert answer.is_success, f"{path}: {answer.text}"
        made: Json = answer.json()
        return made

    async def try_post(self, path: str, body: Json | None = None, **more: str) -> httpx.Response:
        """Try something; gives whatever is answered. `key` and `language` go into headers."""
        headers = self._headers() | {"Idempotency-Key": more.get("key", secrets.token_hex(8))}
        if "language" in more:
            headers["Accept-Language"] = more["language"]
        return await self.http.post(path, json=body, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, kw_only=True)
class Institution:
    """An institution of the house, and its first administrator."""

    house: House
    id: InstitutionId
    code: str
    administrator: Caller

    async def program(self, *roles: str, service: str = "loans", **more: Any) -> Caller:
        """Let a program in and get its token as programs do."""
        body = {"name": f"p-{secrets.token_hex(4)}", "roles": list(roles), **more}
        made = await self.administrator.post("/loans/v1/clients", body)
        token = await self._token(made["client"]["client_id"], made["client_secret"])
        return Caller(self.house.client(service), token)

    async def donor_browser(self, donor_id: str) -> httpx.AsyncClient:
        """Let a donor's person in, and sign them in on the page as a browser does."""
        login = f"d-{secrets.token_hex(4)}"
        made = await self.administrator.post(
            "/loans/v1/staff",
            {"login": login, "name": "متبرع", "roles": ["donor"], "donor_id": donor_id},
        )
        browser = self.house.client("monitoring")
        form = await browser.get("/monitoring/v1/login")
        assert form.status_code == 200, form.text
        shown = await _submit(browser, form, made["staff"]["login"], made["password"])
        assert shown.status_code == 200, shown.text
        return browser

    async def _token(self, client_id: str, client_secret: str) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        answer = await self.house.client().post("/loans/v1/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


async def found(house: House, *, country: str = "JO", currency: str = "JOD") -> Institution:
    """Found an institution by the operation, as an operator does, and let its board permit every
    mode; the rest goes over HTTP.
    """
    institution_id = InstitutionId(ids.new())
    code = f"e{institution_id.hex[-16:]}"
    async with house.database.begin(institution_id) as session:
        made = await operations.create_institution(
            session,
            code=code,
            names=NAMES,
            country=country,
            currency=Money.zero(currency).currency,
            timezone="Asia/Amman",
        )
        await rulings.register(session, institution_id)
    token = await _staff_token(house, made.login, made.password)
    administrator = Caller(house.client(), token)
    return Institution(house=house, id=institution_id, code=code, administrator=administrator)


async def _staff_token(house: House, login: str, password: str) -> str:
    """Sign a person in with a code and PKCE, and redeem the code as the page would."""
    verifier = secrets.token_urlsafe(PKCE_SECRET)
    digest = hashlib.sha256(verifier.encode()).digest()
    callback = f"{house.public_url}/monitoring/v1/callback"
    client = {"client_id": "monitoring", "redirect_uri": callback}
    browser = house.client()
    browser.follow_redirects = False
    form = await browser.get(
        "/loans/v1/authorize",
        params={
            **client,
            "response_type": "code",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        },
    )
    back = await _submit(browser, form, login, password)
    assert back.status_code == 303, back.text
    (code,) = parse_qs(urlsplit(back.headers["location"]).query)["code"]
    redemption = {
        **client,
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
    }
    answer = await browser.post("/loans/v1/token", data=redemption)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def _submit(
    browser: httpx.AsyncClient, form: httpx.Response, login: str, password: str
) -> httpx.Response:
    wish = re.search(r'name="wish" value="([^"]+)"', form.text)
    assert wish, form.text
    body = {"wish": wish[1], "login": login, "password": password}
    return await browser.post(str(form.url.copy_with(query=None)), data=body)
