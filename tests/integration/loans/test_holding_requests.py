"""Held money goes out, and declared profit comes in, by two persons and once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.loans.contracts.tables import ContractRow
from services.loans.domain.chart import FundKind
from services.loans.domain.savings import Savings
from services.loans.holdings.router import router
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.holding_money import (
    another,
    asked,
    moved,
    path,
    proved,
    put,
    saver,
    take_out,
)
from tests.integration.loans.scene import Scene, client_of, keyed

SHARED = Savings(upfront_percent=Decimal(10), profit_share_percent=Decimal(40))


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def manager(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(scene, router, roles="funds_manager") as client:
        yield client


@pytest.fixture
async def other(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with another(scene) as client:
        yield client


async def tried(
    client: httpx.AsyncClient, row: ContractRow, last: str, body: dict[str, Any]
) -> tuple[int, str]:
    answer = await client.post(path(row, last), json=body, headers=keyed())
    return answer.status_code, answer.json().get("type", "").rsplit("/", 1)[-1]


async def test_nobody_pays_out_what_they_asked_for_themselves(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "50.000")
    alone = await tried(manager, row, "/withdrawals", moved("20.000"))
    assert alone == (422, "not-asked-by-another")
    own = await asked(manager, row, kind="withdrawal", **moved("20.000"))
    body = moved("20.000", request_id=own)
    assert await tried(manager, row, "/withdrawals", body) == (422, "not-asked-by-another")
    assert await scene.scalar("select sum(amount_minor) from holding") == 50_000
    waiting = (await manager.get(path(row))).json()["requests"]
    assert [(one["request_id"], one["kind"]) for one in waiting] == [(own, "withdrawal")]
    paid = await other.post(path(row, "/withdrawals"), json=body, headers=keyed())
    assert (paid.status_code, paid.json()["request_id"]) == (201, own)
    told = (await manager.get(path(row))).json()
    assert (told["savings"]["amount"], told["requests"]) == ("30.000", [])
    await proved(scene)


async def test_a_request_is_met_once_even_by_two_at_a_time(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "90.000")
    request_id = await asked(other, row, kind="withdrawal", **moved("20.000"))
    body = moved("20.000", request_id=request_id)
    found = [await tried(manager, row, "/withdrawals", body) for _ in range(2)]
    assert found == [(201, ""), (409, "held-request-met")]
    again = await take_out(other, manager, row, "20.000")
    assert again.status_code == 201, "who asks anew is paid anew"
    assert await scene.scalar("select sum(amount_minor) from holding") == 50_000


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"amount": {"amount": "20.001", "currency": "JOD"}}, (422, "held-request-other")),
        ({"channel": "bank"}, (422, "held-request-other")),
        ({"purpose": "contribution"}, (422, "held-request-other")),
        ({"request_id": str(ids.new())}, (404, "held-request-unknown")),
    ],
)
async def test_what_is_paid_is_what_was_asked_for(
    scene: Scene,
    manager: httpx.AsyncClient,
    other: httpx.AsyncClient,
    changed: dict[str, Any],
    problem: tuple[int, str],
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "50.000")
    request_id = await asked(other, row, kind="withdrawal", **moved("20.000"))
    body = {**moved("20.000", request_id=request_id), **changed}
    assert await tried(manager, row, "/withdrawals", body) == problem
    assert await scene.scalar("select sum(amount_minor) from holding") == 50_000


async def test_a_request_is_for_one_contract_and_one_kind_of_movement(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(FundKind.DONATION)
    row, elsewhere = await saver(scene, fund_id, SHARED), await saver(scene, fund_id, SHARED)
    for one in (row, elsewhere):
        await put(manager, one, "100.000")
    request_id = await asked(other, row, kind="withdrawal", **moved("12.505"))
    body = moved("12.505", request_id=request_id)
    there = await tried(manager, elsewhere, "/withdrawals", body)
    assert there == (404, "held-request-unknown")
    declared = {"declared": body["amount"], "request_id": request_id}
    assert await tried(manager, row, "/earnings", declared) == (422, "held-request-other")
    declared["request_id"] = await asked(other, row, kind="earning", amount=body["amount"])
    assert await tried(manager, row, "/earnings", declared) == (201, "")
    assert await tried(manager, row, "/earnings", declared) == (409, "held-request-met")
    assert (await manager.get(path(row))).json()["savings"]["amount"] == "105.002"
    await proved(scene)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"amount": {"amount": "0.000", "currency": "JOD"}}, "amount-not-positive"),
        ({"amount": {"amount": "1.00", "currency": "EGP"}}, "currency-mismatch"),
        ({"purpose": "contribution"}, "nothing-agreed-to-hold"),
        ({"kind": "deposit"}, "invalid-request"),
        ({"kind": "reversal"}, "invalid-request"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_by_name(
    scene: Scene, manager: httpx.AsyncClient, body: dict[str, Any], problem: str
) -> None:
    row = await saver(scene, await scene.fund())
    whole = {"kind": "withdrawal", **moved("1.000"), **body}
    assert await tried(manager, row, "/requests", whole) == (422, problem)
    assert await scene.scalar("select count(*) from holding_request") == 0


@pytest.mark.parametrize(("days", "found"), [(29, (201, "")), (30, (409, "held-request-expired"))])
async def test_a_request_is_met_within_thirty_days(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient, days: int, found: object
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "50.000")
    request_id = await asked(other, row, kind="withdrawal", **moved("20.000"))
    body = moved("20.000", request_id=request_id)
    async with another(scene, after=timedelta(days=days)) as later:
        assert await tried(later, row, "/withdrawals", body) == found
        told = (await later.get(path(row))).json()
    is_paid = found == (201, "")
    assert told["savings"]["amount"] == ("30.000" if is_paid else "50.000")
    assert told["requests"] == [], "it is met, or nobody can meet it"
    waiting = (await manager.get(path(row))).json()["requests"]
    assert [one["expires_on"] for one in waiting] == ([] if is_paid else ["2026-03-31"])


@pytest.mark.parametrize("by", ["who asked", "who would have met it"])
async def test_a_request_that_is_withdrawn_is_met_no_more(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient, by: str
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "50.000")
    request_id = await asked(other, row, kind="withdrawal", **moved("20.000"))
    client = other if by == "who asked" else manager
    last = f"/requests/{request_id}/withdrawal"
    assert await tried(client, row, last, {}) == (201, "")
    for seen in (manager, other):
        assert (await seen.get(path(row))).json()["requests"] == []
    again = await tried(client, row, last, {})
    body = moved("20.000", request_id=request_id)
    met = await tried(manager, row, "/withdrawals", body)
    assert again == met == (409, "held-request-withdrawn")
    assert await scene.scalar("select sum(amount_minor) from holding") == 50_000


async def test_what_was_met_or_belongs_elsewhere_is_not_withdrawn(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund()
    row, elsewhere = await saver(scene, fund_id), await saver(scene, fund_id)
    await put(manager, row, "50.000")
    request_id = await asked(other, row, kind="withdrawal", **moved("20.000"))
    last = f"/requests/{request_id}/withdrawal"
    assert await tried(manager, elsewhere, last, {}) == (404, "held-request-unknown")
    body = moved("20.000", request_id=request_id)
    assert await tried(manager, row, "/withdrawals", body) == (201, "")
    assert await tried(manager, row, last, {}) == (409, "held-request-met")
    assert await scene.scalar("select count(*) from holding_request_end") == 0


async def test_a_request_is_met_or_withdrawn_but_never_both(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "50.000")
    request_id = await asked(other, row, kind="withdrawal", **moved("20.000"))
    found = await asyncio.gather(
        tried(manager, row, "/withdrawals", moved("20.000", request_id=request_id)),
        tried(other, row, f"/requests/{request_id}/withdrawal", {}),
    )
    assert sorted(status for status, _ in found) == [201, 409]
    ended = await scene.scalar("select count(*) from holding_request_end")
    paid = await scene.scalar("select count(*) from holding where kind = 'withdrawal'")
    assert (ended, paid) in {(1, 0), (0, 1)}
