"""How a test puts a borrower's own money in, has one ask for it and another pay it out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx

from services.loans.contracts.tables import ContractRow
from services.loans.deps import Days
from services.loans.domain.savings import Savings
from services.loans.holdings.router import router
from services.loans.proof import operations as proof
from shared import ids
from shared.clock import FixedClock
from shared.ids import FundId
from tests.chained import chain
from tests.integration.loans.scene import NOON, OpenVerifier, Scene, client_of, keyed
from tests.integration.loans.signing import qard, signed

TENTH = Savings(upfront_percent=Decimal(10), each_percent=Decimal(1))


@asynccontextmanager
async def another(
    scene: Scene, *, after: timedelta = timedelta()
) -> AsyncIterator[httpx.AsyncClient]:
    """Speak as another person, so long after the day of the others."""
    verifier = OpenVerifier(scene.institution_id, actor_id=ids.new())
    clock = FixedClock(NOON + after)
    days = Days(scene.database, clock)
    async with client_of(
        scene, router, roles="officer+funds_manager", verifier=verifier, clock=clock, days=days
    ) as client:
        yield client


async def asked(client: httpx.AsyncClient, row: ContractRow, **body: Any) -> str:
    """Ask for a movement; gives the request."""
    answer = await client.post(path(row, "/requests"), json=body, headers=keyed())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_id"])


async def take_out(
    other: httpx.AsyncClient, client: httpx.AsyncClient, row: ContractRow, amount: str, **more: str
) -> httpx.Response:
    """One asks for savings, another pays them out."""
    request_id = await asked(other, row, kind="withdrawal", **moved(amount))
    body = moved(amount, request_id=request_id, **more)
    return await client.post(path(row, "/withdrawals"), json=body, headers=keyed())


def path(row: ContractRow, last: str = "") -> str:
    return f"/loans/v1/contracts/{row.contract_id}/holdings{last}"


def moved(amount: str, purpose: str = "savings", **more: str) -> dict[str, Any]:
    return {"purpose": purpose, "amount": {"amount": amount, "currency": "JOD"}, **more}


async def put(client: httpx.AsyncClient, row: ContractRow, amount: str, **more: str) -> Any:
    answer = await client.post(path(row), json=moved(amount, **more), headers=keyed())
    assert answer.status_code == 201, answer.text
    return answer.json()


async def proved(scene: Scene) -> None:
    await chain(scene.database, scene.institution_id)
    async with scene.database.read(scene.institution_id) as session:
        assert [one async for one in proof.prove(session) if not one.holds] == []


async def saver(scene: Scene, fund_id: FundId, savings: Savings = TENTH) -> ContractRow:
    return await signed(scene, fund_id, product=qard(savings=savings))
