"""A mobile-money provider before the house: it speaks the GSMA's standard and is called back."""

import secrets
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import orjson
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from sqlalchemy import text

from services.loans.biller import desk as desks
from services.loans.biller.desk import BillDesk
from services.loans.biller.router import PREFIX
from tests import bodies
from tests.e2e import house as houses
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.people import Json
from tests.house.source import PROJECT
from tests.receiving import Receiver, receiving

Made = TypeVar("Made")
STANDARDS = PROJECT.parent / "shared" / "standards"
SPECIFICATION = (
    STANDARDS / "gsma-mobile-money-api" / "mobile-money-api-specification-1.2.0-master_0.yaml"
)
CASES = STANDARDS / "gsma-compliance-tests"


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


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    """The status, category and code of a refusal in the standard's form."""
    told = answer.json()
    assert told["errorDescription"], told
    return answer.status_code, told["errorCategory"], told["errorCode"]


class Scene:
    """A house with an office, a provider, and an address at which the provider is called back.

    It runs beside the tests of a module; `call` does something in it and waits for its end.
    """

    def __init__(self, portal: BlockingPortal, house: House, receiver: Receiver) -> None:
        self.portal, self.house, self.receiver = portal, house, receiver
        self.provider = portal.call(provider, house)
        portal.call(self._fill)

    async def _fill(self) -> None:
        """Give the fund what all loans of a module need."""
        office = self.provider.office
        await office.manager.post(
            f"/loans/v1/funds/{office.fund_id}/receipts",
            {
                "amount": bodies.amount("90000.000"),
                "donor_id": office.donor_id,
                "nature": "waqf_permanent",
            },
        )

    def call(self, what: Callable[[], Awaitable[Made]]) -> Made:
        return self.portal.call(what)

    async def contract(self) -> tuple[str, str]:
        """A loan of 1,000 JOD that is paid out; gives its reference and its id."""
        made = (await journey.active_contract(self.provider.office))["contract"]
        return made["reference"], made["contract_id"]

    async def share_phone(self, phone: str, *, reference: str) -> None:
        """Let the borrower of a loan have a telephone too, as families do."""
        share = text(
            "insert into borrower_phone (institution_id, borrower_id, number)"
            " select institution_id, borrower_id, :phone from contract where reference = :reference"
        )
        institution_id = self.provider.office.institution.id
        async with self.house.database.begin(institution_id) as session:
            await session.execute(share, {"phone": phone, "reference": reference})

    async def contract_of_phone(self, phone: str) -> str:
        """The same, of a borrower with a telephone; gives its reference."""
        office = self.provider.office
        family = "".join(secrets.choice(journey.LETTERS) for _ in range(8))
        borrower = bodies.person(
            UUID(office.branch_id),
            name={"ar": f"سلمى {family}"},
            sex="female",
            phones=[phone],
            documents=[{"type": "national_id", "number": str(secrets.randbelow(10**10))}],
        )
        application = await office.officer.post(
            "/loans/v1/applications", bodies.application(borrower=borrower)
        )
        await journey.approve(office, application)
        made = (await journey.sign(office, application))["contract"]
        await journey.pay_out(office, made["contract_id"])
        return str(made["reference"])


@contextmanager
def scene(urls: Mapping[str, str], folder: Path, *, on_a_port: bool = False) -> Iterator[Scene]:
    """Open the scene; our house is told that it may call this machine."""
    open_house = houses.on_a_port if on_a_port else houses.in_one_process
    with (
        start_blocking_portal() as portal,
        pytest.MonkeyPatch.context() as patch,
        portal.wrap_async_context_manager(receiving()) as receiver,
    ):
        patch.setenv("RAFID_LOANS_TRUSTED_HOSTS", f'["{receiver.host}"]')
        patch.setattr(desks, "ANSWERED_WITHIN", 60.0)  # a busy machine is no reason to fail
        opened = portal.wrap_async_context_manager(open_house(folder, urls))
        with opened as house:
            yield Scene(portal, house, receiver)
