"""How is a file read that is taken in, and what is written beside it of what was refused?"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import yaml

from services.loans.domain.intake import Line
from services.loans.domain.mapping import FieldRules, MappingUnclear
from services.loans.takeover import sheets
from shared import texts
from shared.errors import Kind, RafidError
from shared.texts import Language

LARGEST_FILE = 200 * 1024 * 1024


class FileTooLarge(RafidError):
    """The file is too large for one import"""

    kind = Kind.RULE
    service = "loans"
    detail = "It has {size} bytes; part it into files of at most {most}."
    size: int
    most: int


class RefusedLine(Protocol):
    """A line that was not taken in, and why."""

    @property
    def line(self) -> Line:
        """The line, as it was written."""

    @property
    def error(self) -> RafidError:
        """What was wrong with it."""


def read_bounded(path: Path) -> bytes:
    """Read a file into memory. Raises `FileTooLarge`."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise FileTooLarge(size=size, most=LARGEST_FILE)
    return path.read_bytes()


def read_rules(path: Path) -> FieldRules:
    """Read the rules of a mapping. Raises `MappingUnclear`."""
    try:
        document = yaml.safe_load(path.read_text("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise MappingUnclear(path="/") from None
    return FieldRules.of(document)


def quarantine_of(path: Path) -> Path:
    """The file beside a file that holds its refused lines."""
    return path.with_name(f"{path.stem}.quarantine.csv")


def left_out_of(path: Path) -> Path:
    """The file beside an export that names what does not stand in it."""
    return path.with_name(f"{path.stem}.left_out.csv")


def write_quarantine(path: Path, refused: Sequence[RefusedLine], *, language: Language) -> None:
    """Write each refused line with its number and the reason; no file where none was refused."""
    write_reasons(quarantine_of(path), refused, language=language)


def write_reasons(target: Path, refused: Sequence[RefusedLine], *, language: Language) -> None:
    """Write lines with their numbers and reasons to a file of their own; no file of none.

    A cell that a spreadsheet would compute is quoted: what a stranger wrote is never a formula.
    """
    if not refused:
        target.unlink(missing_ok=True)
        return
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["line", "problem", "reason", "text"])
    for one in refused:
        title, detail = texts.render(one.error, language=language)
        cells = [str(one.line.number), one.error.slug(), f"{title}: {detail}", one.line.text]
        writer.writerow([sheets.safe(cell) for cell in cells])
    fresh = target.with_suffix(".new")
    readable = out.getvalue().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    fresh.write_text(readable, "utf-8-sig")
    fresh.replace(target)
