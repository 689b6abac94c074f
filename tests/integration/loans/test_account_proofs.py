"""The proof of an account's day: what is listed explains the difference, to the last unit."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from services.loans.papers.printing import Printer
from services.loans.reconciliation import proof_router
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import chained
from tests.bodies import amount
from tests.integration.loans import reconciling
from tests.integration.loans.reconciling import PATH, Counter, entry, statement


@pytest.fixture
async def counter(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Counter]:
    async with reconciling.opened(loans_db, institution_id) as opened:
        opened.office.app.include_router(proof_router.router)
        opened.office.app.state.printer = Printer()
        await opened.plan(fee_share="0.02")
        yield opened


async def proof(counter: Counter, **query: Any) -> dict[str, Any]:
    answer = await counter.auditor.get(f"{PATH}/days/{counter.account_id}", **query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def items(told: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(one["outcome"], one["effect"]["amount"]) for one in told["items"]]


async def test_without_a_statement_nothing_can_be_said(counter: Counter) -> None:
    told = await proof(counter)
    assert (told["standing"], told["stated"], told["told_on"], told["rest"]) == (
        "not_told",
        None,
        None,
        None,
    )


async def test_a_day_agrees_when_both_sides_hold_the_same(counter: Counter) -> None:
    payment_id = await counter.collect(await counter.contract(), "100.000")
    await counter.bring(statement("0", "100", 1, entry("100", 1, payment_id.hex)))
    await counter.run()
    told = await proof(counter)
    assert (told["standing"], told["items"]) == ("agrees", [])
    assert told["stated"] == told["booked"] == amount("100.000")
    assert told["closed_day"]["entries"] == amount("100.000")
    assert told["told_on"]["gregorian"] == "2026-03-01"
    counter.later(4)
    assert str((await proof(counter))["untold_days"]) == "4"


async def test_what_differs_is_listed_item_by_item_and_leaves_no_rest(counter: Counter) -> None:
    contract = await counter.contract()
    payment_id = await counter.collect(contract, "100.000")
    await counter.pay(contract, "7.000", on="2026-03-01")
    await counter.bring(
        statement(
            "0",
            "119",
            1,
            entry("90", 1, payment_id.hex, bank="B1"),
            entry("33", 1, bank="B2"),
            entry("4", 1, bank="B3", side="out"),
        )
    )
    await counter.run()
    told = await proof(counter)
    assert told["standing"] == "explained"
    assert (told["stated"], told["booked"]) == (amount("119.000"), amount("140.000"))
    assert sorted(items(told), key=str) == [
        ("amount_differs", "-100.000"),
        ("amount_differs", "90.000"),
        ("theirs_only", "-4.000"),
        (None, "-7.000"),
    ]
    assert (told["listed"], told["rest"]) == (amount("-21.000"), amount("0.000"))
    assert (told["in_suspense"], [one["age"] for one in told["suspense"]]) == (
        amount("33.000"),
        ["up_to_1"],
    )


async def test_a_settlement_names_its_fee_until_two_persons_have_booked_it(
    counter: Counter,
) -> None:
    costs_id = await bearing_costs(counter)
    contract = await counter.contract(costs_id)
    payments = [await counter.collect(contract, money) for money in ("100.000", "50.000")]
    names = [payment_id.hex for payment_id in payments]
    await counter.bring(statement("0", "148.5", 1, entry("148.5", 1, *names, bank="B1")))
    await counter.run()
    assert await counter.outcomes("payment") == ["matched settled"] * 2
    line_id = await counter.only("line")
    judged = (await counter.said())[line_id]
    assert (judged["outcome"], judged["fee"]) == ("fee", amount("1.500"))
    told = await proof(counter)
    assert (items(told), told["rest"]) == ([("fee", "-1.500")], amount("0.000"))
    assert await counter.broken() == {}
    proposal_id = await counter.propose(
        "fees",
        line_id=line_id,
        fund_id=str(costs_id),
        account="627",
        document_sha256="ab" * 32,
    )
    assert await counter.run() == {"said": {}, "held": 0}
    await counter.approve(proposal_id)
    assert await counter.balance("own_expense_627", costs_id) == "1.500"
    assert (await counter.run())["said"] == {"fee": 1, "matched": 1}
    assert await counter.outcomes("line") == ["fee settled"]
    told = await proof(counter)
    assert (told["standing"], told["booked"]) == ("agrees", amount("148.500"))
    assert await counter.run() == {"said": {}, "held": 0}
    assert await counter.broken() == {}


async def test_a_fee_of_its_own_line_is_booked_the_same_way(counter: Counter) -> None:
    costs_id = await bearing_costs(counter)
    payment_id = await counter.collect(await counter.contract(costs_id), "100.000")
    name = payment_id.hex
    await counter.bring(
        statement(
            "0",
            "99.75",
            1,
            entry("100", 1, name, bank="B1"),
            entry("0.25", 1, name, bank="B1", side="out"),
        )
    )
    await counter.run()
    assert await counter.outcomes("line") == ["fee open", "matched settled"]
    assert await counter.balance("suspense") == "0.000"
    proposal_id = await counter.propose(
        "fees",
        line_id=await counter.only("line"),
        fund_id=str(costs_id),
        account="627",
        document_sha256="ab" * 32,
    )
    assert (await counter.decide(proposal_id, by=counter.maker)).status_code == 403
    await counter.approve(proposal_id)
    await counter.run()
    assert await counter.outcomes("line") == ["fee settled", "matched settled"]
    assert (await proof(counter))["standing"] == "agrees"
    assert await counter.broken() == {}


async def test_a_missing_statement_is_an_alarm_and_never_zero(counter: Counter) -> None:
    counter.later(8)
    await counter.bring(statement("0", "10", 1, entry("10", 1, bank="B1")))
    await counter.bring(statement("15", "15", 9))
    await counter.run()
    told = await proof(counter)
    assert (told["standing"], told["rest"]) == ("unexplained", amount("5.000"))
    assert [(one["day"]["gregorian"], one["missing"]["amount"]) for one in told["gaps"]] == [
        ("2026-03-09", "5.000")
    ]
    early = await proof(counter, as_of="2026-03-05")
    assert (early["standing"], early["told_on"]["gregorian"]) == ("agrees", "2026-03-01")
    await counter.bring(statement("10", "15", 5, entry("5", 5, bank="B2")))
    await counter.run()
    assert (await proof(counter))["standing"] == "agrees"


async def test_the_same_day_known_at_the_same_instant_has_the_same_answer(
    counter: Counter,
) -> None:
    contract = await counter.contract()
    await counter.bring(statement("0", "45", 1, entry("45", 1, bank="B1")))
    await counter.run()
    await chained.chain(counter.office.database, counter.office.institution_id)
    await counter.to_the_present()
    now = counter.office.clock.now().isoformat()
    first = await proof(counter, as_of="2026-03-02", known_at=now)
    known_at = first["known_at"]
    assert first["in_suspense"] == amount("45.000")
    (item,) = await counter.suspense()
    await counter.approve(
        await counter.propose(
            "suspense/moves", line_id=item["line_id"], contract_id=str(contract.contract_id)
        )
    )
    await counter.bring(
        statement("0", "50", 1, entry("45", 1, bank="B1"), entry("5", 1, bank="B2"))
    )
    await counter.run()
    await chained.chain(counter.office.database, counter.office.institution_id)
    assert await proof(counter, as_of="2026-03-02", known_at=known_at) == first
    later = await proof(counter, as_of="2026-03-02")
    assert (later["stated"], later["sha256"] != first["sha256"]) == (amount("50.000"), True)


async def test_suspense_that_moved_leaves_the_day_proved(counter: Counter) -> None:
    contract = await counter.contract()
    await counter.bring(
        statement("0", "60", 1, *(entry(money, 1, bank=money) for money in ("10", "20", "30")))
    )
    await counter.run()
    by_money = {one["amount"]["amount"]: one["line_id"] for one in await counter.suspense()}
    counter.later(7)
    await counter.pay(contract, "30.000", on="2026-03-08")
    await counter.bring(statement("60", "60", 7))
    counter.later(7)
    await counter.bring(statement("60", "60", 15))
    await counter.run()
    moves: list[dict[str, Any]] = [
        {"line_id": by_money["10.000"], "contract_id": str(contract.contract_id)},
        {"line_id": by_money["20.000"]},
    ]
    for members in moves:
        await counter.approve(await counter.propose("suspense/moves", **members))
    movement = await counter.only("movement")
    await counter.approve(
        await counter.propose("matches", lines=[by_money["30.000"]], ours=[movement])
    )
    told = await proof(counter)
    assert (told["standing"], told["rest"]) == ("explained", amount("0.000"))
    assert items(told) == [(None, "20.000")]  # sent back, and not on a statement yet
    assert (told["booked"], told["in_suspense"]) == (amount("40.000"), amount("0.000"))
    for day in ("2026-03-01", "2026-03-07"):
        assert (await proof(counter, as_of=day))["rest"] == amount("0.000")
    assert await counter.broken() == {}


async def test_it_is_printed_in_each_language(counter: Counter) -> None:
    await counter.bring(statement("0", "45", 1, entry("45", 1, bank="B1")))
    await counter.run()
    for language in ("ar", "fr", "en"):
        answer = await counter.auditor.get(
            f"{PATH}/days/{counter.account_id}", format="pdf", lang=language
        )
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.headers["content-language"] == language
        assert answer.content.startswith(b"%PDF")


async def bearing_costs(counter: Counter) -> FundId:
    """A fund of the same account that may bear costs, and a number for what banks keep."""
    names = {"name_ar": "عمولات", "name_fr": "Commissions", "name_en": "Commissions"}
    rows = [
        ("1", "asset", ["cash", "wallet", "loans"], False),
        ("2", "equity", ["fund_balance"], False),
        ("3", "liability", ["suspense"], False),
        ("627", "expense", [], True),
    ]
    lines = [
        {"number": number, "account_class": kind, "accounts": accounts, "own": own, **names}
        for number, kind, accounts, own in rows
    ]
    answer = await counter.maker.post("/loans/v1/accounting/chart", {"lines": lines})
    assert answer.status_code == 201, answer.text
    fund_id = await counter.scene.fund(FundKind.DONATION)
    path = f"/loans/v1/accounting/money-accounts/{counter.account_id}/funds"
    placed = await counter.maker.post(path, {"fund_id": str(fund_id)})
    assert placed.status_code in {200, 201}, placed.text
    return fund_id
