"""What an integrator can do with endpoints of its own, and nobody with another's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.loans.payments.sealing import Sealer
from services.loans.webhooks import router as webhooks
from services.loans.webhooks.delivering import Courier
from services.loans.webhooks.operations import ENDPOINTS_MAX
from shared.auth import Role
from shared.db import Database, TenantDb
from shared.ids import InstitutionId
from shared.outgoing import Outgoing
from tests import chained, office
from tests.office import Caller, Office
from tests.receiving import Receiver, receiving

PATH = "/loans/v1/webhook-endpoints"


@dataclass(kw_only=True)
class Desk:
    office: Office
    receiver: Receiver
    integrator: Caller

    async def opened(self, **members: Any) -> dict[str, Any]:
        answer = await self.integrator.post(PATH, {"address": self.receiver.address, **members})
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def deliver(self, endpoint_id: str) -> None:
        institution_id = self.office.institution_id
        await chained.chain(self.office.database, institution_id)
        courier: Courier = self.office.app.state.courier
        db = TenantDb(self.office.database, institution_id)
        await courier.deliver(db, UUID(endpoint_id))


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with (
        receiving() as receiver,
        office.opened(loans_db, institution_id, webhooks.router) as opened,
    ):
        outgoing = Outgoing(trusted=[receiver.host])
        sealer = Sealer(b"k" * 32)
        state = opened.app.state
        state.payments = SimpleNamespace(sealer=sealer)
        state.outgoing = outgoing
        state.courier = Courier(loans_db, outgoing=outgoing, sealer=sealer, clock=opened.clock)
        yield Desk(office=opened, receiver=receiver, integrator=opened.caller(Role.INTEGRATOR))
        await outgoing.close()


def problem(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition("/")[2]


async def test_the_test_button_tells_what_the_address_did(desk: Desk) -> None:
    found = await desk.opened(description="Réconciliation — عمّان")
    where = f"{PATH}/{found['endpoint_id']}"
    good = (await desk.integrator.post(f"{where}/test", {})).json()
    assert (good["is_delivered"], good["http_status"], good["fault"]) == (True, 204, None)
    (tried,) = desk.receiver.got
    assert tried.told["type"] == "loans.webhook-test.v1"
    assert tried.headers["webhook-signature"].startswith("v1,")

    desk.receiver.answer = lambda _received: "500 Oh"
    bad = (await desk.integrator.post(f"{where}/test", {})).json()
    assert (bad["is_delivered"], bad["http_status"]) == (False, 500)
    read = (await desk.integrator.get(where)).json()
    assert (read["waiting"], read["dead"], read["delivered_at"]) == (0, 0, None)


async def test_what_was_told_can_be_looked_at_and_told_again(desk: Desk) -> None:
    found = await desk.opened(after=0)
    where = f"{PATH}/{found['endpoint_id']}"
    await desk.deliver(found["endpoint_id"])
    listed = (await desk.integrator.get(f"{where}/messages", limit=2)).json()
    assert [one["number"] for one in listed["items"]] == [1, 2]
    rest = (await desk.integrator.get(f"{where}/messages", after=listed["next"])).json()
    assert rest["next"] is None
    assert len(rest["items"]) == len(desk.receiver.got) - 2
    detail = (await desk.integrator.get(f"{where}/messages/1")).json()
    assert detail["message"]["state"] == "delivered"
    assert [one["http_status"] for one in detail["attempts"]] == [204]

    again = await desk.integrator.post(f"{where}/messages/again", {"numbers": [1, 999]})
    assert again.json() == {"waiting_again": 1}
    waiting = (await desk.integrator.get(f"{where}/messages", state="waiting")).json()
    assert [one["number"] for one in waiting["items"]] == [1]
    before = len(desk.receiver.got)
    await desk.deliver(found["endpoint_id"])
    assert [one.told["sequence"] for one in desk.receiver.got[before:]] == [1]


async def test_a_disabled_endpoint_is_told_later_what_it_missed(desk: Desk) -> None:
    found = await desk.opened(after=0)
    where = f"{PATH}/{found['endpoint_id']}"
    off = (await desk.integrator.post(f"{where}/disabling", {})).json()
    assert off["disabled_for"] == "person"
    assert (await desk.integrator.post(f"{where}/disabling", {})).json() == off
    await desk.deliver(found["endpoint_id"])
    assert desk.receiver.got == []
    on = (await desk.integrator.post(f"{where}/enabling", {})).json()
    assert (on["disabled_for"], on["disabled_at"]) == (None, None)
    await desk.deliver(found["endpoint_id"])
    told = [one.told["type"] for one in desk.receiver.got]
    assert "loans.institution-created.v1" in told
    assert "loans.webhook-endpoint-disabled.v1" in told


async def test_a_new_secret_is_shown_once_and_differs(desk: Desk) -> None:
    found = await desk.opened()
    where = f"{PATH}/{found['endpoint_id']}"
    new = await desk.integrator.post(f"{where}/secrets", {"overlap_hours": 0})
    assert new.status_code == 201
    assert new.json()["secret"] != found["secret"]
    assert "whsec" in new.json()["secret"]
    listed = (await desk.integrator.get(PATH)).text
    assert "whsec" not in listed


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("http://example.org/", "address-refused"),
        ("https://10.0.0.8/hook", "address-refused"),
        ("https://localhost.localdomain:99999/", "address-refused"),
        ("https://me:secret@example.org/", "address-refused"),
    ],
)
async def test_an_address_that_leads_inside_is_refused(desk: Desk, address: str, slug: str) -> None:
    answer = await desk.integrator.post(PATH, {"address": address})
    assert (answer.status_code, problem(answer)) == (422, slug)
    assert "secret" not in answer.text
    assert (await desk.integrator.get(PATH)).json()["items"] == []


async def test_what_is_not_told_cannot_be_asked_for(desk: Desk) -> None:
    body = {"address": desk.receiver.address, "types": ["loans.nothing.v1", "*"]}
    for language, word in (("ar", "الأنواع"), ("fr", "types"), ("en", "types")):
        answer = await desk.integrator.http.post(
            PATH,
            json=body,
            headers={
                "Authorization": f"Bearer {desk.integrator.token}",
                "Accept-Language": language,
            },
        )
        assert (answer.status_code, problem(answer)) == (422, "event-types-unknown")
        assert word in answer.json()["detail"]
        assert "loans.nothing.v1" in answer.json()["detail"]


@pytest.mark.parametrize("number", ["0", "-1", str(2**63), "x"])
async def test_no_number_that_could_not_be_breaks_anything(desk: Desk, number: str) -> None:
    found = await desk.opened()
    answer = await desk.integrator.get(f"{PATH}/{found['endpoint_id']}/messages/{number}")
    assert answer.status_code == 422


async def test_there_is_an_end_to_endpoints(desk: Desk) -> None:
    for _ in range(ENDPOINTS_MAX):
        await desk.opened()
    answer = await desk.integrator.post(PATH, {"address": desk.receiver.address})
    assert (answer.status_code, problem(answer)) == (422, "too-many-endpoints")


async def test_an_integrator_meets_its_own_endpoints_alone(desk: Desk) -> None:
    found = await desk.opened()
    where = f"{PATH}/{found['endpoint_id']}"
    stranger = desk.office.caller(Role.INTEGRATOR)
    for path in ("disabling", "enabling", "test", "secrets", "messages/again"):
        answer = await stranger.post(f"{where}/{path}", {})
        assert (answer.status_code, problem(answer)) == (404, "webhook-endpoint-unknown")
    for path in ("", "/messages", "/messages/1"):
        assert (await stranger.get(f"{where}{path}")).status_code == 404
    assert (await stranger.get(PATH)).json()["items"] == []
    assert desk.receiver.got == []
    administrator = desk.office.caller(Role.ADMINISTRATOR)
    assert (await administrator.get(where)).json()["endpoint_id"] == found["endpoint_id"]
    assert (await desk.integrator.get(f"{where}/messages/1")).status_code == 404
