"""Is a spreadsheet small enough to be opened, however small its file looks?

A few kilobytes can unpack to gigabytes, and one cell in the last corner makes a reader set up
every cell before it. Both are found without unpacking more than is allowed.
"""

import io
import re
import zipfile
import zlib
from typing import Final

from shared.errors import Kind, RafidError

UNPACKED_MAX: Final = 256 * 1024 * 1024
PARTS_MAX: Final = 2_000
CELLS_MAX: Final = 8_000_000
_PIECE: Final = 1 << 20
_OVERLAP: Final = 64
_CELL: Final = re.compile(rb'<(?:\w+:)?c\b[^>]{0,200}?\br="([A-Z]{1,4})([0-9]{1,10})"')
_ROW: Final = re.compile(rb'<(?:\w+:)?row\b[^>]{0,200}?\br="([0-9]{1,10})"')
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)


class WorkbookRefused(RafidError):
    """The spreadsheet is too large, or none"""

    kind = Kind.RULE
    service = "loans"
    detail = "It does not open as XLSX within {cells} cells and {unpacked} bytes unpacked."
    cells: int = CELLS_MAX
    unpacked: int = UNPACKED_MAX


def require_small(content: bytes, *, cells: int = CELLS_MAX, unpacked: int = UNPACKED_MAX) -> None:
    """Raise `WorkbookRefused` for what is no XLSX, or one that is larger inside than allowed."""
    refused = WorkbookRefused(cells=cells, unpacked=unpacked)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            infos = parts.infolist()
            if len(infos) > PARTS_MAX or sum(info.file_size for info in infos) > unpacked:
                raise refused
            left = unpacked
            for info in infos:
                is_sheet = _SHEET.fullmatch(info.filename) is not None
                left = _measure(parts, info, left=left, cells=cells if is_sheet else None)
                if left < 0:
                    raise refused
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError):
        raise refused from None


def _measure(parts: zipfile.ZipFile, info: zipfile.ZipInfo, *, left: int, cells: int | None) -> int:
    """Unpack a part piece by piece; give how many bytes are left then, below 0 for too much."""
    rows = columns = 0
    tail = b""
    info.file_size = left + 1  # what the archive says of it may be a lie; read to the end
    with parts.open(info) as stream:
        while piece := stream.read(_PIECE):
            left -= len(piece)
            if left < 0:
                return left
            if cells is None:
                continue
            text = tail + piece
            for letters, number in _CELL.findall(text):
                columns, rows = max(columns, _column(letters)), max(rows, int(number))
            rows = max([rows, *map(int, _ROW.findall(text))])
            if rows * max(columns, 1) > cells:
                return -1
            tail = text[-_OVERLAP * 4 :]
    return left


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
