"""What connected borrowers owe together is added up at every approval, and limited."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.loans.applications import router as applications
from services.loans.approvals import router as approvals
from services.loans.borrowers import router as borrowers
from services.loans.exposure import router as exposure
from services.loans.products import router as products
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import bodies, office
from tests.fakes import FakeScoring
from tests.integration.loans import desks
from tests.integration.loans.desks import approval, decide, open_fund, problem
from tests.office import Office

BORROWERS = "/loans/v1/borrowers"
LIMITS = "/loans/v1/exposure-limits"
ROUTERS = (products, borrowers, applications, approvals, exposure)


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    parts = [part.router for part in ROUTERS]
    async with office.opened(loans_db, institution_id, *parts) as opened:
        opened.app.state.scoring = FakeScoring()
        admin = opened.caller(Role.ADMINISTRATOR)
        assert (await admin.post("/loans/v1/products", bodies.qard())).status_code == 201
        await desks.level(opened, 1, "2000.000")
        yield opened


async def limit(desk: Office, amount: str | None, **changes: Any) -> httpx.Response:
    body = {"currency": "JOD", "max_amount": amount, "effective_on": "2026-04-01"} | changes
    return await desk.caller(Role.ADMINISTRATOR).post(LIMITS, body)


async def person(desk: Office, year: int) -> str:
    body = bodies.person(desk.branch, born_on=f"{year}-01-01")
    answer = await desk.caller(Role.OFFICER).post(BORROWERS, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["borrower_id"])


async def asked_by(desk: Office, borrower_id: str) -> str:
    body = bodies.application(borrower_id=borrower_id)
    answer = await desk.caller(Role.OFFICER).post(desks.APPLICATIONS, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["application_id"])


async def answer_for(desk: Office, guarantor: str, borrower_id: str) -> None:
    path = f"{BORROWERS}/{borrower_id}/guarantors"
    answer = await desk.caller(Role.OFFICER).post(path, {"borrower_id": guarantor})
    assert answer.status_code == 201, answer.text


async def owed(desk: Office, borrower_id: str) -> dict[str, Any]:
    answer = await desk.caller(Role.OFFICER).get(
        f"{BORROWERS}/{borrower_id}/exposure", purpose="application", currency="JOD"
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_group_reaches_its_limit_and_not_beyond(desk: Office) -> None:
    fund = await open_fund(desk)
    assert (await limit(desk, "1999.999")).status_code == 201
    first, second = await person(desk, 1970), await person(desk, 1971)
    alone = await person(desk, 1972)
    await answer_for(desk, first, second)
    approver = desk.caller(Role.APPROVER)
    for one in (first, alone):
        answer = await decide(approver, await asked_by(desk, one), approval(fund))
        assert answer.json()["status"] == "approved"
    application = await asked_by(desk, second)
    answer = await decide(approver, application, approval(fund))
    assert problem(answer) == (422, "group-owes-too-much")
    told = answer.json()
    assert (told["owed"]["amount"], told["together"]["amount"]) == ("1000.000", "2000.000")
    assert sorted(told["members"]) == sorted([f"{first}: 1000.000 JOD", f"{second}: 0.000 JOD"])
    found = await owed(desk, second)
    assert (found["total"]["amount"], found["room"]["amount"]) == ("1000.000", "999.999")
    assert (await limit(desk, "2000.000")).status_code == 201
    assert (await decide(approver, application, approval(fund))).json()["status"] == "approved"


async def test_a_tie_that_does_not_count_joins_nobody(desk: Office) -> None:
    fund = await open_fund(desk)
    await limit(desk, "1500.000", ties=["member"])
    first, second = await person(desk, 1970), await person(desk, 1971)
    await answer_for(desk, first, second)
    for one in (first, second):
        answer = await decide(desk.caller(Role.APPROVER), await asked_by(desk, one), approval(fund))
        assert answer.status_code == 201, answer.text


async def test_of_two_members_approved_at_once_one_finds_the_room(desk: Office) -> None:
    fund = await open_fund(desk)
    await limit(desk, "1500.000")
    first, second = await person(desk, 1970), await person(desk, 1971)
    await answer_for(desk, first, second)
    asked = [await asked_by(desk, one) for one in (first, second)]
    answers = await asyncio.gather(
        *(decide(desk.caller(Role.APPROVER), one, approval(fund)) for one in asked)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422]


async def test_a_limit_is_lifted_and_stays_to_read(desk: Office) -> None:
    fund = await open_fund(desk)
    await limit(desk, "10.000")
    one = await person(desk, 1970)
    application = await asked_by(desk, one)
    approver = desk.caller(Role.APPROVER)
    assert problem(await decide(approver, application, approval(fund)))[1] == "group-owes-too-much"
    await limit(desk, None)
    assert (await decide(approver, application, approval(fund))).status_code == 201
    listed = (await desk.caller(Role.AUDITOR).get(LIMITS)).json()["items"]
    assert [item["max_amount"] for item in listed] == [bodies.amount("10.000"), None]
    assert (await owed(desk, one))["max_amount"] is None


async def test_a_limit_of_yesterday_or_of_nothing_is_refused(desk: Office) -> None:
    backdated = await limit(desk, "10.000", effective_on="2026-03-31")
    assert problem(backdated) == (422, "limit-backdated")
    assert (await limit(desk, "10.0001")).status_code == 422
    assert (await limit(desk, "0.000")).status_code == 422
    assert (await limit(desk, None, currency="ZZZ")).status_code == 422
    assert (await limit(desk, "10.000", ties=[])).status_code == 422
    assert (await limit(desk, "10.000", ties=["neighbour"])).status_code == 422
