"""One order eases many contracts: tried out, approved as one, taken back as one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event

from services.loans.domain.chart import FundKind
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk, cash, keyed

RELIEF = "/loans/v1/relief-orders"


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def order(desk: Desk, contract_ids: list[str], kind: str, **members: Any) -> Any:
    body = {"kind": kind, "reason": "disaster", "contract_ids": contract_ids, **members}
    return await keyed(desk.maker, RELIEF, body)


async def decided(desk: Desk, batch_id: str, *, outcome: str = "approve", by: Any = None) -> Any:
    path = f"{RELIEF}/{batch_id}/approval"
    return await keyed(by or desk.checker, path, {"outcome": outcome})


async def lent(desk: Desk, count: int, kind: FundKind = FundKind.ZAKAT) -> list[str]:
    fund_id = await desk.scene.fund(kind, receives="100000.000")
    return sorted([await desk.lent_from(fund_id, kind=kind) for _ in range(count)])


async def test_a_dry_run_tells_each_contract_s_part_and_writes_nothing(desk: Desk) -> None:
    contracts = await lent(desk, 2)
    waqf = await desk.lent()
    stranger = str(ids.new())
    counted = await desk.counts()

    answer = await order(desk, [*contracts, waqf, stranger], "forgiveness", dry_run=True)

    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["batch_id"] is None
    parts = {part["contract_id"]: part for part in body["parts"]}
    assert {parts[one]["weight"]["amount"] for one in contracts} == {"1200.000"}
    assert parts[waqf]["refused"]["type"] == "/problems/loans/forgiveness-not-zakat"
    assert parts[stranger]["refused"]["type"] == "/problems/loans/contract-unknown"
    assert all(part["order"] is None for part in body["parts"])
    after = await desk.counts()
    assert after.pop("idempotency_key") == counted.pop("idempotency_key") + 1
    assert after == counted


async def test_relief_is_approved_and_taken_back_as_one(desk: Desk) -> None:
    contracts = await lent(desk, 3)
    before = [await desk.position(one) for one in contracts]
    held = await desk.balances(contracts[0])
    given = (await order(desk, contracts, "forgiveness", reason="death")).json()
    assert {part["order"]["state"] for part in given["parts"]} == {"proposed"}

    approved = await decided(desk, given["batch_id"])

    assert approved.status_code == 201, approved.text
    assert {part["order"]["state"] for part in approved.json()["parts"]} == {"in_force"}
    balances = await desk.balances(contracts[0])
    assert balances["forgiveness"] == 3 * 1_200_000
    assert "loans" not in balances
    assert await desk.faults() == {}

    path = f"{RELIEF}/{given['batch_id']}/reversal"
    back = (await keyed(desk.maker, path, {"reason": "error"})).json()
    undone = await decided(desk, back["batch_id"])
    assert undone.status_code == 201, undone.text
    read = (await desk.maker.get(f"{RELIEF}/{given['batch_id']}")).json()
    assert {part["order"]["state"] for part in read["parts"]} == {"reversed"}
    assert [await desk.position(one) for one in contracts] == before
    assert await desk.balances(contracts[0]) == held
    assert await desk.faults() == {}


async def test_those_that_cannot_take_part_say_why_and_the_others_do(desk: Desk) -> None:
    one, other = await lent(desk, 2, FundKind.WAQF)
    await desk.repay(other, "1200.000")
    given = (await order(desk, [one, other], "payment_holiday", periods=3)).json()
    parts = {part["contract_id"]: part for part in given["parts"]}
    assert parts[one]["order"]["state"] == "proposed"
    assert parts[other]["refused"]["type"] == "/problems/loans/order-changes-nothing"

    approved = (await decided(desk, given["batch_id"])).json()
    assert [part["contract_id"] for part in approved["parts"]] == [one]


async def test_relief_that_has_become_impossible_for_one_is_done_for_none(desk: Desk) -> None:
    one, other = await lent(desk, 2, FundKind.WAQF)
    given = (await order(desk, [one, other], "write_off")).json()
    await desk.repay(other, "1200.000")
    counted = await desk.counts()

    refused = await decided(desk, given["batch_id"])

    assert refused.status_code == 409
    assert refused.json()["contract_id"] == other
    assert await desk.counts() == counted


async def test_nobody_approves_their_own_relief(desk: Desk) -> None:
    both = desk.office.caller(Role.OFFICER, Role.APPROVER)
    contracts = await lent(desk, 2)
    body = {"kind": "forgiveness", "reason": "death", "contract_ids": contracts}
    given = (await keyed(both, RELIEF, body)).json()
    assert (await decided(desk, given["batch_id"], by=both)).status_code == 403


async def test_relief_is_decided_once(desk: Desk) -> None:
    given = (await order(desk, await lent(desk, 2), "forgiveness")).json()
    rejected = await decided(desk, given["batch_id"], outcome="reject")
    assert {part["order"]["state"] for part in rejected.json()["parts"]} == {"rejected"}
    assert (await decided(desk, given["batch_id"])).status_code == 409


async def test_what_is_ordered_one_by_one_is_not_ordered_for_many(desk: Desk) -> None:
    refused = await order(desk, await lent(desk, 1), "refund", amount=cash("1.000"))
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/not-for-many"


async def test_relief_for_nobody_is_refused(desk: Desk) -> None:
    refused = await order(desk, [await desk.lent(), str(ids.new())], "forgiveness")
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/nobody-takes-part"
    stranger = str(ids.new())
    unknown = await order(desk, [stranger], "forgiveness")
    assert unknown.status_code == 404
    assert unknown.json()["contract_id"] == stranger


async def test_relief_takes_as_many_statements_for_many_as_for_few(
    desk: Desk, loans_db: Database
) -> None:
    sent: list[str] = []

    def count(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    async def whole_life(contract_ids: list[str]) -> int:
        sent.clear()
        given = (await order(desk, contract_ids, "payment_holiday", periods=2)).json()
        assert (await decided(desk, given["batch_id"])).is_success
        path = f"{RELIEF}/{given['batch_id']}/reversal"
        back = (await keyed(desk.maker, path, {"reason": "error"})).json()
        assert (await decided(desk, back["batch_id"])).is_success
        return len(sent)

    few, many = await lent(desk, 2, FundKind.WAQF), await lent(desk, 6, FundKind.WAQF)
    event.listen(loans_db.engine.sync_engine, "before_cursor_execute", count)
    try:
        for_few = await whole_life(few)
        assert await whole_life(many) <= for_few
    finally:
        event.remove(loans_db.engine.sync_engine, "before_cursor_execute", count)
    assert await desk.faults() == {}
