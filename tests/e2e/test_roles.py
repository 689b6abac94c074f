"""Every route of every service admits the roles of the table, and no other."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from services.data_folder import SECRETS
from services.embedded import Rafid
from services.loans.identity.issuer import Issuer
from services.loans.institutions.operations import Founded
from services.loans.institutions.tables import StaffRow
from shared import ids
from shared.auth import Role, roles_of
from shared.db import Database
from shared.ids import InstitutionId
from tests.e2e import role_table, roles_gsma
from tests.integration.loans import doorway

SITE = "http://rafid.test"
ROLE_MISSING = "/problems/shared/role-missing"
GUARDED = {route: roles for route, roles in role_table.expected().items() if roles is not None}
PAGES = {"GET /monitoring/v1/donor"}  # who is not signed in is sent to sign in


@pytest.fixture
async def rafid(database_urls: dict[str, str], tmp_path: Path) -> AsyncIterator[Rafid]:
    kept = {name: secrets.token_urlsafe(36) for name in SECRETS}
    made = Rafid(folder=tmp_path, urls=database_urls, kept=kept, public_url=SITE)
    async with made.running():
        yield made


@pytest.fixture
async def founded(loans_db: Database, institution_id: InstitutionId) -> Founded:
    return await doorway.found(loans_db, institution_id)


def routes_of(app: FastAPI) -> dict[str, frozenset[Role] | None]:
    """What an application really serves: a mount stands as a GET of its path."""
    return {
        f"{method} {context.path}": roles_of(context) if hasattr(context, "dependant") else None
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or {"GET"}) - {"HEAD"}
    }


def headers_of(role: Role, rafid: Rafid, founded: Founded) -> dict[str, str]:
    issuer: Issuer = rafid.loans.state.issuer
    institution_id = founded.institution.institution_id
    if role is Role.SERVICE:
        token = issuer.service_token("monitoring")
    else:
        person = StaffRow(
            institution_id=institution_id,
            staff_id=ids.new(),
            roles=[role],
            branch_ids=None,
            donor_id=ids.new() if role is Role.DONOR else None,
        )
        token = issuer.staff_token(person, client_id="monitoring")
    return {"Authorization": f"Bearer {token}", "X-Institution": str(institution_id)}


async def ask(rafid: Rafid, route: str, headers: dict[str, str]) -> httpx.Response:
    """Ask a route about things that are not there, with an empty body."""
    method, path = route.split()
    address = roles_gsma.address(path)
    body: dict[str, str] | None = {} if method in {"POST", "PUT", "PATCH"} else None
    return await rafid.http.request(method, address, json=body, headers=headers)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the problem of an answer; the GSMA's standard knows no 403."""
    if roles_gsma.is_role_missing(answer):
        return 403, ROLE_MISSING
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code, str(answer.json()["type"]) if is_problem else ""


async def test_the_table_names_every_route_with_its_roles(rafid: Rafid) -> None:
    served: dict[str, frozenset[Role] | None] = {}
    for app in (rafid.loans, rafid.scoring, rafid.monitoring):
        served |= routes_of(app)
    table = role_table.expected()

    new = sorted(served.keys() - table.keys())
    other = [route for route in served.keys() & table.keys() if served[route] != table[route]]

    assert not new, "not in the table:\n" + "\n".join(
        role_table.written(route, served[route]) for route in new
    )
    assert sorted(table.keys() - served.keys()) == [], "in the table, but not served"
    assert not other, "served otherwise than in the table:\n" + "\n".join(
        role_table.written(route, served[route]) for route in sorted(other)
    )


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_reaches_what_the_table_gives_it_and_nothing_else(
    rafid: Rafid, founded: Founded, role: Role
) -> None:
    headers = headers_of(role, rafid, founded)
    for route, roles in GUARDED.items():
        answer = await ask(rafid, route, headers)
        assert answer.status_code < 500, (route, answer.text)
        if role in roles:
            assert answer.status_code != 401, (route, answer.text)
            assert refusal(answer) != (403, ROLE_MISSING), route
        else:
            assert refusal(answer) == (403, ROLE_MISSING), route


async def test_without_a_token_or_with_a_broken_one_no_guarded_route_answers(
    rafid: Rafid,
) -> None:
    for route in GUARDED:
        for headers in ({}, {"Authorization": "Bearer e30.e30.e30"}):
            answer = await ask(rafid, route, headers)
            if route in PAGES and not headers:
                assert answer.status_code == 303, (route, answer.text)
                assert "/login" in answer.headers["location"]
                continue
            assert answer.status_code == 401, (route, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_without_roles_opens_nothing(rafid: Rafid, founded: Founded) -> None:
    issuer: Issuer = rafid.loans.state.issuer
    nobody = StaffRow(
        institution_id=founded.institution.institution_id, staff_id=ids.new(), roles=[]
    )
    headers = {"Authorization": f"Bearer {issuer.staff_token(nobody, client_id='monitoring')}"}
    for route in GUARDED:
        answer = await ask(rafid, route, headers)
        assert refusal(answer) == (403, ROLE_MISSING), route


def test_money_is_moved_by_no_reader() -> None:
    """Who oversees, gives or administers changes no money, whatever else the table says."""
    readers = {Role.AUDITOR, Role.DONOR}
    previews = "POST /loans/v1/contracts/previews"
    storing_nothing = {
        previews,
        f"{previews}/terms",
        f"{previews}/batch",
        "POST /loans/v1/funds/checks",
        "POST /scoring/v1/models/{card_id}/{version}/replay",
        "POST /scoring/v1/offers/{assessment_id}/what-if",
        "POST /loans/v1/zakat/dues",
    }
    findings = {"POST /loans/v1/sharia/cases"}  # a breach that was found; others decide on it
    changing = {route for route in GUARDED if not route.startswith("GET ")}
    changing -= storing_nothing | findings

    assert changing
    assert [route for route in sorted(changing) if GUARDED[route] & readers] == []
