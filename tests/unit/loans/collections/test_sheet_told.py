"""A collection sheet says what is to be collected, in three languages, and no cell starts."""

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from services.loans.collections import wording
from services.loans.collections.queries import Open
from services.loans.collections.schemas import CollectionIn, CollectionSheetOut
from services.loans.papers.documents import WordsOut, seal_of
from shared import printing
from shared.money import Money
from shared.texts import LANGUAGES, Language
from tests.builders import an_id

DAY = date(2026, 3, 1)
LENDER = WordsOut(ar="مؤسسة رافد", fr="Fondation Rafid", en="Rafid Foundation")
ONE = Open(
    contract_id=an_id("contract"),
    reference="LN-2026-000001",
    currency="JOD",
    borrower_id=an_id("borrower"),
    borrower_reference="BR-2026-000007",
    name_ar="مريم عبد الله",
    name_latin="Maryam Abdullah",
    phone="+962790000001",
    group_id=None,
    officer_id=None,
    dues=((date(2026, 2, 1), 100_000), (DAY, 100_000)),
    paid=30_000,
)


def sheet(*found: Open, on: date = DAY) -> CollectionSheetOut:
    return CollectionSheetOut.of(found or (ONE,), on=on)


def cells(content: bytes) -> list[list[str]]:
    table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [[str(cell) for cell in row] for row in table.to_python()]


def test_a_line_tells_what_is_late_and_what_is_due_that_day() -> None:
    (line,) = sheet().lines
    assert (line.late.amount, line.due_today.amount) == ("70.000", "100.000")
    assert (line.to_collect.amount, line.days_late) == ("170.000", 28)


def test_who_owes_nothing_that_day_is_left_out_of_lines_and_sums() -> None:
    paid = replace(ONE, contract_id=an_id("paid"), paid=200_000)
    found = sheet(ONE, paid, replace(ONE, dues=()))
    assert [line.contract_id for line in found.lines] == [ONE.contract_id]
    assert [total.to_collect.amount for total in found.totals] == ["170.000"]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 500_000), st.sampled_from(["JOD", "USD", "KWD"])), max_size=8
    ),
    st.integers(-40, 40),
)
def test_the_sums_are_those_of_the_lines_by_currency(
    paid: list[tuple[int, str]], days: int
) -> None:
    found = sheet(
        *(replace(ONE, paid=minor, currency=currency) for minor, currency in paid),
        on=DAY + timedelta(days=days),
    )
    for total in found.totals:
        own = [line for line in found.lines if line.to_collect.currency == total.late.currency]
        for member in ("late", "due_today", "to_collect"):
            counted = sum(getattr(line, member).money().minor for line in own)
            assert getattr(total, member).money() == Money(counted, total.late.currency)
        both = total.late.money() + total.due_today.money()
        assert both == total.to_collect.money()
    assert len({total.late.currency for total in found.totals}) == len(found.totals)


def test_the_seal_is_of_every_member() -> None:
    whole = sheet()
    assert whole.sha256 == seal_of(whole) == sheet().sha256
    for other in (
        sheet(replace(ONE, paid=30_001)),
        sheet(replace(ONE, name_latin="Maryam Abdulla")),
        sheet(replace(ONE, phone=None)),
        sheet(on=DAY + timedelta(days=1)),
    ):
        assert other.sha256 != whole.sha256


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_a_row_a_line_and_room_to_sign(language: Language) -> None:
    said = wording.page(sheet(ONE, ONE), lender=LENDER, place="x", language=language)
    (table,) = said.tables
    assert len(table.rows) == 2
    assert all(len(row) == len(table.columns) for row in (*table.rows, table.total))
    assert [row[-2:] for row in table.rows] == [["", ""]] * 2
    assert len(said.signatures) == 2
    assert said.seal.sha256 == sheet(ONE, ONE).sha256
    assert printing.printed(said).startswith(b"%PDF-")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_of_two_currencies_have_two_sums_and_no_false_one(language: Language) -> None:
    two = sheet(ONE, replace(ONE, currency="USD"))
    said = wording.page(two, lender=LENDER, place="", language=language)
    assert said.tables[0].total == ()
    assert len(said.facts) == 1 + 2 * 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_sheet_says_so(language: Language) -> None:
    said = wording.page(sheet(on=date(2025, 1, 1)), lender=LENDER, place="", language=language)
    assert said.tables[0].rows == []
    assert said.tables[0].empty
    assert len(cells(wording.workbook(sheet(on=date(2025, 1, 1)), language=language))) == 1


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+962", "-1", "\tx", '<a href="x">', "1e9"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_in_a_workbook_is_a_text(name: str, language: Language) -> None:
    content = wording.workbook(sheet(replace(ONE, name_ar=name)), language=language)
    header, row = cells(content)
    assert row[1] == name
    assert len(header) == len(row) == len(wording.WIDTHS)
    assert row[4:] == ["70.000", "100.000", "170.000", "JOD"]


def test_a_nameless_borrower_stands_by_reference() -> None:
    nobody = replace(ONE, name_ar=None, name_latin=None, phone=None)
    assert cells(wording.workbook(sheet(nobody), language="ar"))[1][1] == "BR-2026-000007"
    said = wording.page(sheet(nobody), lender=LENDER, place="", language="ar")
    assert "BR-2026-000007" in str(said.tables[0].rows[0][0])


def brought(**changes: object) -> dict[str, object]:
    line = {
        "contract_id": str(an_id("contract")),
        "amount": {"amount": "5.000", "currency": "JOD"},
    }
    return {"total": {"amount": "5.000", "currency": "JOD"}, "lines": [line]} | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": []},
        {"lines": brought()["lines"] * 1_001},  # type: ignore[operator] # a list
        {"channel": "pigeon"},
        {"received_on": 1_700_000_000},
        {"total": "5.000"},
        {"total": {"amount": 5, "currency": "JOD"}},
        {"unheard": 1},
    ],
)
def test_a_sheet_that_is_none_is_not_read(changes: dict[str, object]) -> None:
    CollectionIn.model_validate(brought())
    with pytest.raises(ValueError, match="validation error"):
        CollectionIn.model_validate(brought(**changes))
