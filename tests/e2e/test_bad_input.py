"""Whatever is wrong with a request: a precise problem in the language asked for, and no trace."""

import asyncio
import re
import secrets
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest
from anyio.from_thread import BlockingPortal

from tests.bodies import amount
from tests.e2e import house as houses
from tests.e2e import journey
from tests.e2e.bad_input import ROUTES, Known, Wrong, every_fault
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.people import Caller

ARABIC = re.compile(r"[\u0600-\u06ff]{3}")
# What others write by themselves: numbers given after commit, and who holds the pen.
NUMBERED = {"lease", "event_pending", "journal_pending", "feed_entry", "journal_link"}
BY_ITSELF = NUMBERED | {
    "application_proposal",
    "decided_review",
    "feed_cursor",
    "lineage_count",
    "lineage_day",
    "lineage_draw",
    "lineage_move",
    "lineage_progress",
    "lineage_version",
}
FAULTS = list(every_fault())


class Scene:
    """An institution with a loan at every step, and a stranger of every role next door."""

    def __init__(self, portal: BlockingPortal, office: Office, admin_url: str) -> None:
        self.portal, self.office, self.admin_url = portal, office, admin_url
        self.known: Known = {}
        self.callers: dict[str, Caller] = {}

    async def prepare(self, house: House) -> None:
        office, stranger = self.office, await journey.open_office(house)
        assessed, approved = [await journey.apply(office) for _ in range(2)]
        await journey.approve(office, approved)
        signed = await journey.signed_contract(office)
        active = await journey.active_contract(office)
        self.known = {
            "borrower": assessed["borrower_id"],
            "assessed": assessed["application_id"],
            "approved": approved["application_id"],
            "signed": signed["contract"]["contract_id"],
            "active": active["contract"]["contract_id"],
            "fund": office.fund_id,
            "donor": office.donor_id,
        }
        for name in ("officer", "approver", "manager", "auditor"):
            self.callers[name] = getattr(office, name)
            self.callers[f"foreign_{name}"] = getattr(stranger, name)

    def send(self, wrong: Wrong, language: str) -> httpx.Response:
        return self.portal.call(self._send, wrong, language)

    async def _send(self, wrong: Wrong, language: str) -> httpx.Response:
        caller = self.callers[wrong.caller or ROUTES[wrong.route].caller]
        headers: dict[str, str | None] = {
            "Authorization": f"Bearer {caller.token}",
            "Accept-Language": language,
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(8),
            **dict(wrong.headers),
        }
        kept = {name: value for name, value in headers.items() if value is not None}
        address, content = wrong.address(self.known), wrong.content
        if content is not None:
            return await caller.http.post(address, content=content, headers=kept)
        return await caller.http.post(address, json=wrong.body(self.known), headers=kept)

    def rows(self) -> dict[str, int]:
        """How many rows the institution has in each table of loans."""
        return self.portal.call(self._rows)

    async def _rows(self) -> dict[str, int]:
        connection = await asyncpg.connect(self.admin_url)
        try:
            tables = await connection.fetch(
                "select table_name from information_schema.columns"
                " where table_schema = 'loans' and column_name = 'institution_id'"
            )
            return {
                name: await connection.fetchval(
                    f'select count(*) from loans."{name}" where institution_id = $1',
                    self.office.institution.id,
                )
                for (name,) in tables
                if name not in BY_ITSELF
            }
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], admin_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("house")
    with houses.in_a_thread(folder, database_urls) as (portal, house):
        prepared = Scene(portal, portal.call(journey.open_office, house), admin_url)
        portal.call(prepared.prepare, house)
        yield prepared


@pytest.mark.parametrize("wrong", FAULTS, ids=lambda wrong: f"{wrong.route}-{wrong.named}")
def test_it_is_refused_in_the_language_asked_for_and_leaves_no_trace(
    wrong: Wrong, scene: Scene
) -> None:
    before = scene.rows()

    told = {language: scene.send(wrong, language) for language in ("ar", "fr", "en")}

    assert scene.rows() == before
    for answer in told.values():
        assert answer.status_code == wrong.status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    arabic, french, english = (answer.json() for answer in told.values())
    assert arabic["type"] == french["type"] == english["type"]
    assert english["type"].startswith("/problems/")
    for member in ("title", "detail"):
        assert ARABIC.search(arabic[member]), arabic
        assert french[member] != english[member], french
    for fault in arabic.get("errors") or ():
        assert re.fullmatch(r"(/[^/]+)*|(path|header|query):.+", fault["pointer"]), fault
        assert ARABIC.search(fault["detail"]), fault


def test_nothing_but_the_fault_kept_the_requests_from_being_done(scene: Scene) -> None:
    for name in ROUTES:
        answer = scene.send(Wrong(route=name, named="nothing", status=201), "en")
        assert answer.status_code == 201, answer.text


async def test_arabic_digits_are_read_where_a_person_types(house: House) -> None:
    office = await journey.open_office(house)
    signed = await journey.active_contract(office, amount=amount("١٠٠٠٫٠٠٠"))
    assert signed["contract"]["principal"] == amount("1000.000")
    contract_id = signed["contract"]["contract_id"]
    today = signed["contract"]["signed_on"].translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    paid = await journey.repay(office, contract_id, "٥٠٫٥", received_on=today)

    assert paid["amount"] == amount("50.500")
    assert paid["received_on"] == signed["contract"]["signed_on"]


async def test_many_wrong_requests_at_once_leave_the_right_ones_alone(house: House) -> None:
    office = await journey.open_office(house)
    contract_id = (await journey.active_contract(office))["contract"]["contract_id"]
    path = f"/loans/v1/contracts/{contract_id}/repayments"
    sent: list[Any] = [
        amount("5.000"),
        amount("-5.000"),
        amount("5.00", "EUR"),
        amount("5.000"),
        amount("0.000"),
    ] * 4

    answers = await asyncio.gather(*(office.officer.try_post(path, {"amount": it}) for it in sent))

    assert [answer.status_code for answer in answers] == [201, 422, 422, 201, 422] * 4
    listed = await office.officer.get(path)
    assert len(listed["items"]) == 8
    assert {item["amount"]["amount"] for item in listed["items"]} == {"5.000"}
