"""Orders on contracts whose profit every payment counts anew: through the fold, and taken back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.course_loans import lent, loan, paid
from tests.integration.loans.ordering import Desk, cash


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


# kind, members; what the books move by it (thousandths), 90.000 having come on 10 February
ORDERS: list[tuple[str, dict[str, Any], dict[str, int]]] = [
    ("waiver", {"part": "profit"}, {}),
    ("charge", {"part": "penalty", "amount": cash("5.000"), "due_on": "2026-04-10"}, {}),
    ("charge", {"part": "fee", "amount": cash("5.000")}, {}),
    ("payment_holiday", {"periods": 2}, {}),
    ("reschedule", {"instalments": 18, "first_due_on": "2026-05-01"}, {}),
    (
        "restructure",
        {"instalments": 24, "first_due_on": "2026-05-15", "annual_rate": "0.05"},
        {},
    ),
    ("rate_change", {"annual_rate": "0.06"}, {}),
    ("profit_pause", {"until_on": "2026-08-01"}, {}),
    ("re_age", {"instalments": 10, "first_due_on": "2026-05-01"}, {}),
    (
        "re_age",
        {"instalments": 10, "first_due_on": "2026-05-01", "open_profit": "spread_payable"},
        {},
    ),
    ("re_age", {"instalments": 3, "first_due_on": "2026-05-01", "open_profit": "waived"}, {}),
    ("re_amortise", {}, {}),
    ("re_amortise", {"open_profit": "spread_payable"}, {}),
]


@pytest.mark.parametrize(("kind", "members", "booked"), ORDERS)
async def test_an_order_is_folded_and_its_reversal_restores_every_balance(
    desk: Desk, kind: str, members: dict[str, Any], booked: dict[str, int]
) -> None:
    contract_id = await lent(desk)
    await paid(desk, contract_id, "90.000", "2026-02-10")
    before = await desk.position(contract_id), await desk.balances(contract_id)

    order = await desk.done(contract_id, kind, **members)

    assert await desk.faults() == {}
    now = await desk.balances(contract_id)
    moved = {
        code: now.get(code, 0) - before[1].get(code, 0)
        for code in {*now, *before[1]}
        if now.get(code, 0) != before[1].get(code, 0)
    }
    assert moved == booked
    later = await paid(desk, contract_id, "40.000", "2026-04-01")
    assert await desk.faults() == {}
    await desk.undone(order)
    assert await desk.faults() == {}
    path = f"/loans/v1/repayments/{later['repayment_id']}/reversal"
    back = await ordering.keyed(desk.manager, path, {"reason": "wrong_contract"})
    assert back.status_code == 201, back.text
    assert (await desk.position(contract_id), await desk.balances(contract_id)) == before
    assert await desk.faults() == {}


async def test_a_payoff_costs_profit_to_its_day_and_no_more(desk: Desk) -> None:
    contract_id = await lent(desk)
    path = f"/loans/v1/contracts/{contract_id}/payoff"
    quote = (await desk.maker.get(path)).json()

    order = await desk.done(contract_id, "payoff")

    assert quote["profit"]["amount"] == "30.581"
    assert quote["total"]["amount"] == "1230.581"
    assert order["weight"]["amount"] == "1279.423"  # all that was owed is owed no more
    assert (await desk.balances(contract_id)).get("loans") is None
    assert (await desk.position(contract_id))["status"] == "closed"
    assert await desk.faults() == {}
    await desk.undone(order)
    assert (await desk.balances(contract_id))["loans"] == 1_200_000
    assert await desk.faults() == {}


async def test_a_payoff_of_a_later_day_costs_more(desk: Desk) -> None:
    contract_id = await lent(desk)
    path = f"/loans/v1/contracts/{contract_id}/payoff"

    first, later = [
        (await desk.maker.get(path, on=day)).json()["profit"]["amount"]
        for day in ("2026-04-15", "2026-05-15")
    ]

    assert (first, later) == ("36.000", "48.000")


async def test_what_is_claimed_back_is_owed_and_bears_profit_again(desk: Desk) -> None:
    contract_id = await lent(desk)
    one = await paid(desk, contract_id, "106.619", "2026-02-15")
    members = {"repayment_id": one["repayment_id"], "effective_on": "2026-03-15"}
    refused = await desk.give(contract_id, "charge_back", amount=cash("106.620"), **members)
    assert refused.json()["type"].endswith("/beyond-what-is-there")

    order = await desk.done(contract_id, "charge_back", amount=cash("106.619"), **members)

    assert (await desk.balances(contract_id))["loans"] == 1_200_000
    assert await desk.faults() == {}
    quote = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/payoff")).json()
    # 12.000 again, a month on 1,105.381, then 17 of 31 days on 1,200.000
    assert quote["profit"]["amount"] == "29.635"
    await desk.undone(order)
    assert (await desk.balances(contract_id))["loans"] == 1_105_381
    assert await desk.faults() == {}


async def test_a_payment_that_was_claimed_back_is_not_taken_back_besides(desk: Desk) -> None:
    contract_id = await lent(desk)
    one = await paid(desk, contract_id, "106.619", "2026-02-15")
    await paid(desk, contract_id, "50.000", "2026-02-20")
    back = {"repayment_id": one["repayment_id"], "amount": cash("30.000")}
    await desk.done(contract_id, "charge_back", effective_on="2026-03-15", **back)
    before = await desk.counts()

    path = f"/loans/v1/repayments/{one['repayment_id']}/reversal"
    refused = await ordering.keyed(desk.manager, path, {"reason": "duplicate"})

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/course-does-not-follow")
    assert await desk.counts() == before


async def test_what_was_paid_too_much_is_refunded_and_no_more(desk: Desk) -> None:
    contract_id = await lent(desk)
    await paid(desk, contract_id, "1300.000", "2026-01-20")
    refused = await desk.give(contract_id, "refund", amount=cash("98.066"))
    assert refused.json()["type"].endswith("/beyond-what-is-there")

    await desk.done(contract_id, "refund", amount=cash("98.065"))
    await desk.done(contract_id, "close")

    assert "surplus" not in await desk.balances(contract_id)
    assert await desk.faults() == {}


@pytest.mark.parametrize(
    ("members", "asked"),
    [
        ({}, "no_further_profit"),
        ({"further_profit": "as_agreed"}, "as_agreed"),
        ({"further_profit": "all_due"}, "all_due"),
    ],
)
async def test_charged_off_it_is_given_up_in_the_books_and_still_owed(
    desk: Desk, members: dict[str, Any], asked: str
) -> None:
    contract_id = await lent(desk)
    await paid(desk, contract_id, "106.619", "2026-02-15")
    before = await desk.position(contract_id), await desk.balances(contract_id)

    order = await desk.done(contract_id, "charge_off", **members)

    books = await desk.balances(contract_id)
    assert (books.get("loans"), books["write_off"]) == (None, 1_105_381)
    assert order["members"].get("further_profit", "no_further_profit") == asked
    refused = await desk.repay(contract_id, "10.000")
    assert refused.json()["type"].endswith("/contract-written-off")
    assert await desk.faults() == {}
    recovery = await desk.done(contract_id, "recovery", amount=cash("50.000"))
    assert (await desk.balances(contract_id))["recovery"] == -50_000
    path = f"/loans/v1/orders/{order['order_id']}/reversal"
    early = await ordering.keyed(desk.maker, path, {"reason": "error"})
    assert early.json()["type"].endswith("/later-order-stands")
    await desk.undone(recovery)
    await desk.undone(order)
    assert (await desk.position(contract_id), await desk.balances(contract_id)) == before
    assert await desk.faults() == {}


@pytest.mark.parametrize(
    ("kind", "members", "problem"),
    [
        ("advance", {"effect": "reduce"}, "order-not-for-servicing"),
        ("forgiveness", {}, "forgiveness-not-zakat"),
        (
            "reschedule",
            {"instalments": 9, "first_due_on": "2026-05-01", "grace": 2},
            "order-member-wrong",
        ),
        ("re_age", {"instalments": 9, "first_due_on": "2026-04-01"}, "due-day-not-possible"),
        ("re_age", {"instalments": 9}, "order-member-wrong"),
        ("profit_pause", {"until_on": "2026-03-01"}, "due-day-not-possible"),
        ("waiver", {"part": "profit", "amount": cash("40.000")}, "beyond-what-is-there"),
        ("waiver", {"part": "penalty"}, "order-changes-nothing"),
        ("charge_off", {"further_profit": "some"}, "invalid-request"),
        ("payoff", {"effective_on": "2026-02-09"}, "order-day-not-possible"),
        ("rate_change", {"annual_rate": "0.12"}, "order-changes-nothing"),
    ],
)
async def test_an_order_that_it_cannot_have_is_refused_by_name(
    desk: Desk, kind: str, members: dict[str, Any], problem: str
) -> None:
    contract_id = await lent(desk)
    await paid(desk, contract_id, "90.000", "2026-02-10")
    before = await desk.counts()

    refused = await desk.give(contract_id, kind, **members)

    assert refused.status_code in {409, 422}, refused.text
    assert refused.json()["type"].endswith(f"/{problem}")
    assert await desk.counts() == before


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("re_age", {"instalments": 9, "first_due_on": "2026-05-01"}),
        ("re_amortise", {}),
        ("charge_off", {}),
    ],
)
async def test_orders_of_the_course_are_refused_where_profit_was_agreed(
    desk: Desk, kind: str, members: dict[str, Any]
) -> None:
    contract_id = await desk.lent(ordering.qard())

    refused = await desk.give(contract_id, kind, **members)

    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/order-not-for-servicing")
    assert refused.json()["recalculation"] == "none"


async def test_what_is_paid_within_a_moratorium_never_bears_profit(desk: Desk) -> None:
    terms = loan(first_due_on=date(2026, 3, 15))
    terms = replace(terms, charging=replace(terms.charging, moratorium=1))
    contract_id = await desk.lent(terms, kind=FundKind.COMMERCIAL)
    await paid(desk, contract_id, "600.000", "2026-02-01")

    path = f"/loans/v1/contracts/{contract_id}/payoff"
    asked = [
        (await desk.maker.get(path, on=on)).json()["total"]["amount"]
        for on in ("2026-02-15", "2026-03-15")
    ]

    assert asked == ["600.000", "606.000"]
    order = await desk.done(contract_id, "payoff")
    assert await desk.faults() == {}
    await desk.undone(order)
    assert await desk.faults() == {}
