"""A spreadsheet that is larger inside than it looks is refused without being opened."""

import io
import time
import zipfile

import pytest

from services.loans.domain import workbook
from services.loans.domain.workbook import WorkbookRefused
from services.loans.takeover import sheets

SHEET = "xl/worksheets/sheet1.xml"


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return out.getvalue()


def cells(*places: str) -> bytes:
    inner = "".join(f'<row r="1"><c r="{place}" t="n"><v>1</v></c></row>' for place in places)
    return f"<worksheet><sheetData>{inner}</sheetData></worksheet>".encode()


def test_what_we_write_ourselves_is_small_enough() -> None:
    workbook.require_small(sheets.xlsx_of(["a", "b"], [["x", "y"]] * 1_000))


def test_a_bomb_is_refused_in_no_time_and_with_little_memory() -> None:
    bomb = packed({SHEET: b"<c/>" + b" " * (workbook.UNPACKED_MAX + 1)})
    assert len(bomb) < 1_000_000
    began = time.monotonic()
    with pytest.raises(WorkbookRefused):
        workbook.require_small(bomb)
    assert time.monotonic() - began < 5


def test_a_part_that_lies_about_its_size_is_counted_as_it_unpacks() -> None:
    lying = packed({SHEET: cells("A1") + b" " * 5_000})
    size = (5_000 + len(cells("A1"))).to_bytes(4, "little")
    assert lying.count(size) == 2  # in the part's own head and in the directory
    small = lying.replace(size, (200).to_bytes(4, "little"))
    for allowed in (4_000, 5_000 + len(cells("A1")) - 1):
        with pytest.raises(WorkbookRefused):
            workbook.require_small(small, unpacked=allowed)
    with pytest.raises(WorkbookRefused):
        workbook.require_small(packed({"a.xml": b"x" * 2_000, SHEET: cells("A1")}), unpacked=1_999)
    workbook.require_small(packed({"a.xml": b"x" * 100, SHEET: cells("A1")}), unpacked=1_999)


@pytest.mark.parametrize("place", ["XFD1048576", "A9000000", "ZZZZ3000"])
def test_one_cell_in_the_far_corner_is_refused(place: str) -> None:
    with pytest.raises(WorkbookRefused):
        workbook.require_small(packed({SHEET: cells("A1", place)}))


def test_a_far_row_without_a_cell_is_refused_too() -> None:
    far = b'<worksheet><sheetData><row r="9999999"/></sheetData></worksheet>'
    with pytest.raises(WorkbookRefused):
        workbook.require_small(packed({SHEET: far}))


def test_a_far_cell_is_found_wherever_the_pieces_are_cut() -> None:
    for padding in range((1 << 20) - 60, (1 << 20) + 3):
        content = b" " * padding + cells("XFD1048576")
        with pytest.raises(WorkbookRefused):
            workbook.require_small(packed({SHEET: content}))


def test_cells_that_do_not_say_where_they_are_are_let_through() -> None:
    plain = b"<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>"
    workbook.require_small(packed({SHEET: plain, "other.xml": b"<c r='XFD1048576'/>"}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100, b"<html>"])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(WorkbookRefused):
        workbook.require_small(content)


def test_an_archive_of_too_many_parts_is_refused() -> None:
    many = {f"{number}.xml": b"" for number in range(workbook.PARTS_MAX + 1)}
    with pytest.raises(WorkbookRefused):
        workbook.require_small(packed(many))


def test_a_damaged_archive_is_refused_by_name() -> None:
    whole = sheets.xlsx_of(["a", "b"], [["x", "y"]])
    for place in range(60, len(whole), 97):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        try:
            sheets.read(bytes(broken))
        except WorkbookRefused:
            continue
