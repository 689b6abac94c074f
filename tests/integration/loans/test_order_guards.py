"""What an order may not do: overspend an account, slip past a level, be seen next door."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text

from services.loans.contracts import queries as contracts
from services.loans.domain.chart import FundKind
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk, cash, keyed, level, qard

RELIEF = "/loans/v1/relief-orders"


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def test_no_refund_leaves_an_account_that_does_not_hold_it(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "1220.000")
    counted = await desk.counts()

    refused = await desk.give(contract_id, "refund", amount=cash("20.000"), channel="wallet")

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/fund-exhausted"
    assert refused.json()["available"] == cash("0.000")
    assert await desk.counts() == counted


async def test_a_refund_is_refused_where_the_money_left_before_its_approval(desk: Desk) -> None:
    fund_id = await desk.scene.fund(receives="1200.000")
    contract_id = await desk.lent_from(fund_id)
    await desk.repay(contract_id, "1220.000")
    order = (await desk.give(contract_id, "refund", amount=cash("20.000"))).json()
    move = {"kind": "channel_transfer", "reason": "policy", "source": "cash"}
    path = f"/loans/v1/funds/{fund_id}/orders"
    moved = (await keyed(desk.manager, path, {**move, "amount": cash("1201.000")})).json()
    path = f"/loans/v1/fund-orders/{moved['order_id']}/approval"
    assert (await keyed(desk.checker, path, {"outcome": "approve"})).status_code == 201

    refused = await desk.approve(order)

    assert refused.status_code == 422
    assert refused.json()["available"] == cash("19.000")
    assert (await desk.balances(contract_id))["surplus"] == -20_000
    assert await desk.faults() == {}


async def test_a_charge_back_goes_back_the_way_the_money_came(desk: Desk) -> None:
    contract_id = await desk.lent()
    held = await desk.balances(contract_id)
    paid = await desk.repay(contract_id, "100.000", channel="wallet")
    named = {"amount": cash("60.000"), "repayment_id": paid.json()["repayment_id"]}

    order = await desk.done(contract_id, "charge_back", **named)

    assert order["members"]["channel"] == "wallet"
    balances = await desk.balances(contract_id)
    assert (balances["cash"], balances["wallet"]) == (held["cash"], 40_000)
    await desk.undone(order)
    balances = await desk.balances(contract_id)
    assert (balances["cash"], balances["wallet"]) == (held["cash"], 100_000)
    assert await desk.faults() == {}


async def test_taking_a_payoff_back_asks_for_the_level_of_its_money(desk: Desk) -> None:
    await level(desk.scene, "90000.000", at=2, role=Role.ADMINISTRATOR)
    head = desk.office.caller(Role.ADMINISTRATOR)
    fund_id = await desk.scene.fund(receives="90000.000")
    contract_id = await desk.lent_from(fund_id, qard("60000.000"))
    given = (await desk.give(contract_id, "payoff")).json()
    await desk.approve(given)
    assert (await desk.approve(given, by=head)).status_code == 201

    path = f"/loans/v1/orders/{given['order_id']}/reversal"
    back = (await keyed(desk.maker, path, {"reason": "error"})).json()

    assert back["weight"] == cash("60000.000")
    once = await desk.approve(back)
    assert once.json()["state"] == "proposed"
    assert (await desk.approve(back, by=head)).json()["state"] == "in_force"


async def test_relief_asks_for_the_level_of_its_sum_and_no_part_is_decided_alone(
    desk: Desk,
) -> None:
    await level(desk.scene, "90000.000", at=2, role=Role.ADMINISTRATOR)
    head = desk.office.caller(Role.ADMINISTRATOR)
    fund_id = await desk.scene.fund(FundKind.ZAKAT, receives="60000.000")
    terms = qard("30000.000")
    lent = [await desk.lent_from(fund_id, terms, kind=FundKind.ZAKAT) for _ in range(2)]
    body = {"kind": "forgiveness", "reason": "death", "contract_ids": lent}
    given = (await keyed(desk.maker, RELIEF, body)).json()
    counted = await desk.counts()

    for outcome in ("approve", "reject"):
        alone = await desk.approve(given["parts"][0]["order"], outcome=outcome)
        assert alone.status_code == 409, alone.text
        assert alone.json()["type"] == "/problems/loans/decided-with-its-batch"
        assert alone.json()["batch_id"] == given["batch_id"]
    assert await desk.counts() == counted

    path = f"{RELIEF}/{given['batch_id']}/approval"
    states = []
    for approver in (desk.checker, head):
        told = await keyed(approver, path, {"outcome": "approve"})
        assert told.status_code == 201, told.text
        states.append([part["order"]["state"] for part in told.json()["parts"]])
    assert states == [["proposed", "proposed"], ["in_force", "in_force"]]
    assert (await desk.balances(lent[0]))["forgiveness"] == 60_000_000
    assert await desk.faults() == {}


async def test_a_locked_contract_is_read_anew(desk: Desk) -> None:
    contract_id = UUID(await desk.lent())
    close = text("update contract set status = 'closed' where contract_id = :contract_id")
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        seen = await contracts.contract(session, contract_id)
        assert seen.status == "active"
        async with desk.scene.database.begin(desk.scene.institution_id) as other:
            await other.execute(close, {"contract_id": contract_id})
        assert (await contracts.contract(session, contract_id, lock=True)).status == "closed"


async def test_relief_is_seen_and_taken_back_within_one_s_branches(desk: Desk) -> None:
    contract_id = await desk.lent()
    body = {"kind": "payment_holiday", "periods": 1, "reason": "disaster"}
    given = (await keyed(desk.maker, RELIEF, {**body, "contract_ids": [contract_id]})).json()
    path = f"{RELIEF}/{given['batch_id']}"
    assert (await keyed(desk.checker, f"{path}/approval", {"outcome": "approve"})).is_success
    next_door = desk.office.caller(Role.OFFICER, branches=[desk.office.branches[1]])
    here = desk.office.caller(Role.OFFICER, branches=[desk.office.branches[0]])
    counted = await desk.counts()

    assert (await next_door.get(path)).status_code == 404
    refused = await keyed(next_door, f"{path}/reversal", {"reason": "error"})
    assert refused.status_code == 404
    assert refused.json()["type"] == "/problems/loans/contract-unknown"
    assert await desk.counts() == counted
    assert [part["contract_id"] for part in (await here.get(path)).json()["parts"]] == [contract_id]
    assert (await keyed(here, f"{path}/reversal", {"reason": "error"})).status_code == 201


async def test_contracts_are_listed_by_what_orders_made_of_them(desk: Desk) -> None:
    given_up, settled = await desk.lent(), await desk.lent()
    await desk.done(given_up, "write_off")
    await desk.done(settled, "payoff")
    await desk.done(settled, "close")

    for status, contract_id in (("written_off", given_up), ("closed", settled)):
        listed = await desk.maker.get("/loans/v1/contracts", status=status)
        assert listed.status_code == 200, listed.text
        assert [one["contract_id"] for one in listed.json()["items"]] == [contract_id]
