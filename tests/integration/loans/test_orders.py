"""Orders over HTTP: proposed by one, approved by another, booked once, taken back exactly."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk, cash, keyed

LOAN = make_loan(principal=money("1000.000"), instalments=12)


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


# kind, members, fund, what was repaid before, the difference it books (thousandths of a dinar)
ORDERS: list[tuple[str, dict[str, Any], FundKind, str | None, dict[str, int]]] = [
    ("waiver", {"part": "profit"}, FundKind.COMMERCIAL, None, {}),
    ("write_off", {}, FundKind.WAQF, "150.000", {"loans": -1_050_000, "write_off": 1_050_000}),
    (
        "forgiveness",
        {"amount": cash("200.000")},
        FundKind.ZAKAT,
        "100.000",
        {"loans": -200_000, "forgiveness": 200_000},
    ),
    ("reschedule", {"instalments": 20, "first_due_on": "2026-05-01"}, FundKind.WAQF, "150.000", {}),
    ("payment_holiday", {"periods": 3}, FundKind.WAQF, "150.000", {}),
    ("rate_change", {"annual_rate": "0.06"}, FundKind.COMMERCIAL, None, {}),
    (
        "restructure",
        {"instalments": 24, "first_due_on": "2026-05-15", "annual_rate": "0.05"},
        FundKind.COMMERCIAL,
        "100.000",
        {},
    ),
    ("profit_pause", {"until_on": "2026-08-01"}, FundKind.COMMERCIAL, None, {}),
    (
        "refund",
        {"amount": cash("30.000")},
        FundKind.WAQF,
        "1230.000",
        {"cash": -30_000, "surplus": 30_000},
    ),
    (
        "charge",
        {"part": "penalty", "amount": cash("5.000"), "due_on": "2026-02-01"},
        FundKind.WAQF,
        "100.000",
        {"loans": 5_000, "charity": -5_000},
    ),
    (
        "payoff",
        {"channel": "wallet"},
        FundKind.WAQF,
        "100.000",
        {"wallet": 1_100_000, "loans": -1_100_000},
    ),
    ("close", {}, FundKind.WAQF, "1200.000", {}),
]


@pytest.mark.parametrize("case", ORDERS, ids=lambda case: case[0])
async def test_an_order_books_its_difference_and_is_taken_back_exactly(
    desk: Desk, case: tuple[str, dict[str, Any], FundKind, str | None, dict[str, int]]
) -> None:
    kind, members, fund, repaid, books = case
    contract_id = await desk.lent(LOAN if fund is FundKind.COMMERCIAL else None, kind=fund)
    if repaid:
        assert (await desk.repay(contract_id, repaid, received_on="2026-02-15")).is_success
    before, held = await desk.position(contract_id), await desk.balances(contract_id)
    schedule = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/schedule")).json()

    order = await desk.done(contract_id, kind, **members)

    after = await desk.balances(contract_id)
    moved = {code: after.get(code, 0) - held.get(code, 0) for code in {*after, *held}}
    assert {code: minor for code, minor in moved.items() if minor} == books
    assert (order["entry_id"] is not None) == bool(books)
    assert await desk.faults() == {}
    event = await desk.last_event(contract_id)
    assert event["type"] == "loans.contract-corrected.v1"
    assert event["order_id"] == order["order_id"]

    await desk.undone(order)

    assert await desk.position(contract_id) == before
    assert await desk.balances(contract_id) == held
    again = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/schedule")).json()
    assert again["instalments"] == schedule["instalments"]
    assert await desk.faults() == {}


async def test_the_maker_is_never_the_checker(desk: Desk) -> None:
    contract_id = await desk.lent()
    both = desk.office.caller(Role.OFFICER, Role.APPROVER)
    body = {"kind": "write_off", "reason": "uncollectable"}
    given = await keyed(both, f"/loans/v1/contracts/{contract_id}/orders", body)
    counted = await desk.counts()

    refused = await desk.approve(given.json(), by=both)

    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/loans/order-maker-decides"
    assert await desk.counts() == counted
    assert (await desk.approve(given.json())).json()["state"] == "in_force"


async def test_an_order_needs_every_level_its_amount_asks_for(desk: Desk) -> None:
    contract_id = await desk.lent(ordering.qard("60000.000"))
    await ordering.level(desk.scene, "100000.000", at=2, role=Role.FUNDS_MANAGER)
    given = (await desk.give(contract_id, "write_off")).json()

    first = (await desk.approve(given)).json()
    assert (first["state"], first["approvals"]) == ("proposed", 1)
    second = (await desk.approve(given, by=desk.manager)).json()
    assert (second["state"], second["approvals"]) == ("in_force", 2)
    assert second["weight"] == cash("60000.000")


async def test_an_order_beyond_every_level_is_not_approved(desk: Desk) -> None:
    contract_id = await desk.lent(ordering.qard("60000.000"))
    given = (await desk.give(contract_id, "write_off")).json()

    refused = await desk.approve(given)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/no-authority-level"


async def test_a_rejected_order_does_nothing_and_is_decided_once(desk: Desk) -> None:
    contract_id = await desk.lent()
    before = await desk.position(contract_id)
    given = (await desk.give(contract_id, "write_off")).json()

    rejected = await desk.approve(given, outcome="reject")
    assert rejected.json()["state"] == "rejected"
    assert await desk.position(contract_id) == before
    again = await desk.approve(given)
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/loans/order-not-waiting"
    assert again.json()["state"] == "rejected"


async def test_an_order_is_decided_anew_when_it_is_approved(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "1230.000")
    given = (await desk.give(contract_id, "refund", amount=cash("30.000"))).json()
    await desk.done(contract_id, "refund", amount=cash("20.000"))
    counted = await desk.counts()

    refused = await desk.approve(given)

    assert refused.status_code == 422
    assert refused.json()["available"] == cash("10.000")
    assert await desk.counts() == counted
    listed = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/orders")).json()["items"]
    assert [one["state"] for one in listed] == ["proposed", "in_force"]


async def test_recoveries_come_after_a_write_off_and_hold_it(desk: Desk) -> None:
    contract_id = await desk.lent()
    written = await desk.done(contract_id, "write_off")
    recovered = await desk.done(contract_id, "recovery", amount=cash("75.000"), channel="wallet")

    balances = await desk.balances(contract_id)
    assert (balances["wallet"], balances["recovery"]) == (75_000, -75_000)
    path = f"/loans/v1/orders/{written['order_id']}/reversal"
    refused = await keyed(desk.maker, path, {"reason": "error"})
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/loans/later-order-stands"
    assert refused.json()["later_order_id"] == recovered["order_id"]

    await desk.undone(recovered)
    await desk.undone(written)
    assert await desk.faults() == {}
    assert "write_off" not in await desk.balances(contract_id)


async def test_money_on_a_rescheduled_contract_pours_over_the_new_instalments(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "150.000")
    await desk.done(contract_id, "reschedule", instalments=5, first_due_on="2026-06-01")

    paid = await desk.repay(contract_id, "210.000")
    assert paid.json()["outstanding_principal"] == cash("840.000")
    body = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/schedule")).json()
    assert [due["total"]["amount"] for due in body["instalments"][-5:]] == ["210.000"] * 5
    assert await desk.faults() == {}


async def test_money_dated_before_an_order_counts_on_its_day(desk: Desk) -> None:
    contract_id = await desk.lent()
    first = (await desk.repay(contract_id, "100.000", received_on="2026-02-15")).json()
    spread = {"instalments": 5, "first_due_on": "2026-06-01", "effective_on": "2026-03-20"}
    await desk.done(contract_id, "reschedule", **spread)

    late = await desk.repay(contract_id, "50.000", received_on="2026-03-10")
    assert late.status_code == 201, late.text
    assert await desk.faults() == {}
    path = f"/loans/v1/contracts/{contract_id}"
    then = (await desk.maker.get(path, as_of="2026-03-18")).json()["state"]
    assert then["arrears"] == cash("50.000")
    assert then["days_past_due"] == 3
    now = (await desk.maker.get(path)).json()["state"]
    assert now["days_past_due"] == 0
    assert now["outstanding_principal"] == cash("1050.000")

    back = f"/loans/v1/repayments/{first['repayment_id']}/reversal"
    reversed_ = await keyed(desk.manager, back, {"reason": "not_received"})
    assert reversed_.status_code == 201, reversed_.text
    assert await desk.faults() == {}
    then = (await desk.maker.get(path, as_of="2026-03-18")).json()["state"]
    assert then["days_past_due"] == 31


async def test_money_on_what_was_written_off_is_a_recovery(desk: Desk) -> None:
    contract_id = await desk.lent()
    paid = (await desk.repay(contract_id, "100.000")).json()
    await desk.done(contract_id, "write_off")
    counted = await desk.counts()

    refused = await desk.repay(contract_id, "5.000")
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/loans/contract-written-off"
    path = f"/loans/v1/repayments/{paid['repayment_id']}/reversal"
    refused = await keyed(desk.manager, path, {"reason": "duplicate"})
    assert refused.json()["type"] == "/problems/loans/contract-written-off"
    assert await desk.counts() == counted


async def test_what_is_paid_on_a_closed_contract_is_refused_and_on_a_settled_one_kept(
    desk: Desk,
) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "1200.000")
    kept = await desk.repay(contract_id, "5.000")
    assert kept.json()["surplus"] == cash("5.000")
    await desk.done(contract_id, "refund", amount=cash("5.000"))
    closed = await desk.done(contract_id, "close")
    counted = await desk.counts()

    refused = await desk.repay(contract_id, "5.000")
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/loans/contract-is-closed"
    assert refused.json()["amount"] == cash("5.000")
    (paid, _) = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/repayments")).json()[
        "items"
    ]
    path = f"/loans/v1/repayments/{paid['repayment_id']}/reversal"
    owing = await keyed(desk.manager, path, {"reason": "not_received"})
    assert owing.json()["type"] == "/problems/loans/contract-is-closed"
    assert await desk.counts() == counted

    await desk.undone(closed)
    assert (await desk.repay(contract_id, "5.000")).is_success


async def test_the_payoff_is_quoted_for_any_day(desk: Desk) -> None:
    contract_id = await desk.lent(LOAN, kind=FundKind.COMMERCIAL)
    path = f"/loans/v1/contracts/{contract_id}/payoff"
    today = (await desk.maker.get(path)).json()
    later = (await desk.maker.get(path, on="2026-04-10")).json()

    assert today["principal"] == later["principal"] == cash("1000.000")
    assert later["profit"]["amount"] > today["profit"]["amount"]
    before = await desk.maker.get(path, on="2026-01-01")
    assert before.status_code == 422
    assert before.json()["earliest"] == "2026-01-15"


async def test_the_same_order_sent_twice_is_one(desk: Desk) -> None:
    contract_id = await desk.lent()
    path = f"/loans/v1/contracts/{contract_id}/orders"
    body = {"kind": "write_off", "reason": "uncollectable"}
    one = await desk.maker.post(path, body, Idempotency_Key="same")
    two = await desk.maker.post(path, body, Idempotency_Key="same")

    assert one.json() == two.json()
    assert len((await desk.maker.get(path)).json()["items"]) == 1


async def test_two_orders_at_once_are_one_after_the_other(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "1250.000")
    orders = [
        (await desk.give(contract_id, "refund", amount=cash("40.000"))).json() for _ in range(2)
    ]
    answers = await asyncio.gather(*(desk.approve(order) for order in orders))

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert (await desk.balances(contract_id))["surplus"] == -10_000
    assert await desk.faults() == {}


async def test_orders_and_repayments_at_once_lose_nothing(desk: Desk) -> None:
    contract_id = await desk.lent()
    orders = [(await desk.give(contract_id, "payment_holiday", periods=1)).json() for _ in range(3)]
    answers = await asyncio.gather(
        *(desk.approve(order) for order in orders),
        *(desk.repay(contract_id, "10.000") for _ in range(20)),
    )
    assert {answer.status_code for answer in answers} == {201}
    position = await desk.position(contract_id)
    assert position["paid_principal_minor"] == 200_000
    assert await desk.faults() == {}
