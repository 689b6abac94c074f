"""What a test does at the desk: submit, decide, and look at what came of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from fastapi import APIRouter
from sqlalchemy import text

from services.loans.applications import assessing
from services.loans.applications import router as applications
from services.loans.applications.asking import ask_nobody
from services.loans.applications.assessing import Asking
from services.loans.approvals import router as approvals
from services.loans.borrowers import router as borrowers
from services.loans.clauses import router as clauses
from services.loans.domain import giving
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.eligibility import router as eligibility
from services.loans.funds import operations as funds
from services.loans.institutions.names import Names
from services.loans.products import router as products
from shared import ids
from shared.auth import Role
from shared.db import Database, TenantDb
from shared.ids import InstitutionId
from shared.money import Money
from tests import bodies, office
from tests.fakes import FakeScoring
from tests.office import NOW, TODAY, Caller, Office

DECIDING = (
    products.router,
    borrowers.router,
    applications.router,
    approvals.router,
    clauses.router,
    eligibility.router,
)
APPLICATIONS = "/loans/v1/applications"
LEVELS = "/loans/v1/authority-levels"


@asynccontextmanager
async def opened(
    database: Database, institution_id: InstitutionId, *more: APIRouter
) -> AsyncIterator[Office]:
    """A desk with one product, decided on up to 2,000 JOD, that also asks what funds may do."""
    async with office.opened(database, institution_id, *DECIDING, *more) as found:
        found.app.state.scoring = FakeScoring()
        admin = found.caller(Role.ADMINISTRATOR)
        assert (await admin.post("/loans/v1/products", bodies.qard())).status_code == 201
        await level(found, 1, "2000.000")
        yield found


async def submit(caller: Caller, desk: Office, **changes: Any) -> httpx.Response:
    headers = changes.pop("headers", {})
    body = bodies.application(borrower=bodies.person(desk.branch)) | changes
    return await caller.post(APPLICATIONS, body, **headers)


async def submitted(caller: Caller, desk: Office, **changes: Any) -> dict[str, Any]:
    answer = await submit(caller, desk, **changes)
    assert answer.status_code == 201, answer.text
    file: dict[str, Any] = answer.json()
    return file


async def application_of(desk: Office, **changes: Any) -> str:
    day = changes.pop("day", 1)
    person = bodies.person(desk.branch, born_on=f"19{60 + day % 40}-01-{1 + day // 40:02}")
    body = bodies.application(borrower=person) | changes
    answer = await desk.caller(Role.OFFICER).post(APPLICATIONS, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["application_id"])


async def told(desk: Office) -> list[str]:
    async with desk.database.read(desk.institution_id) as session:
        types = await session.execute(text("select type from event order by event_id"))
        return [type_ for (type_,) in types if "application" in type_]


def asking(scoring: FakeScoring) -> Asking:
    return Asking(scoring=scoring, funds=ask_nobody)


async def retry(desk: Office, scoring: FakeScoring, *, later: timedelta = timedelta(0)) -> int:
    db = TenantDb(desk.database, desk.institution_id)
    return await assessing.assess_waiting(db, asking(scoring), at=NOW + later, on=TODAY)


async def level(desk: Office, number: int, limit: str, **changes: Any) -> dict[str, Any]:
    body = {"max_amount": bodies.amount(limit), "level": number, "role": "approver"} | changes
    answer = await desk.caller(Role.ADMINISTRATOR).post(LEVELS, body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def open_fund(
    desk: Office, *, kind: FundKind = FundKind.WAQF, holds: str = "10000.000", code: str = ""
) -> str:
    actor_id = ids.new()
    async with desk.database.begin(desk.institution_id) as session:
        row = await funds.create_fund(
            session,
            code=code or f"F{ids.new().hex[-8:]}",
            kind=kind,
            names=Names(ar="صندوق", fr="Fonds", en="Fund"),
            floor=Money.zero("JOD"),
            lending_ruling=None,
            on=TODAY,
            actor_id=actor_id,
        )
        await funds.receive(
            session,
            fund_id=row.fund_id,
            donor_id=None,
            amount=Money.parse(holds, "JOD"),
            received_on=TODAY,
            channel=Channel.CASH,
            nature=giving.NATURES[kind][0],
            actor_id=actor_id,
        )
    return str(row.fund_id)


def approval(fund_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "outcome": "approve", "reasons": ["sound"], "fund_id": fund_id, "menu_line": 1,
    } | changes  # fmt: skip


async def decide(
    caller: Caller, application_id: str, body: dict[str, Any], *, key: str | None = None
) -> httpx.Response:
    path = f"{APPLICATIONS}/{application_id}/decisions"
    return await caller.post(path, body, Idempotency_Key=key or str(ids.new()))


async def file_of(desk: Office, application_id: str) -> dict[str, Any]:
    read: dict[str, Any] = (
        await desk.caller(Role.AUDITOR).get(f"{APPLICATIONS}/{application_id}")
    ).json()
    return read


async def reserved(desk: Office) -> int:
    async with desk.database.read(desk.institution_id) as session:
        total = await session.scalar(
            text("select sum(case kind when 'reserve' then amount_minor else -amount_minor end)"
                 " from fund_claim")
        )  # fmt: skip
    return int(total or 0)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]
