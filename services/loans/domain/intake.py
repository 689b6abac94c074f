"""What does a file of applications say, line by line, whatever wrote it?"""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.errors import Kind, RafidError

DELIMITERS: Final = ",;\t|"
LONGEST_LINE: Final = 100_000
LONGEST_RECORD_LINES: Final = 20
UTF8_BOM: Final = b"\xef\xbb\xbf"

Row = Mapping[str, str]


class FileUnreadable(RafidError):
    """The file has no header line with columns"""

    kind = Kind.RULE
    service = "loans"
    detail = "The first line must name at least two columns, parted by comma, semicolon or tab."


class LineBroken(RafidError):
    """The line cannot be read"""

    kind = Kind.RULE
    service = "loans"
    detail = "It has {found} fields where the header has {expected}, or signs that are no text."
    found: int
    expected: int


class LineRepeated(RafidError):
    """The line stands in the file already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "It is the same as line {first}."
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record: its first line's number, its text as it stood, and its fields or the fault."""

    number: int
    text: str
    row: Row
    fault: RafidError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeFile:
    """A file as read; `digest` names its content for good."""

    digest: str
    encoding: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def names(self) -> list[str]:
        """The names of all its lines."""
        return [self.external_id(line) for line in self.lines]

    def external_id(self, line: Line) -> str:
        """The name of a line of this content: the same file gives the same names."""
        return f"file:{self.digest[:32]}:{line.number}"


def read(
    content: bytes,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: int = 1,
    are_distinct: bool = True,
) -> IntakeFile:
    """Read a file of lines; a line that cannot be read is kept with its fault.

    Where nothing is said it is UTF-8 with or without a mark at its start, or Windows-1256, as most
    of its lines are, and fields are parted by whichever of comma, semicolon, tab and bar the header
    has most of. `header` is the number of the header's line; where lines need not be distinct, two
    that are the same are two. Raises `FileUnreadable`.
    """
    encoding = encoding or encoding_of(content)
    text = content.removeprefix(UTF8_BOM).decode(encoding, errors="surrogateescape")
    physical = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[header - 1 :]
    if not physical:
        raise FileUnreadable
    delimiter = delimiter or max(DELIMITERS, key=physical[0].count)
    columns = tuple(name.strip() for name in _fields(physical[0], delimiter=delimiter) or ())
    if len(columns) < 2 or len(set(columns)) < len(columns):  # noqa: PLR2004 - it says "columns"
        raise FileUnreadable
    lines = _records(physical, columns=columns, delimiter=delimiter, first=header)
    digest = hashlib.sha256(content).hexdigest()
    return IntakeFile(
        digest=digest,
        encoding=encoding,
        columns=columns,
        lines=tuple(_unrepeated(lines) if are_distinct else lines),
    )


def encoding_of(content: bytes) -> str:
    """Say whether most lines that are not plain are UTF-8, or else Windows-1256."""
    good = bad = 0
    for line in content.removeprefix(UTF8_BOM).split(b"\n"):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            bad += 1
        else:
            good += 1
    is_utf8 = content.startswith(UTF8_BOM) or good >= bad
    return "utf-8" if is_utf8 else "cp1256"


def _records(
    physical: Sequence[str], *, columns: tuple[str, ...], delimiter: str, first: int
) -> Iterator[Line]:
    """Every record; one whose quote never closes costs its first line alone, not the rest."""
    place = 1
    while place < len(physical):
        if not physical[place].strip():
            place += 1
            continue
        taken, fields = _record(physical, place, columns=columns, delimiter=delimiter)
        text = "\n".join(physical[place : place + taken])
        is_text = not any("\ud800" <= sign <= "\udfff" or sign == "\0" for sign in text)
        if fields is None or len(fields) != len(columns) or not is_text:
            fault = LineBroken(found=len(fields or ()), expected=len(columns))
            yield Line(number=place + first, text=text, row={}, fault=fault)
        else:
            row = dict(zip(columns, (field.strip() for field in fields), strict=True))
            yield Line(number=place + first, text=text, row=row)
        place += taken


def _record(
    physical: Sequence[str], place: int, *, columns: tuple[str, ...], delimiter: str
) -> tuple[int, list[str] | None]:
    for taken in range(1, LONGEST_RECORD_LINES + 1):
        if place + taken > len(physical):
            break
        text = "\n".join(physical[place : place + taken])
        if len(text) > LONGEST_LINE:
            break
        if text.count('"') % 2 == 0:
            fields = _fields(text, delimiter=delimiter)
            if taken > 1 and (fields is None or len(fields) != len(columns)):
                break
            return taken, fields
    return 1, None


def _fields(text: str, *, delimiter: str) -> list[str] | None:
    """The fields of one record, or None where its quotes are broken."""
    try:
        rows = list(csv.reader([text + "\n"], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _unrepeated(lines: Iterator[Line]) -> Iterator[Line]:
    seen: dict[str, int] = {}
    for line in lines:
        first = seen.setdefault(line.text, line.number)
        if line.fault is None and first != line.number:
            fault = LineRepeated(first=first)
            yield Line(number=line.number, text=line.text, row=line.row, fault=fault)
        else:
            yield line
