"""A mobile-money provider before the house: it speaks the GSMA's standard and is called back."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from services.loans.gsma.desk import BillDesk
from services.loans.gsma.router import PREFIX
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.people import Json


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A program of an institution, with what it has in its hands."""

    office: Office
    http: httpx.AsyncClient
    client_id: str
    secret: str
    token: str

    @property
    def desk(self) -> BillDesk:
        """Our desk, to have it do by hand what its timer does."""
        rafid = self.office.institution.house.rafid
        assert rafid is not None
        desk: BillDesk = rafid.loans.state.bills
        return desk

    async def catch_up(self) -> None:
        await self.desk.catch_up(self.office.institution.id)

    def headers(self, **more: str | None) -> dict[str, str]:
        """What goes along with a request: a token, unless told otherwise, and a new id."""
        usual = {
            "Authorization": f"Bearer {self.token}",
            "X-CorrelationID": str(uuid.uuid4()),
            "Content-Type": "application/json",
        }
        named = {name.replace("_", "-"): value for name, value in more.items()}
        whole = {**usual, **named}
        return {name: value for name, value in whole.items() if value is not None}

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask below the address of the standard."""
        return await self.http.get(f"{PREFIX}{path}", params=query or None, headers=self.headers())

    async def read(self, path: str, **query: Any) -> Any:
        """Ask what must be answered."""
        answer = await self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pay(
        self,
        path: str,
        amount: str,
        *,
        currency: str = "JOD",
        said: Json | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Send a bill payment."""
        body = orjson.dumps({"amountPaid": amount, "currency": currency, **(said or {})})
        return await self.send(path, body, **more)

    async def send(self, path: str, body: bytes, **more: Any) -> httpx.Response:
        """Send anything."""
        return await self.http.post(
            f"{PREFIX}{path}/payments", content=body, headers=self.headers(**more)
        )

    async def outstanding(self, contract_id: str) -> str:
        """What the books say is still owed of the principal."""
        found = await self.office.officer.get(f"/loans/v1/contracts/{contract_id}")
        return str(found["state"]["outstanding_principal"]["amount"])

    async def repaid(self, contract_id: str) -> list[str]:
        """Which repayments the books have."""
        found = await self.office.officer.get(f"/loans/v1/contracts/{contract_id}/repayments")
        return [item["amount"]["amount"] for item in found["items"]]


async def provider(house: House, office: Office | None = None, *roles: str) -> Provider:
    """Let a provider's program in."""
    office = office or await journey.open_office(house)
    body = {"name": f"mm-{uuid.uuid4().hex[:8]}", "roles": list(roles or ("integrator",))}
    made = await office.institution.administrator.post("/loans/v1/clients", body)
    client_id, secret = made["client"]["client_id"], made["client_secret"]
    form = {"grant_type": "client_credentials"}
    http = house.client()
    answer = await http.post("/loans/v1/token", data=form, auth=(client_id, secret))
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    return Provider(office=office, http=http, client_id=client_id, secret=secret, token=token)
