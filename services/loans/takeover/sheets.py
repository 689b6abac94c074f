"""How are the rows of a portfolio read from CSV or XLSX, and written so that nothing starts?

In CSV a cell that a spreadsheet would take for a formula is written behind an apostrophe, which
reading takes off again; in XLSX every cell is a text.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from services.loans.domain import intake, workbook
from services.loans.domain.intake import FileUnreadable, Line
from services.loans.domain.workbook import WorkbookRefused
from services.loans.papers import spreadsheet

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_ZIP: Final = b"PK\x03\x04"
LONGEST_SHOWN: Final = 500


def read(
    content: bytes,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: int = 1,
    are_distinct: bool = True,
) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    """Read a file of either format: its columns, and its rows with their numbers.

    How a CSV is written may be said, as `intake.read` takes it; an XLSX says it by itself, but
    for the line of its header. Raises `FileUnreadable`, `WorkbookRefused`.
    """
    if content.startswith(_ZIP):
        return _workbook(content, header=header)
    file = intake.read(
        content,
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        are_distinct=are_distinct,
    )
    lines = tuple(
        Line(
            number=line.number,
            text=line.text,
            row={name: cell.removeprefix("'") for name, cell in line.row.items()},
            fault=line.fault,
        )
        for line in file.lines
    )
    return file.columns, lines


def _workbook(content: bytes, *, header: int) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    workbook.require_small(content)
    try:
        table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = [[_said(cell) for cell in row] for row in table.to_python(skip_empty_area=False)]
    except (CalamineError, IndexError, OSError):
        raise WorkbookRefused from None
    del rows[: header - 1]
    columns = tuple(rows[0]) if rows else ()
    named = [name for name in columns if name]
    if len(named) < 2 or len(set(named)) < len(named):  # noqa: PLR2004 - "columns" are several
        raise FileUnreadable
    return columns, tuple(
        Line(
            number=number,
            text=";".join(row)[:LONGEST_SHOWN],
            row={name: cell.strip() for name, cell in zip(columns, row, strict=True) if name},
        )
        for number, row in enumerate(rows[1:], start=header + 1)
        if any(row)
    )


def _said(cell: object) -> str:
    """Give a cell as the text that a person would have typed."""
    match cell:
        case str():
            return cell
        case bool():
            return str(cell).lower()
        case int() | float():
            return f"{Decimal(repr(cell)).normalize():f}"
        case datetime():
            return cell.date().isoformat()
        case date() | time() | timedelta():
            return str(cell)
    return ""


def csv_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows as CSV in UTF-8 with a mark, so that spreadsheets read the letters right."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows as XLSX, texts all."""
    return spreadsheet.written(header, rows, name="portfolio")


def safe(cell: str) -> str:
    """Write a cell of a CSV file so that a spreadsheet takes it for a text."""
    return f"'{cell}" if cell.startswith(_STARTS) else cell
