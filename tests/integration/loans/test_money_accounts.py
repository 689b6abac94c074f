"""Real accounts: what is on each, of which funds, and what its provider says of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from shared import ids
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import chained, office
from tests.bodies import amount
from tests.integration.loans import bookkeeping
from tests.integration.loans.bookkeeping import PAPER, PATH, Bookkeeping, made, refused


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Bookkeeping]:
    async with office.opened(loans_db, institution_id, *bookkeeping.ROUTERS) as opened:
        kept = Bookkeeping.at(opened)
        await kept.number()
        yield kept


def bank(*funds: FundId, **changes: Any) -> dict[str, Any]:
    return {
        "code": "HBTF-1",
        "channel": "bank",
        "provider": "Housing Bank",
        "number": "JO71HBHO0320000032130000000000",
        "currency": "JOD",
        "opened_on": "2026-01-01",
        "fund_ids": [str(fund_id) for fund_id in funds],
        **changes,
    }


async def transfer(
    books: Bookkeeping, fund_id: FundId, text: str, source: str, target: str | None
) -> dict[str, Any]:
    """Order a transfer, and let another approve it."""
    order = {
        "kind": "channel_transfer",
        "reason": "policy",
        "amount": amount(text),
        "source": source,
    } | ({} if target is None else {"target": target})
    path = f"/loans/v1/funds/{fund_id}/orders"
    given = await books.maker.post(path, order, Idempotency_Key=str(ids.new()))
    if given.status_code != 201:
        problem: dict[str, Any] = given.json()
        return problem
    own = await books.maker.post(
        f"/loans/v1/fund-orders/{given.json()['order_id']}/approval",
        {"outcome": "approve"},
        Idempotency_Key=str(ids.new()),
    )
    assert own.status_code == 403
    done = await books.checker.post(
        f"/loans/v1/fund-orders/{given.json()['order_id']}/approval",
        {"outcome": "approve"},
        Idempotency_Key=str(ids.new()),
    )
    assert done.status_code == 201, done.text
    told: dict[str, Any] = done.json()
    return told


async def listed(books: Bookkeeping, **query: Any) -> dict[str, dict[str, Any]]:
    answer = await books.auditor.get(f"{PATH}/money-accounts", **query)
    assert answer.status_code == 200, answer.text
    return {one["code"]: one for one in answer.json()["items"]}


async def test_a_bank_account_of_two_funds_shows_whose_money_is_on_it(books: Bookkeeping) -> None:
    one, other = await books.fund(), await books.fund(FundKind.WAQF)
    await made(books.maker, "/money-accounts", bank(one, other))
    await transfer(books, one, "250.000", "cash", "bank")
    await transfer(books, other, "100.000", "cash", "bank")

    found = (await listed(books))["HBTF-1"]

    assert found["balance"] == amount("350.000")
    assert {share["fund_id"]: share["balance"] for share in found["funds"]} == {
        str(one): amount("250.000"),
        str(other): amount("100.000"),
    }
    assert (found["stated"], found["difference"]) == (None, None)
    await books.assert_sound()


async def test_money_goes_between_cash_wallet_and_bank_by_two_persons(books: Bookkeeping) -> None:
    fund_id = await books.fund()

    first = await transfer(books, fund_id, "400.000", "cash", "bank")
    second = await transfer(books, fund_id, "150.000", "bank", "wallet")
    usual = await transfer(books, fund_id, "50.000", "wallet", None)  # as before banks: to cash

    assert [one["target"] for one in (first, second, usual)] == ["bank", "wallet", "cash"]
    assert await books.balances(fund_id) == {
        "cash": 650_000,
        "bank": 250_000,
        "wallet": 100_000,
        "fund_balance": -1_000_000,
    }
    await books.assert_sound()


async def test_a_transfer_to_itself_or_of_more_than_is_there_is_refused(books: Bookkeeping) -> None:
    fund_id = await books.fund()

    same = await transfer(books, fund_id, "1.000", "cash", "cash")
    much = await transfer(books, fund_id, "0.001", "bank", "cash")

    assert same["status"] == 422
    assert much["type"].endswith("/fund-exhausted")


async def test_what_the_books_knew_then_is_on_the_account_then(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    await made(books.maker, "/money-accounts", bank(fund_id))
    await transfer(books, fund_id, "250.000", "cash", "bank")
    await chained.chain(books.office.database, books.office.institution_id)
    answer = await books.auditor.get(f"{PATH}/money-accounts", known_at="2100-01-01T00:00:00Z")
    first = answer.json()
    await transfer(books, fund_id, "50.000", "cash", "bank")

    again = await books.auditor.get(f"{PATH}/money-accounts", known_at=first["known_at"])

    assert again.json() == first
    assert (await listed(books))["HBTF-1"]["balance"] == amount("300.000")
    assert (await listed(books, as_of="2026-03-31"))["HBTF-1"]["balance"] == amount("0.000")
    assert await listed(books, as_of="2025-12-31") == {}


async def test_a_fund_s_bank_stands_in_one_real_account(books: Bookkeeping) -> None:
    fund_id, later = await books.fund(), await books.fund()
    account = await made(books.maker, "/money-accounts", bank(fund_id))
    path = f"/money-accounts/{account['money_account_id']}/funds"

    again = await made(books.maker, path, {"fund_id": str(fund_id)})
    grown = await made(books.maker, path, {"fund_id": str(later)})
    second = await refused(books.maker, "/money-accounts", bank(fund_id, code="HBTF-2"))
    doubled = await refused(books.maker, "/money-accounts", bank())
    wallet = await made(
        books.maker, "/money-accounts", bank(fund_id, code="ZAIN", channel="wallet")
    )

    assert (len(again["funds"]), len(grown["funds"])) == (1, 2)
    assert (second["problem"], doubled["problem"]) == (
        "money-stands-elsewhere",
        "money-account-code-taken",
    )
    assert wallet["channel"] == "wallet"
    assert set(await listed(books)) == {"HBTF-1", "ZAIN"}


async def test_another_currency_an_unknown_fund_and_a_day_to_come_are_refused(
    books: Bookkeeping,
) -> None:
    fund_id = await books.fund()

    problems = [
        (await refused(books.maker, "/money-accounts", body))["problem"]
        for body in (
            bank(fund_id, currency="USD"),
            bank(FundId(ids.new())),
            bank(opened_on="2026-04-02"),
        )
    ]

    assert problems == ["currency-mismatch", "fund-not-found", "day-not-yet"]
    assert await listed(books) == {}


async def test_a_statement_before_the_account_was_opened_is_refused(books: Bookkeeping) -> None:
    account = await made(books.maker, "/money-accounts", bank())
    path = f"/money-accounts/{account['money_account_id']}/statements"
    said = {"balance": amount("0.000"), "document_sha256": PAPER}

    early = await refused(books.maker, path, {**said, "stated_on": "2025-12-31"})
    nobody = await refused(
        books.maker, f"/money-accounts/{ids.new()}/statements", {**said, "stated_on": "2026-03-01"}
    )

    assert early["problem"] == "statement-before-opening"
    assert nobody["problem"] == "money-account-unknown"
