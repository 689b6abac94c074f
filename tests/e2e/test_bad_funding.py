"""What is wrong with money of a fund is a named problem in three languages, and changes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from shared.clock import SystemClock
from tests import bodies, rulings
from tests.bodies import amount
from tests.e2e import house as houses
from tests.e2e import journey, people
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.people import Caller, Institution, Json
from tests.e2e.test_bad_input import BY_ITSELF
from tests.integration.loans import entitling

ARABIC = re.compile(r"[\u0600-\u06ff]{3}")
RULEBOOK: Final = "/loans/v1/rulebook"
NAMED: Final = (
    "receipt without a kind",
    "receipt of another kind",
    "clause against another",
    "overdrawn commitment",
    "fund in another currency",
    "stale eligibility",
    "ruling out of force",
    "clause that no law allows",
    "clause in another currency",
    "fact past its period",
)
BALANCES: Final = """
    select account_id, currency, sum(amount_minor) from loans.journal_line
    where institution_id = any($1) group by account_id, currency order by account_id, currency
"""

Kept = tuple[dict[str, int], list[Any]]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One request that must be refused, and as what; `right` is its permitted neighbour."""

    caller: Caller
    path: str
    body: Json
    refused: tuple[int, str]
    right: Json


def clause(kind: str, rule: Json, **changes: Any) -> Json:
    return bodies.WORDS | {"kind": kind, "rule": rule} | changes


class Scene:
    """An office in Jordan and one in Tunisia, and all that is wrong with what they are asked."""

    def __init__(self, portal: BlockingPortal, house: House, admin_url: str) -> None:
        self.portal, self.house, self.admin_url = portal, house, admin_url
        self.today = SystemClock().today("Asia/Amman")
        self.attempts: dict[str, Attempt] = {}
        self.institutions: list[UUID] = []
        self.cures: list[tuple[Caller, str, Json]] = []

    async def prepare(self) -> None:
        office = self.office = await journey.open_office(self.house)
        tunis = await people.found(self.house, country="TN", currency="TND")
        self.institutions = [office.institution.id, tunis.id]
        self.attempts = {
            **await self._receipts(office),
            **await self._clauses(office),
            **await self._commitments(office),
            **await self._zakat(office),
            **await self._ruling(office),
            **await self._past_rule(office),
            **await self._tunisia(tunis),
        }

    async def _receipts(self, office: Office) -> dict[str, Attempt]:
        path = f"/loans/v1/funds/{office.fund_id}/receipts"
        right = {
            "amount": amount("5.000"),
            "donor_id": office.donor_id,
            "nature": "waqf_permanent",
        }
        kindless = {name: value for name, value in right.items() if name != "nature"}
        return {
            "receipt without a kind": Attempt(
                caller=office.manager,
                path=path,
                body=kindless,
                refused=(422, "loans/receipt-nature-missing"),
                right=right,
            ),
            "receipt of another kind": Attempt(
                caller=office.manager,
                path=path,
                body=right | {"nature": "zakat"},
                refused=(422, "loans/receipt-nature-foreign"),
                right=right,
            ),
        }

    async def _clauses(self, office: Office) -> dict[str, Attempt]:
        fund_id = await self._fund(office.manager, "JOD")
        path = f"/loans/v1/funds/{fund_id}/clauses"
        women = await office.manager.post(path, clause("sex", {"values": ["female"]}))
        await office.institution.administrator.post(
            f"/loans/v1/clauses/{women['clause_id']}/approval", {}
        )
        return {
            "clause against another": Attempt(
                caller=office.manager,
                path=path,
                body=clause("sex", {"values": ["male"]}),
                refused=(409, "loans/clause-contradicts"),
                right=clause("purpose", {"values": ["sewing"]}),
            )
        }

    async def _commitments(self, office: Office) -> dict[str, Attempt]:
        euros = await self._fund(office.manager, "EUR")
        application = await journey.apply(office)
        right = journey.approval(office, application)
        return {
            "fund in another currency": Attempt(
                caller=office.approver,
                path=f"/loans/v1/applications/{application['application_id']}/decisions",
                body=right | {"fund_id": euros},
                refused=(422, "loans/fund-restricted"),
                right=right,
            ),
        }

    async def _zakat(self, office: Office) -> dict[str, Attempt]:
        fund_id, _ = await journey.open_fund(office.manager, receipt="500.000", kind="zakat")
        application = await journey.apply(office)
        borrower_id = UUID(application["borrower_id"])
        others = [UUID((await journey.apply(office))["borrower_id"]) for _ in range(2)]
        long_ago = self.today - timedelta(days=200)
        async with self.house.database.begin(office.institution.id) as session:
            stale = await entitling.entitle(session, borrower_id, on=long_ago, days=180)
            fresh, other = [
                await entitling.entitle(session, one, on=long_ago, days=220) for one in others
            ]
        right = {
            "fund_id": fund_id,
            "eligibility_id": str(fresh),
            "zakat_class": "fuqara",
            "purpose": "oven",
            "amount": amount("10.000"),
        }
        payer = await office.institution.program("funds_manager")
        most = right | {"eligibility_id": str(other), "amount": amount("500.001")}
        grant = await office.manager.post("/loans/v1/zakat/grants", most)
        self.cures.append(
            (
                office.manager,
                f"/loans/v1/funds/{fund_id}/receipts",
                {"amount": amount("0.001"), "nature": "zakat"},
            )
        )
        return {
            "overdrawn commitment": Attempt(
                caller=payer,
                path=f"/loans/v1/zakat/grants/{grant['grant_id']}/payment",
                body={},
                refused=(422, "loans/fund-exhausted"),
                right={},
            ),
            "stale eligibility": Attempt(
                caller=office.manager,
                path="/loans/v1/zakat/grants",
                body=right | {"eligibility_id": str(stale)},
                refused=(422, "loans/eligibility-expired"),
                right=right,
            ),
        }

    async def _ruling(self, office: Office) -> dict[str, Attempt]:
        async with self.house.database.begin(office.institution.id) as session:
            await rulings.register(
                session,
                office.institution.id,
                reference="SSB 9/2020",
                in_force_until=self.today - timedelta(days=1),
            )
        right = bodies.qard(code="QARD-RULED", ruling=rulings.EVERYTHING)
        return {
            "ruling out of force": Attempt(
                caller=office.institution.administrator,
                path="/loans/v1/products",
                body=right | {"ruling": "SSB 9/2020"},
                refused=(422, "loans/ruling-out-of-force"),
                right=right,
            )
        }

    async def _tunisia(self, tunis: Institution) -> dict[str, Attempt]:
        manager = await tunis.program("funds_manager")
        fund_id = await self._fund(manager, "TND")
        founder = clause("client_status", {"values": ["farmer"]}, whose="founder")
        path = f"/loans/v1/funds/{fund_id}/clauses"
        return {
            "clause that no law allows": Attempt(
                caller=manager,
                path=path,
                body=founder,
                refused=(422, "loans/clause-unlawful"),
                right=founder | {"whose": "donor"},
            ),
            "clause in another currency": Attempt(
                caller=manager,
                path=path,
                body=clause("most_per_person", {"amount": amount("5.00", "EUR")}),
                refused=(422, "loans/clause-malformed"),
                right=clause("most_per_person", {"amount": amount("5.000", "TND")}),
            ),
        }

    async def _fund(self, manager: Caller, currency: str) -> str:
        body = {
            "code": f"F-{currency}",
            "kind": "donation",
            "currency": currency,
            "names": journey.FUND_NAMES,
        }
        return str((await manager.post("/loans/v1/funds", body))["fund_id"])

    async def _past_rule(self, office: Office) -> dict[str, Attempt]:
        """A cap that was over today, and the one that follows it, which waits."""
        administrator, dear = office.institution.administrator, bodies.loan(code="DEAR")
        rule = {
            "fact_id": "own-rate-cap",
            "topic": "rate_cap",
            "country": "JO",
            "conditions": {"mode_of_finance": ["conventional"]},
            "value": "0.24",
            "unit": "nominal",
            "starts_on": "2026-01-01",
            "ends_on": str(self.today),
            "when_past": "refuse",
            "source": {"title": "Note 3 of 2026", "dated": "2026-01-05"},
            "confidence": "high",
            "needs_legal_check": True,
        }
        past = await office.manager.post(f"{RULEBOOK}/overrides", rule)
        await administrator.post(f"{RULEBOOK}/overrides/{past['override_id']}/approval", {})
        next_rule = rule | {"starts_on": str(self.today), "ends_on": None}
        follows = await office.manager.post(f"{RULEBOOK}/overrides", next_rule)
        self.cures.append(
            (administrator, f"{RULEBOOK}/overrides/{follows['override_id']}/approval", {})
        )
        return {
            "fact past its period": Attempt(
                caller=administrator,
                path="/loans/v1/products",
                body=dear,
                refused=(422, "loans/rule-past"),
                right=dear,
            )
        }

    async def approve_beyond(self) -> Json:
        """Approve 1,000.000 from a fund of 999.999."""
        poor, _ = await journey.open_fund(self.office.manager, receipt="999.999")
        application = await journey.apply(self.office)
        return await journey.approve(self.office, application, fund_id=poor)

    def send(self, attempt: Attempt, body: Json, language: str = "en") -> httpx.Response:
        return self.portal.call(self._send, attempt, body, language)

    async def _send(self, attempt: Attempt, body: Json, language: str) -> httpx.Response:
        return await attempt.caller.try_post(attempt.path, body, language=language)

    def kept(self) -> Kept:
        """How many rows each table has, and what stands in every account."""
        found: Kept = self.portal.call(self._kept)
        return found

    async def _kept(self) -> Kept:
        connection = await asyncpg.connect(self.admin_url)
        try:
            tables = await connection.fetch(
                "select table_name from information_schema.columns"
                " where table_schema = 'loans' and column_name = 'institution_id'"
            )
            counts = {
                name: await connection.fetchval(
                    f'select count(*) from loans."{name}" where institution_id = any($1)',
                    self.institutions,
                )
                for (name,) in tables
                if name not in BY_ITSELF
            }
            rows = await connection.fetch(BALANCES, self.institutions)
        finally:
            await connection.close()
        return counts, [tuple(row) for row in rows]


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], admin_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("house")
    with start_blocking_portal() as portal:
        opened = portal.wrap_async_context_manager(houses.in_one_process(folder, database_urls))
        with opened as house:
            prepared = Scene(portal, house, admin_url)
            portal.call(prepared.prepare)
            yield prepared


@pytest.mark.parametrize("named", NAMED)
def test_it_is_a_named_problem_in_three_languages_and_changes_nothing(
    named: str, scene: Scene
) -> None:
    attempt, before = scene.attempts[named], scene.kept()
    assert before[1], "the books have balances to keep"

    told = {one: scene.send(attempt, attempt.body, one) for one in ("ar", "fr", "en")}

    counts, balances = scene.kept()
    changed = {name: count for name, count in counts.items() if count != before[0][name]}
    assert (changed, balances) == ({}, before[1])
    for answer in told.values():
        status, problem = attempt.refused
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    arabic, french, english = (answer.json() for answer in told.values())
    for member in ("title", "detail"):
        assert ARABIC.search(arabic[member]), arabic
        assert not ARABIC.search(french[member]), french
        assert french[member] != english[member], french


def test_a_refusal_by_a_doubtful_fact_says_that_a_lawyer_should_look(scene: Scene) -> None:
    attempt = scene.attempts["clause that no law allows"]

    told = scene.send(attempt, attempt.body).json()

    assert told["needs_legal_check"] is True
    assert "1957" in told["source"]


def test_an_approval_beyond_the_fund_claims_nothing_and_waits_in_sight(scene: Scene) -> None:
    """What a fund lacks does not undo a decision on a person: the application waits for money."""
    claims = scene.kept()[0]["fund_claim"]

    waiting = scene.portal.call(scene.approve_beyond)

    assert waiting["status"] == "waiting_for_funds"
    assert scene.kept()[0]["fund_claim"] == claims


def test_the_permitted_neighbours_of_all_that_are_done(scene: Scene) -> None:
    """Nothing but the one fault kept each from being done."""
    assert set(NAMED) == set(scene.attempts)
    for caller, path, body in scene.cures:
        scene.portal.call(caller.post, path, body)
    for named, attempt in scene.attempts.items():
        answer = scene.send(attempt, attempt.right)
        assert answer.status_code == 201, f"{named}: {answer.text}"
