"""A small ledger worked by hand: its trial balance, its statements, each fund's part."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from services.loans.domain import book_statements
from services.loans.domain.book_headings import Balance
from services.loans.domain.book_statements import Block
from services.loans.domain.chart import CHART, AccountClass, FundKind
from services.loans.domain.own_accounts import class_of
from shared import ids
from shared.ids import FundId

GIVEN: dict[str, Any] = json.loads((Path(__file__).parent / "small_ledger.json").read_text("utf-8"))
FUNDS = {"A": FundId(ids.new()), "B": FundId(ids.new())}
KINDS = {"A": FundKind.DONATION, "B": FundKind.COMMERCIAL}
CLASSES = {account.code: account.account_class for account in CHART}


def class_(code: str) -> AccountClass:
    return class_of(code) or CLASSES[code]


def balances(starts_on: str, until: str) -> list[Balance]:
    """The balances of the ledger's entries over some days."""
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for entry in GIVEN["entries"]:
        if entry["on"] > until:
            continue
        for code, minor in entry["lines"].items():
            column = 0 if entry["on"] < starts_on else 1 if minor > 0 else 2
            sums[entry["fund"], code][column] += minor if column < 2 else -minor
    return [
        Balance(
            fund_id=FUNDS[fund],
            fund_kind=KINDS[fund],
            code=code,
            account_class=class_(code),
            currency=GIVEN["currency"],
            opening=opening,
            debits=debits,
            credits=credits_,
        )
        for (fund, code), (opening, debits, credits_) in sums.items()
    ]


@pytest.fixture
def of_year() -> list[Balance]:
    return balances(GIVEN["year_starts_on"], GIVEN["until"])


def parts(block: Block) -> dict[str, int]:
    return {part.section.value: part.amount for part in block.parts}


def test_the_trial_balance(of_year: list[Balance]) -> None:
    (block,) = book_statements.trial_balance(of_year)

    found = {row.heading.code: [row.opening, row.debits, row.credits] for row in block.rows}
    assert {code: row for code, row in found.items() if class_of(code) is None} == {
        code: row for code, row in GIVEN["trial_balance"].items() if class_of(code) is None
    }
    assert found["own_expense_522"] == GIVEN["trial_balance"]["own_expense_522"]
    assert (block.opening, block.debits, block.credits) == tuple(GIVEN["totals"].values())


def test_the_income_statement(of_year: list[Balance]) -> None:
    (block,) = book_statements.income_statement(of_year)

    assert parts(block) == GIVEN["income_statement"]
    for fund, expected in GIVEN["income_of_fund"].items():
        of_fund = {part.section.value: part.by_fund.get(FUNDS[fund], 0) for part in block.parts}
        assert of_fund == expected


def test_the_balance_sheet(of_year: list[Balance]) -> None:
    (block,) = book_statements.balance_sheet(of_year)

    assert parts(block) == GIVEN["balance_sheet"]
    assert book_statements.difference(block) == 0
    (assets,) = [part for part in block.parts if part.section.value == "assets"]
    assert {fund: assets.by_fund[FUNDS[fund]] for fund in FUNDS} == GIVEN["assets_of_fund"]


def test_beside_the_year_before() -> None:
    then = balances("2025-01-01", "2025-12-31")
    (block,) = book_statements.balance_sheet(
        balances(GIVEN["year_starts_on"], GIVEN["until"]), compared=then
    )

    compared = {part.section.value: part.compared for part in block.parts}
    assert compared == {
        "assets": 5_035_000,
        "liabilities": 0,
        "equity": 5_000_000,
        "result_of_earlier_years": 0,
        "result_of_the_year": 35_000,
    }
