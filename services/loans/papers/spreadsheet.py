"""How do rows of text become a spreadsheet that holds what was written, and starts nothing?

Every cell is written as text: a name that begins with `=`, `+`, `-` or `@` is a name, never a
formula, and an amount keeps every decimal it has.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import xlsxwriter

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL: Final = 32_767
_ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
_PLAIN: Final = {
    "in_memory": True,
    "constant_memory": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def written(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    name: str,
    is_rtl: bool = False,
    widths: Sequence[int] = (),
) -> bytes:
    """Write one sheet of text cells below a frozen header; the same rows give the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _PLAIN)
    book.set_properties({"created": _ALWAYS})
    text = book.add_format({"num_format": "@"})
    heading = book.add_format({"num_format": "@", "bold": True, "bg_color": "#EEF4F3"})
    sheet = book.add_worksheet(name)
    if is_rtl:
        sheet.right_to_left()
    sheet.freeze_panes(1, 0)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width, text)
    for column, title in enumerate(header):
        sheet.write_string(0, column, title, heading)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, cell[:LONGEST_CELL], text)
    book.close()
    return out.getvalue()
