"""What a hostile or careless caller sends to the books is refused by name, and changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from services.loans.domain.chart import FundKind
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.domain.own_chart import LINES_MAX
from services.loans.ledger import operations as ledger
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from shared.money import Money
from tests import office
from tests.bodies import amount
from tests.integration.loans import bookkeeping
from tests.integration.loans.bookkeeping import CHART, PAPER, PATH, Bookkeeping, line

DATES = ("0001-01-01", "9999-12-31", "2026-02-30", "today", "", "2026-01-01T00:00:00Z")
WORDS = ("\x00", "x" * 501, "", " ", "\ud800")


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Bookkeeping]:
    async with office.opened(loans_db, institution_id, *bookkeeping.ROUTERS) as opened:
        yield Bookkeeping.at(opened)


async def status(books: Bookkeeping, path: str, body: dict[str, Any]) -> int:
    answer = await books.maker.post(f"{PATH}{path}", body, Idempotency_Key=str(ids.new()))
    return answer.status_code


@pytest.mark.parametrize("text", DATES)
async def test_a_day_that_is_none_answers_no_statement(books: Bookkeeping, text: str) -> None:
    for path, names in (
        ("trial-balance", ("from", "until")),
        ("income-statement", ("from", "until", "compared_from", "compared_until")),
        ("balance-sheet", ("as_of", "compared_on")),
        ("money-accounts", ("as_of",)),
    ):
        for name in names:
            answer = await books.auditor.get(f"{PATH}/{path}", **{name: text})
            assert answer.status_code in {200, 404, 422}, (path, name, answer.text)


@pytest.mark.parametrize(
    "changes",
    [
        *({"reason": text} for text in ("", "x" * 501)),
        *({"document_sha256": text} for text in ("", "AB" * 32, "ab" * 33, "zz" * 32)),
        {"lines": []},
        {"lines": [{"account": "cash", "side": "debit", "amount": amount("1.000")}]},
        {"lines": [{"account": "cash", "side": "both", "amount": amount("1.000")}] * 2},
        {"lines": [{"account": "cash", "side": "debit", "amount": amount("1.0001")}] * 2},
        {"lines": [{"account": "cash", "side": "debit", "amount": amount("1e3")}] * 2},
        {"lines": [{"account": "", "side": "debit", "amount": amount("1.000")}] * 2},
        {"lines": [{"account": "cash", "side": "debit", "amount": amount("9" * 30)}] * 2},
        {"lines": [{"account": "cash", "side": "debit", "amount": amount("1.000", "XXZ")}] * 2},
        {"lines": [{"account": "cash", "side": "debit", "amount": amount("1.000")}] * 51},
        {"fund_id": "none"},
        {"occurred_on": "2026-02-30"},
        {"unknown": 1},
    ],
)
async def test_an_entry_of_wrong_form_is_refused(
    books: Bookkeeping, changes: dict[str, Any]
) -> None:
    await books.number()
    body = {**books.rent(await books.fund()), **changes}

    assert await status(books, "/manual-entries", body) == 422
    assert await books.scene.scalar("select count(*) from manual_entry") == 0


async def test_amounts_that_only_together_are_too_large_are_refused(books: Bookkeeping) -> None:
    await books.number()
    fund_id = await books.fund()
    most = "999999999999.000"
    lines = [("15", "debit", most)] * 25 + [("231", "credit", most)] * 25

    assert await status(books, "/manual-entries", books.entry(fund_id, *lines)) == 422
    negative = books.entry(fund_id, ("522", "debit", "-5.000"), ("cash", "credit", "-5.000"))
    assert await status(books, "/manual-entries", negative) == 422
    assert (await books.balances(fund_id)) == {"cash": 1_000_000, "fund_balance": -1_000_000}


@pytest.mark.parametrize("text", WORDS)
async def test_a_chart_of_strange_words_is_refused(books: Bookkeeping, text: str) -> None:
    for member in ("name_ar", "number", "account_class", "parent"):
        changed = [{**CHART[0], "accounts": ["cash"], member: text}]
        if "\ud800" in text:
            continue  # no JSON of ours can hold half a letter
        code = await status(books, "/chart", {"lines": changed})
        assert code == 422 or (member == "parent" and not text.strip()), (member, code)


async def test_a_chart_that_is_too_long_or_empty_is_refused(books: Bookkeeping) -> None:
    many = [line(str(number), "asset") for number in range(LINES_MAX + 1)]

    assert await status(books, "/chart", {"lines": many}) in {413, 422}
    assert await status(books, "/chart", {"lines": []}) == 422
    assert await books.scene.scalar("select count(*) from chart_version") == 0


async def test_two_charts_at_once_are_two_versions(books: Bookkeeping) -> None:
    other = [*CHART, line("6", "expense")]

    codes = await asyncio.gather(
        *(status(books, "/chart", {"lines": lines}) for lines in (CHART, other, CHART))
    )

    assert set(codes) == {201}
    versions = await books.scene.scalar("select count(*) from chart_version")
    assert versions in {2, 3}  # the third may come after the second, and is then another
    lines = await books.scene.scalar("select count(distinct (version, number)) from chart_line")
    assert lines == await books.scene.scalar("select count(*) from chart_line")


async def test_another_institution_sees_nothing_of_it(books: Bookkeeping) -> None:
    await books.number()
    manual_id = await books.propose(books.rent(await books.fund()))
    other = books.office.caller(*books.auditor.actor.roles, institution_id=InstitutionId(ids.new()))

    assert (await other.get(f"{PATH}/manual-entries/{manual_id}")).status_code == 404
    assert (await other.get(f"{PATH}/chart")).json() == {"version": 0, "lines": []}
    assert (await other.get(f"{PATH}/manual-entries")).json()["items"] == []
    answer = await other.get(f"{PATH}/trial-balance")
    assert answer.json().get("blocks") == [], answer.text


async def test_a_real_account_of_wrong_form_is_refused(books: Bookkeeping) -> None:
    good = {
        "code": "B",
        "channel": "bank",
        "provider": "Bank",
        "number": "1",
        "currency": "JOD",
        "opened_on": "2026-01-01",
    }
    for changes in (
        {"code": "=B"},
        {"code": ""},
        {"channel": "gold"},
        {"provider": "x" * 121},
        {"currency": "jod"},
        {"currency": "XXZ"},
        {"opened_on": "2999-01-01"},
        {"fund_ids": ["x"]},
    ):
        assert await status(books, "/money-accounts", {**good, **changes}) == 422, changes
    assert await books.scene.scalar("select count(*) from money_account") == 0
    policy = {"year_starts_month": 13}
    assert await status(books, "/policy", policy) == 422
    said = {"stated_on": "2026-03-01", "balance": amount("1.0001"), "document_sha256": PAPER}
    assert await status(books, f"/money-accounts/{ids.new()}/statements", said) == 422


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("loans", FundKind.DONATION),
        ("fund_balance", FundKind.WAQF),
        ("surplus", FundKind.DONATION),
        ("profit_income", FundKind.DONATION),
        ("bank", FundKind.ZAKAT),
    ],
)
async def test_the_database_itself_books_no_such_account_by_hand(
    books: Bookkeeping, code: str, kind: FundKind
) -> None:
    fund_id = await books.fund(kind)
    amount = Money(5_000, "JOD")
    entry = JournalEntry(
        kind=EntryKind.MANUAL,
        occurred_on=office.TODAY,
        lines=(
            Line(account_code=code, fund_id=fund_id, amount=amount),
            Line(account_code="cash", fund_id=fund_id, amount=-amount),
        ),
    )
    before = await books.balances(fund_id)
    with pytest.raises(DBAPIError, match="moves money and own accounts alone"):
        async with books.office.database.begin(books.office.institution_id) as session:
            await ledger.post(session, entry, actor_id=ids.new(), source_id=ids.new())
    assert await books.balances(fund_id) == before
