"""What cannot be is refused by name, with its values, in the reader's language; nothing changes."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.office import Caller

LANGUAGES = ("en", "ar", "fr")
ARABIC = re.compile("[\u0621-\u064a]")
LOANS = "/loans/v1"


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A request that cannot be; the problem that names it, and members it must hold."""

    path: str
    body: dict[str, Any]
    problem: str
    values: dict[str, Any] = field(default_factory=dict)
    by_manager: bool = False


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


@dataclass(frozen=True, kw_only=True)
class Lives:
    """Two contracts with a life behind them, and what was done on the first."""

    active: str
    closed: str
    paid: str
    twice: str
    back: str
    holiday: dict[str, Any]
    undone: dict[str, Any]


async def lives(desk: Desk) -> Lives:
    """A contract with payments, one of them taken back, and an order taken back; one closed."""
    active, closed = await desk.lent(), await desk.lent()
    paid = (await desk.repay(active, "150.000", received_on="2026-03-05")).json()["repayment_id"]
    twice = (await desk.repay(active, "20.000", received_on="2026-03-06")).json()["repayment_id"]
    path = f"{LOANS}/repayments/{twice}/reversal"
    back = (await keyed(desk.manager, path, {"reason": "duplicate"})).json()["repayment_id"]
    holiday = await desk.done(active, "payment_holiday", periods=1)
    undone = await desk.undone(holiday)
    await desk.repay(closed, "1200.000")
    await desk.done(closed, "close")
    return Lives(
        active=active,
        closed=closed,
        paid=paid,
        twice=twice,
        back=back,
        holiday=holiday,
        undone=undone,
    )


def payments(on: Lives) -> list[Bad]:
    """Money before its cause, from days to come, of nothing, after the end."""
    active, closed = (f"{LOANS}/contracts/{one}/repayments" for one in (on.active, on.closed))
    five = {"amount": cash("5.000")}
    nothing = {"amount": cash("0.000")}
    return [
        Bad(
            path=active,
            body=five | {"received_on": "2026-01-14"},
            problem="day-not-possible",
            values={"received_on": "2026-01-14", "earliest": "2026-01-15"},
        ),
        Bad(
            path=active,
            body=five | {"received_on": "2026-04-02"},
            problem="day-not-possible",
            values={"latest": "2026-04-01"},
        ),
        Bad(path=active, body=nothing, problem="amount-not-positive", values=nothing),
        Bad(
            path=closed,
            body=five,
            problem="contract-is-closed",
            values=five | {"contract_id": on.closed},
        ),
    ]


def reversals(on: Lives) -> list[Bad]:
    """What was taken back already, and reversals of reversals."""
    error = {"reason": "error"}
    found = [
        Bad(
            path=f"{LOANS}/repayments/{one}/reversal",
            body={"reason": "duplicate"},
            problem="already-reversed",
            values={"repayment_id": one},
            by_manager=True,
        )
        for one in (on.twice, on.back)
    ]
    undone, holiday = on.undone["order_id"], on.holiday["order_id"]
    found.append(
        Bad(
            path=f"{LOANS}/orders/{undone}/reversal",
            body=error,
            problem="reversal-of-reversal",
            values={"order_id": undone},
        )
    )
    found.append(
        Bad(
            path=f"{LOANS}/orders/{holiday}/reversal",
            body=error,
            problem="order-not-standing",
            values={"state": "reversed"},
        )
    )
    return found


# kind, problem, values that it holds, members of the order; `paid` stands for the repayment
ORDERS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "payment_holiday",
        "order-day-not-possible",
        {"effective_on": "2026-01-14", "earliest": "2026-01-15", "latest": "2026-04-01"},
        {"periods": 1, "effective_on": "2026-01-14"},
    ),
    (
        "charge_back",
        "order-day-not-possible",
        {"earliest": "2026-03-05"},
        {"amount": cash("1.000"), "repayment_id": "paid", "effective_on": "2026-03-04"},
    ),
    (
        "charge_back",
        "beyond-what-is-there",
        {"asked": cash("150.001"), "available": cash("150.000")},
        {"amount": cash("150.001"), "repayment_id": "paid"},
    ),
    (
        "refund",
        "beyond-what-is-there",
        {"asked": cash("0.001"), "available": cash("0.000")},
        {"amount": cash("0.001")},
    ),
    (
        "waiver",
        "beyond-what-is-there",
        {"available": cash("0.000")},
        {"part": "penalty", "amount": cash("1.000")},
    ),
    ("recovery", "order-not-for-state", {"state": "active"}, {"amount": cash("1.000")}),
    ("close", "not-settled", {"owed": cash("1050.000")}, {}),
    ("reopen", "order-not-for-state", {"order_kind": "reopen"}, {}),
    ("disbursement_reversal", "has-moved", {"paid": cash("150.000")}, {}),
    (
        "reschedule",
        "due-day-not-possible",
        {"due_on": "2026-03-01", "after": "2026-04-01"},
        {"instalments": 6, "first_due_on": "2026-03-01"},
    ),
    (
        "reschedule",
        "too-many-instalments",
        {"instalments": 3, "grace": 3},
        {"instalments": 3, "grace": 3, "first_due_on": "2026-05-01"},
    ),
    ("advance", "nothing-paid-ahead", {"paid": cash("150.000")}, {"effect": "shorten"}),
]


def orders(on: Lives) -> list[Bad]:
    """Orders before their cause, for another state, and beyond what is there."""
    path = f"{LOANS}/contracts/{on.active}/orders"
    found = []
    for kind, problem, values, members in ORDERS:
        body = {"kind": kind, "reason": "agreement", **members}
        if "repayment_id" in body:
            body["repayment_id"] = on.paid
        found.append(Bad(path=path, body=body, problem=problem, values=values))
    return found


async def test_what_cannot_be_is_named_with_its_values_and_nothing_changes(desk: Desk) -> None:
    on = await lives(desk)
    for bad in (*payments(on), *reversals(on), *orders(on)):
        counted = await desk.counts()
        caller = desk.manager if bad.by_manager else desk.maker
        told = {language: await sent(caller, bad, language) for language in LANGUAGES}
        assert await desk.counts() == counted, bad
        assert await desk.faults() == {}, bad
        for answer in told.values():
            assert answer["type"] == f"/problems/loans/{bad.problem}", (bad, answer)
            assert {name: answer[name] for name in bad.values} == bad.values
        assert len({answer["title"] for answer in told.values()}) == len(LANGUAGES), bad
        assert len({answer["detail"] for answer in told.values()}) == len(LANGUAGES), bad
        assert ARABIC.search(told["ar"]["title"])
        assert not re.search(r"\{\w+\}", "".join(answer["detail"] for answer in told.values()))


async def sent(caller: Caller, bad: Bad, language: str) -> dict[str, Any]:
    answer = await caller.post(
        bad.path, bad.body, Idempotency_Key=str(ids.new()), Accept_Language=language
    )
    assert answer.status_code in {404, 409, 422}, (bad, answer.text)
    found: dict[str, Any] = answer.json()
    return found
