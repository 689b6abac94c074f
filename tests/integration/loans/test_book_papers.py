"""Statements of the books are papers in three languages, with the figures of their JSON."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from services.loans.accounting import reading, wording
from services.loans.accounting.reading import Question, Span, Told
from services.loans.accounting.statement_schemas import BooksStatementOut, BooksTrialBalanceOut
from services.loans.fund_accounts import queries as fund_accounts
from services.loans.papers.documents import seal_of
from services.loans.papers.printing import Printer
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from shared.printing import Sheet
from shared.texts import Language
from tests import office
from tests.integration.loans import bookkeeping
from tests.integration.loans.bookkeeping import PATH, Bookkeeping

NAMES = ("trial-balance", "income-statement", "balance-sheet")
SPAN = Span(starts_on=date(2026, 1, 1), until=office.TODAY)
EARLIER = Span(starts_on=date(2025, 1, 1), until=date(2025, 12, 31))


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Bookkeeping]:
    async with office.opened(loans_db, institution_id, *bookkeeping.ROUTERS) as opened:
        opened.app.state.printer = Printer()
        kept = Bookkeeping.at(opened)
        await kept.number()
        yield kept


async def told(books: Bookkeeping, name: str, language: Language) -> tuple[Told, Sheet]:
    read = {
        "trial-balance": reading.trial_balance,
        "income-statement": reading.income_statement,
        "balance-sheet": reading.balance_sheet,
    }[name]
    compared = None if name == "trial-balance" else EARLIER
    async with books.office.database.read(books.office.institution_id) as session:
        found = await read(session, Question(span=SPAN, compared=compared))
        head = await fund_accounts.head(session)
    return found, wording.statement(found, name=name, head=head, language=language)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["ar", "fr", "en"])
async def test_a_statement_is_a_paper_and_twice_the_same_bytes(
    books: Bookkeeping, name: str, language: Language
) -> None:
    fund_id = await books.fund()
    await books.book(books.rent(fund_id))
    asked = {"lang": language, "known_at": "2100-01-01T00:00:00Z"}

    first, second = [
        await books.auditor.get(f"{PATH}/{name}", **asked, format="pdf") for _ in range(2)
    ]

    assert (first.status_code, first.content[:4]) == (200, b"%PDF")
    assert first.content == second.content
    assert first.headers["content-language"] == language
    assert first.headers["content-disposition"] == f'inline; filename="{name}-{office.TODAY}.pdf"'


async def test_the_paper_says_the_figures_of_the_json_and_its_seal(books: Bookkeeping) -> None:
    fund_id = await books.fund(receives="1234567.000")
    await books.book(books.rent(fund_id))

    found, sheet = await told(books, "trial-balance", "fr")
    rent = next(row for row in sheet.tables[0].rows if "522" in str(row[0]))
    cash = next(row for row in sheet.tables[0].rows if "101" in str(row[0]))
    assert rent[1:] == ["0,000", "300,000", "0,000", "300,000"]
    assert cash[2:] == ["1\u00a0234\u00a0567,000", "300,000", "1\u00a0234\u00a0267,000"]
    assert sheet.tables[0].total[1] == sheet.tables[0].total[4] == "0,000"
    assert sheet.seal.sha256 == seal_of(BooksTrialBalanceOut.of(found))

    found, sheet = await told(books, "balance-sheet", "en")
    assert all(table.rows for table in sheet.tables), "a table without rows shows no total"
    totals = {table.heading: (table.total or table.rows[-1])[1:] for table in sheet.tables}
    assert totals == {
        "Assets": ["1,234,267.000", "0.000"],
        "Liabilities": ["0.000", "0.000"],
        "Equity": ["1,234,567.000", "0.000"],
        "Result of earlier years": ["0.000", "0.000"],
        "Result of the year": ["\u2212300.000", "0.000"],
    }
    assert [column.title for column in sheet.tables[0].columns[1:]] == ["JOD", "2025-12-31"]
    assert sheet.seal.sha256 == seal_of(BooksStatementOut.of(found))

    _, sheet = await told(books, "income-statement", "ar")
    assert (sheet.title, sheet.tables[0].heading) == ("قائمة الدخل", "الإيرادات")


async def test_books_without_an_entry_are_a_paper_too(books: Bookkeeping) -> None:
    _, sheet = await told(books, "trial-balance", "en")
    answer = await books.auditor.get(f"{PATH}/trial-balance", format="pdf")

    assert (list(sheet.tables), list(sheet.paragraphs)) == ([], ["Nothing moved in these days."])
    assert answer.content.startswith(b"%PDF")


async def test_a_strange_name_is_no_markup_and_an_officer_reads_no_paper(
    books: Bookkeeping,
) -> None:
    lines = [dict(one) for one in bookkeeping.CHART]
    lines[-1] = {**lines[-1], "name_en": "rent #let x = 1 $ @a <b>"}
    await books.number(lines)
    fund_id = await books.fund()
    await books.book(books.rent(fund_id))

    _, sheet = await told(books, "trial-balance", "en")
    (rent,) = [row[0] for row in sheet.tables[0].rows if "522" in str(row[0])]
    assert "#let x = 1" in rent
    answer = await books.auditor.get(f"{PATH}/trial-balance", format="pdf")
    assert answer.content.startswith(b"%PDF")
    officer = books.office.caller(Role.OFFICER)
    assert (await officer.get(f"{PATH}/trial-balance", format="pdf")).status_code == 403
