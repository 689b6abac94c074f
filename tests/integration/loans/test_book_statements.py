"""Statements of a small ledger worked by hand, in the institution's numbers and in ours."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from services.loans.domain import journal
from services.loans.domain.chart import FundKind
from services.loans.funds import operations as funds
from services.loans.institutions.names import Names
from services.loans.ledger import operations as postings
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from shared.money import Money
from tests import chained, office
from tests.integration.loans import bookkeeping
from tests.integration.loans.bookkeeping import PATH, Bookkeeping, minor, refused

YEARS = {"from": "2026-01-01", "until": "2026-04-01"}


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Bookkeeping]:
    async with office.opened(loans_db, institution_id, *bookkeeping.ROUTERS) as opened:
        yield Bookkeeping.at(opened)


@pytest.fixture
async def ledger(books: Bookkeeping) -> dict[str, FundId]:
    """Received 1,000 last year and 500 this year in two funds; rooms let and rent paid in both."""
    await books.number()
    one = await books.scene.fund(FundKind.DONATION, receives="0.000")
    other = await books.scene.fund(FundKind.STATE, receives="0.000")
    await books.scene.receive(one, "1000.000", on=date(2025, 11, 5))
    await books.scene.receive(other, "500.000", on=date(2026, 1, 10))
    let = (("bank", "debit", "80.000"), ("45", "credit", "80.000"))
    await books.book(books.entry(one, *let, occurred_on="2025-12-20"))
    await books.book(books.rent(one, "30.000", occurred_on="2025-12-31"))
    await books.book(books.rent(one, "100.000", occurred_on="2026-01-31"))
    await books.book(books.rent(other, "40.000", occurred_on="2026-02-28"))
    later = (("bank", "debit", "25.000"), ("45", "credit", "25.000"))
    await books.book(books.entry(one, *later, occurred_on="2026-03-15"))
    return {"one": one, "other": other}


async def told(books: Bookkeeping, statement: str, **query: Any) -> dict[str, Any]:
    answer = await books.auditor.get(f"{PATH}/{statement}", **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def parts(statement: dict[str, Any], member: str = "amount") -> dict[str, int]:
    (block,) = statement["blocks"]
    return {part["section"]: minor(part[member]) for part in block["parts"]}


def rows(statement: dict[str, Any], section: str) -> dict[str, int]:
    (block,) = statement["blocks"]
    (part,) = [part for part in block["parts"] if part["section"] == section]
    return {row["number"] or row["code"]: minor(row["amount"]) for row in part["rows"]}


async def test_a_balance_sheet_is_whole_and_names_the_result_of_each_year(
    books: Bookkeeping, ledger: dict[str, FundId]
) -> None:
    sheet = await told(books, "balance-sheet", as_of="2026-04-01", compared_on="2025-12-31")

    # 1,500 received + 105 let - 170 rent = 1,435 = cash 1,330 + bank 105
    assert parts(sheet) == {
        "assets": 1_435_000,
        "liabilities": 0,
        "equity": 1_500_000,
        "result_of_earlier_years": 50_000,
        "result_of_the_year": -115_000,
    }
    assert parts(sheet, "compared") == {
        "assets": 1_050_000,
        "liabilities": 0,
        "equity": 1_000_000,
        "result_of_earlier_years": 0,
        "result_of_the_year": 50_000,
    }
    assert rows(sheet, "assets") == {
        "1": 1_435_000,
        "10": 1_435_000,
        "101": 1_330_000,
        "103": 105_000,
    }
    (assets,) = [one for one in sheet["blocks"][0]["parts"] if one["section"] == "assets"]
    shares = {one["fund_id"]: minor(one["amount"]) for one in assets["funds"]}
    assert shares == {str(ledger["one"]): 975_000, str(ledger["other"]): 460_000}
    assert [row["level"] for row in assets["rows"]] == [0, 1, 2, 2]
    assert [row["is_heading"] for row in assets["rows"]] == [True, True, False, False]


async def test_a_month_earned_and_cost_what_its_entries_say_beside_another(
    books: Bookkeeping, ledger: dict[str, FundId]
) -> None:
    first = await told(
        books,
        "income-statement",
        **YEARS,
        compared_from="2025-01-01",
        compared_until="2025-12-31",
    )
    of_one = await told(books, "income-statement", **YEARS, fund_id=str(ledger["one"]))

    assert parts(first) == {"income": 25_000, "expenses": 140_000, "result": -115_000}
    assert parts(first, "compared") == {"income": 80_000, "expenses": 30_000, "result": 50_000}
    assert rows(first, "expenses") == {"522": 140_000}
    assert parts(of_one) == {"income": 25_000, "expenses": 100_000, "result": -75_000}


async def test_a_trial_balance_of_a_period_opens_moves_and_closes(
    books: Bookkeeping, ledger: dict[str, FundId]
) -> None:
    trial = await told(books, "trial-balance", **YEARS)

    assert len(ledger) == 2
    (block,) = trial["blocks"]
    leaves = {row["number"]: row for row in block["rows"] if not row["is_heading"]}
    columns = ("opening", "debits", "credits", "closing")
    assert {
        number: tuple(minor(row[column]) for column in columns) for number, row in leaves.items()
    } == {
        "101": (970_000, 500_000, 140_000, 1_330_000),
        "103": (80_000, 25_000, 0, 105_000),
        "31": (-1_000_000, 0, 500_000, -1_500_000),
        "45": (-80_000, 0, 25_000, -105_000),
        "522": (30_000, 140_000, 0, 170_000),
    }
    assert (minor(block["opening"]), minor(block["debits"]), minor(block["credits"])) == (
        0,
        665_000,
        665_000,
    )


async def test_statements_in_our_codes_say_the_same_sums(
    books: Bookkeeping, ledger: dict[str, FundId]
) -> None:
    own = await told(books, "balance-sheet", as_of="2026-04-01")
    house = await told(books, "balance-sheet", as_of="2026-04-01", numbers="house")

    assert parts(own) == parts(house)
    assert (own["numbers"], own["chart_version"]) == ("own", 1)
    assert (house["numbers"], house["chart_version"]) == ("house", None)
    assert rows(house, "assets") == {"cash": 1_330_000, "bank": 105_000}
    assert ledger["one"] != ledger["other"]


async def test_what_was_known_then_is_told_for_ever(
    books: Bookkeeping, ledger: dict[str, FundId]
) -> None:
    await chained.chain(books.office.database, books.office.institution_id)
    first = await told(books, "balance-sheet", as_of="2026-04-01", known_at="2100-01-01T00:00:00Z")
    await books.book(books.rent(ledger["one"], "5.000", occurred_on="2026-01-05"))
    await chained.chain(books.office.database, books.office.institution_id)

    again = await told(books, "balance-sheet", as_of="2026-04-01", known_at=first["known_at"])
    now = await told(books, "balance-sheet", as_of="2026-04-01")

    assert again == first
    assert parts(now)["result_of_the_year"] == parts(first)["result_of_the_year"] - 5_000


async def test_a_year_that_begins_in_july_has_its_own_result(
    books: Bookkeeping, ledger: dict[str, FundId]
) -> None:
    answer = await books.maker.post(f"{PATH}/policy", {"year_starts_month": 7})
    assert answer.status_code == 201, answer.text

    sheet = await told(books, "balance-sheet", as_of="2026-04-01")

    assert parts(sheet)["result_of_earlier_years"] == 0
    assert parts(sheet)["result_of_the_year"] == -65_000
    assert sheet["span"] == {"starts_on": "2025-07-01", "until": "2026-04-01"}
    assert ledger


async def test_two_currencies_are_two_blocks_and_never_one_sum(books: Bookkeeping) -> None:
    await books.fund()
    async with books.office.database.begin(books.office.institution_id) as session:
        fund = await funds.create_fund(
            session,
            code="USD",
            kind=FundKind.DONATION,
            names=Names(ar="دولار", fr="Dollar", en="Dollar"),
            floor=Money(0, "USD"),
            lending_ruling=None,
            on=date(2026, 3, 1),
            actor_id=books.maker.actor.id,
        )
        entry = journal.receipt_entry(
            Money(75_000, "USD"), fund=funds.accounts_of(fund), received_on=date(2026, 3, 1)
        )
        await postings.post(session, entry, actor_id=books.maker.actor.id, source_id=fund.fund_id)
    sheet = await told(books, "balance-sheet", as_of="2026-04-01")
    trial = await told(books, "trial-balance", as_of="2026-04-01")

    assets = {
        block["currency"]: next(part["amount"] for part in block["parts"])
        for block in sheet["blocks"]
    }
    assert assets == {
        "JOD": {"amount": "1000.000", "currency": "JOD"},
        "USD": {"amount": "750.00", "currency": "USD"},
    }
    assert [block["currency"] for block in trial["blocks"]] == ["JOD", "USD"]


async def test_a_sheet_holds_the_same_figures_and_starts_nothing(
    books: Bookkeeping, ledger: dict[str, FundId]
) -> None:
    lines = [dict(one) for one in bookkeeping.CHART]
    evil = "=cmd|' /C calc'!A0"
    lines[-1] = {**lines[-1], "name_en": evil, "name_fr": "+1+1", "name_ar": "@SUM(1)"}
    await books.number(lines)
    asked = {"as_of": "2026-04-01", "lang": "en"}
    trial = {**YEARS, "lang": "en", "format": "csv"}

    as_csv = await books.auditor.get(f"{PATH}/trial-balance", **trial)
    as_xlsx = await books.auditor.get(f"{PATH}/income-statement", **YEARS, format="xlsx", lang="en")
    in_arabic = await books.auditor.get(
        f"{PATH}/balance-sheet", **{**asked, "lang": "ar"}, format="xlsx"
    )

    cells = list(csv.reader(io.StringIO(as_csv.text.removeprefix("\ufeff"))))
    assert cells[0][:7] == ["currency", "number", "name", "opening", "debits", "credits", "closing"]
    (rent,) = [row for row in cells if row[1] == "522"]
    assert rent[2] == f"'{evil}"
    assert rent[3:7] == ["30.000", "140.000", "0.000", "170.000"]
    assert not any(cell[:1] in {"=", "+", "@"} for row in cells for cell in row)
    assert cells[-1][:7] == ["JOD", "", "", "0.000", "665.000", "665.000", "0.000"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(as_xlsx.content))
    grid = book.get_sheet_by_index(0).to_python()
    assert next(row for row in grid if row[2] == "522")[3:5] == [evil, "140.000"]
    assert next(row for row in grid if row[1] == "result")[4] == "-115.000"
    assert in_arabic.headers["content-language"] == "ar"
    assert ledger


async def test_days_that_end_before_they_begin_are_refused(books: Bookkeeping) -> None:
    answer = await books.auditor.get(
        f"{PATH}/income-statement", **{"from": "2026-02-01", "until": "2026-01-31"}
    )

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/span-backwards")


async def test_an_officer_reads_no_statement(books: Bookkeeping) -> None:
    officer = books.office.caller(Role.OFFICER)
    for statement in ("trial-balance", "income-statement", "balance-sheet"):
        assert (await officer.get(f"{PATH}/{statement}")).status_code == 403


async def test_a_chart_is_kept_whole_or_not_at_all(books: Bookkeeping) -> None:
    await books.fund()
    short = [line for line in bookkeeping.CHART if line["number"] != "31"]
    twice = [*bookkeeping.CHART, bookkeeping.line("101", "asset")]

    missing = await refused(books.maker, "/chart", {"lines": short})
    doubled = await refused(books.maker, "/chart", {"lines": twice})

    assert missing["problem"] == "chart-accounts-missing"
    assert missing["accounts"] == ["fund_balance:donation"]
    assert doubled["problem"] == "chart-refused"
    assert doubled["refusals"][0]["line"] == len(twice)
    assert (await told(books, "chart")) == {"version": 0, "lines": []}


async def test_the_same_chart_again_has_no_effect_and_another_is_a_new_version(
    books: Bookkeeping,
) -> None:
    trial = await bookkeeping.made(
        books.maker, "/chart", {"lines": bookkeeping.CHART, "dry_run": True}
    )
    first = await books.number()
    again = await books.number()
    changed = await books.number([*bookkeeping.CHART, bookkeeping.line("6", "expense")])

    assert (trial["version"], trial["is_new"]) == (1, True)
    assert (first["version"], first["is_new"]) == (1, True)
    assert (again["version"], again["is_new"]) == (1, False)
    assert (changed["version"], changed["is_new"]) == (2, True)
    assert len((await told(books, "chart"))["lines"]) == len(bookkeeping.CHART) + 1


async def test_a_new_chart_keeps_the_own_accounts_that_were_booked_on(
    books: Bookkeeping, ledger: dict[str, FundId]
) -> None:
    renumbered = [line for line in bookkeeping.CHART if line["number"] not in {"522", "45"}]
    told_ = await refused(books.maker, "/chart", {"lines": renumbered})
    assert set(told_["accounts"]) == {
        "own_expense_522:donation",
        "own_expense_522:state",
        "own_income_45:donation",
    }

    more = [
        bookkeeping.line("622", "expense", accounts=["own_expense_522"]),
        bookkeeping.line("445", "income", accounts=["own_income_45"]),
    ]
    await books.number([*renumbered, *more])

    statement = await told(books, "income-statement", **YEARS)
    assert rows(statement, "expenses") == {"622": 140_000}
    assert rows(statement, "income") == {"445": 25_000}
    assert ledger
