"""Money paid ahead makes fewer or smaller instalments with the payment itself, and once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.loans.domain.amortisation import Advance, Amortisation
from services.loans.domain.chart import FundKind
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk, cash, keyed, qard

ON = "2026-02-15"


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def dues(desk: Desk, contract_id: str) -> list[tuple[str, str]]:
    """The days and totals of what is still agreed after what is paid."""
    read = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/schedule")).json()
    return [(one["due_on"], one["total"]["amount"]) for one in read["instalments"]]


@pytest.mark.parametrize(
    ("effect", "count", "second"),
    [("shorten", 6, "100.000"), ("reduce", 11, "50.000"), ("next_dues", 11, "100.000")],
)
async def test_a_payment_names_what_is_done_with_what_it_pays_ahead(
    desk: Desk, effect: str, count: int, second: str
) -> None:
    contract_id = await desk.lent()
    before = await desk.counts()
    paid = await desk.repay(contract_id, "650.000", received_on=ON, effect=effect)
    assert paid.status_code == 201, paid.text
    assert paid.json()["outstanding_principal"] == cash("550.000")

    found = await dues(desk, contract_id)
    assert len(found[1:]) == count
    assert found[1][1] == second
    told = await desk.last_event(contract_id)
    assert told["type"] == "loans.repayment-received.v1"
    assert (told.get("dues") is None) is (effect == "next_dues")
    after = await desk.counts()
    changed = effect != "next_dues"
    assert after["event"] == before["event"] + 1
    assert after["journal_entry"] == before["journal_entry"] + 1
    assert after["order_effect"] == before["order_effect"] + changed
    assert await desk.faults() == {}


async def test_what_was_agreed_holds_for_a_payment_that_names_nothing(desk: Desk) -> None:
    shorter = qard(amortisation=Amortisation(advance=Advance.SHORTEN))
    contract_id = await desk.lent(shorter)
    assert (await desk.repay(contract_id, "100.000", received_on=ON)).is_success
    assert len(await dues(desk, contract_id)) == 12  # nothing was ahead of the first due
    await desk.repay(contract_id, "500.000", received_on="2026-02-20")
    assert len(await dues(desk, contract_id)) == 8
    await desk.repay(contract_id, "100.000", received_on="2026-02-20", effect="next_dues")
    assert len(await dues(desk, contract_id)) == 8
    assert await desk.faults() == {}


async def test_profit_not_earned_falls_away_with_the_principal(desk: Desk) -> None:
    terms = make_loan(principal=money("1000.000"), instalments=12)
    contract_id = await desk.lent(terms, kind=FundKind.COMMERCIAL)
    agreed = sum(float(total) for _, total in await dues(desk, contract_id))
    await desk.repay(contract_id, "500.000", received_on=ON, effect="shorten")
    assert sum(float(total) for _, total in await dues(desk, contract_id)) < agreed
    assert await desk.faults() == {}


async def test_the_effect_is_taken_back_before_the_payment(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "100.000", received_on=ON)
    before, held = await desk.position(contract_id), await dues(desk, contract_id)
    paid = (await desk.repay(contract_id, "500.000", effect="reduce")).json()
    (order,) = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/orders")).json()["items"]
    assert (order["kind"], order["state"]) == ("advance", "in_force")
    assert order["members"] == {"effect": "reduce", "repayment_id": paid["repayment_id"]}

    path = f"/loans/v1/repayments/{paid['repayment_id']}/reversal"
    counted = await desk.counts()
    refused = await keyed(desk.manager, path, {"reason": "duplicate"})
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/loans/advance-stands"
    assert refused.json()["order_id"] == order["order_id"]
    assert await desk.counts() == counted

    await desk.undone(order)
    back = await keyed(desk.manager, path, {"reason": "duplicate"})
    assert back.status_code == 201, back.text
    again = await keyed(desk.manager, path, {"reason": "duplicate"})
    assert again.json()["type"] == "/problems/loans/already-reversed"
    after = await desk.position(contract_id)
    assert await dues(desk, contract_id) == held
    assert after == before
    assert await desk.faults() == {}


async def test_the_same_payment_twice_at_once_has_one_effect(desk: Desk) -> None:
    contract_id = await desk.lent()
    path = f"/loans/v1/contracts/{contract_id}/repayments"
    body = {"amount": cash("650.000"), "received_on": ON, "effect": "shorten"}

    async def send() -> Any:
        return await desk.maker.post(path, body, Idempotency_Key="once")

    async with asyncio.timeout(60):
        answers = await asyncio.gather(*(send() for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (await desk.counts())["order_effect"] == 1
    assert await desk.faults() == {}


async def test_an_advance_dated_back_is_folded_where_it_belongs(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "100.000", received_on="2026-03-15")
    await desk.repay(contract_id, "650.000", received_on=ON, effect="shorten")
    paid = (await desk.repay(contract_id, "50.000", received_on="2026-02-01")).json()
    assert paid["outstanding_principal"] == cash("400.000")
    assert await desk.faults() == {}
    path = f"/loans/v1/repayments/{paid['repayment_id']}/reversal"
    assert (await keyed(desk.manager, path, {"reason": "duplicate"})).status_code == 201
    assert await desk.faults() == {}
