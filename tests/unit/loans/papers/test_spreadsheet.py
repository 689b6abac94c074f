"""A spreadsheet holds texts, the same bytes for the same rows, and starts nothing."""

import io
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from services.loans.papers import spreadsheet

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://evil.test","x")',
    "+41 79 000",
    "-5",
    "@SUM(A1)",
    "\t=1",
    "http://evil.test",
    "00123",
    "1e5",
    "{=1}",
]


def cells(content: bytes) -> list[list[object]]:
    table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [list(row) for row in table.to_python()]


@pytest.mark.parametrize("text", HOSTILE)
def test_every_cell_is_a_text_and_never_a_formula_or_link(text: str) -> None:
    content = spreadsheet.written(["name"], [[text]], name="sheet")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        names = parts.namelist()

    assert cells(content) == [["name"], [text]]
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert not [name for name in names if "externalLink" in name]


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = [["ب", "1.000"], ["", "=x"]]

    assert spreadsheet.written(["a", "b"], rows, name="s") == spreadsheet.written(
        ["a", "b"], rows, name="s"
    )


def test_a_cell_longer_than_a_spreadsheet_takes_is_cut() -> None:
    content = spreadsheet.written(["a"], [["x" * 40_000]], name="s")

    assert cells(content)[1] == ["x" * spreadsheet.LONGEST_CELL]


def test_a_sheet_of_arabic_is_written_from_the_right() -> None:
    content = spreadsheet.written(["ا"], [["ب"]], name="s", is_rtl=True, widths=[20])
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert 'rightToLeft="1"' in parts.read("xl/worksheets/sheet1.xml").decode()
