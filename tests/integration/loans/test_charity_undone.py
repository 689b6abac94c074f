"""What went to charity by mistake comes back by a second order, once, by two persons."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.loans.compliance.router import router
from services.loans.domain.chart import FundKind
from services.loans.proof import operations as proof
from services.loans.rulings.router import router as rulings_router
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import chained, office, rulings
from tests.bodies import amount
from tests.integration.loans.breaches import (
    NAMES,
    SHARIA,
    approve,
    booked,
    decided,
    earn,
    problem,
    propose,
    send,
)
from tests.integration.loans.scene import TODAY, Scene
from tests.office import Caller, Office


@pytest.fixture
async def bureau(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    async with office.opened(loans_db, institution_id, router, rulings_router) as opened:
        yield opened


@pytest.fixture
def scene(bureau: Office) -> Scene:
    return Scene(
        database=bureau.database, institution_id=bureau.institution_id, branch_id=bureau.branch
    )


@pytest.fixture
def maker(bureau: Office) -> Caller:
    return bureau.caller(Role.FUNDS_MANAGER)


@pytest.fixture
def checker(bureau: Office) -> Caller:
    return bureau.caller(Role.FUNDS_MANAGER)


@pytest.fixture
async def fund_id(scene: Scene) -> FundId:
    found = await scene.fund(FundKind.WAQF, lending_ruling=rulings.EVERYTHING)
    await earn(scene, found, "500.000")
    return found


async def purified(maker: Caller, checker: Caller, fund_id: FundId) -> tuple[str, str]:
    """Purify 300.000 of a case; gives the case and the order."""
    case_id = await decided(maker, fund_id, "300.000")
    order = await approve(checker, await propose(maker, case_id, "300.000"))
    assert order.status_code == 201, order.text
    return case_id, order.json()["order_id"]


async def paid(maker: Caller, checker: Caller, fund_id: FundId, text: str) -> str:
    named = {"code": "ORPHANS", "names": NAMES, "registration": "JO 1234"}
    beneficiary = (await maker.post(f"{SHARIA}/beneficiaries", named)).json()["beneficiary_id"]
    body = {"amount": amount(text), "beneficiary_id": beneficiary, "channel": "cash"}
    answer = await approve(checker, await send(maker, f"funds/{fund_id}/charity-payments", body))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["order_id"])


async def test_income_purified_by_mistake_is_income_again(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    before = await booked(scene, fund_id)
    case_id, order_id = await purified(maker, checker, fund_id)

    back = await send(maker, f"charity-orders/{order_id}/reversal")
    assert (back.status_code, back.json()["state"], back.json()["reverses_order_id"]) == (
        201,
        "proposed",
        order_id,
    )
    assert (await booked(scene, fund_id))["charity"] == "-300.000"
    alone = await send(maker, f"charity-orders/{back.json()['order_id']}/approval")
    assert problem(alone) == (403, "charity-maker-decides")
    assert (await approve(checker, back)).status_code == 201

    assert await booked(scene, fund_id) == before
    read = (await maker.get(f"{SHARIA}/cases/{case_id}")).json()
    assert read["purified"] == amount("0.000")
    told = (await maker.get(f"{SHARIA}/charity", since=str(TODAY))).json()["funds"]
    assert [fund["closing"] for fund in told] == [amount("0.000")]
    again = await approve(checker, await propose(maker, case_id, "300.000"))
    assert again.status_code == 201, "what was taken back can be done anew"


async def test_a_payment_that_came_back_is_owed_to_charity_again(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    _, purification = await purified(maker, checker, fund_id)
    payment = await paid(maker, checker, fund_id, "120.000")

    gone = await send(maker, f"charity-orders/{purification}/reversal")
    assert problem(gone) == (422, "charity-gone")
    back = await send(maker, f"charity-orders/{payment}/reversal")
    assert (await approve(checker, back)).status_code == 201

    held = await booked(scene, fund_id)
    assert (held["cash"], held["charity"]) == ("10500.000", "-300.000")
    (only,) = (await maker.get(f"{SHARIA}/charity", since=str(TODAY))).json()["funds"]
    assert [(move["kind"], move["amount"]) for move in only["moves"]] == [
        ("purification", amount("300.000"))
    ]
    await chained.chain(scene.database, scene.institution_id)
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        broken = [one async for one in proof.prove(session) if not one.holds]
    assert broken == []


async def test_only_what_stands_is_taken_back_and_once(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    _, order_id = await purified(maker, checker, fund_id)
    path = f"charity-orders/{order_id}/reversal"
    first, second = [await send(maker, path) for _ in range(2)]

    answers = await asyncio.gather(approve(checker, first), approve(checker, second))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert (await booked(scene, fund_id))["charity"] == "0.000"
    assert problem(await send(maker, path)) == (409, "charity-order-not-standing")
    of_it = f"charity-orders/{first.json()['order_id']}/reversal"
    assert problem(await send(maker, of_it)) == (409, "charity-order-not-standing")
    waiting = await propose(maker, await decided(maker, fund_id, "10.000"), "10.000")
    early = await send(maker, f"charity-orders/{waiting.json()['order_id']}/reversal")
    assert problem(early) == (409, "charity-order-not-standing")
