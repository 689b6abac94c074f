"""How does a sheet of words become a PDF, the same bytes for the same words, without a wait?

The layout is ours (`sheet.typ`), the words are data: nothing that a person typed is ever read as
markup. Only the fonts beside this module are used; no file elsewhere and no network is reached.
"""

import asyncio
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

import orjson
import typst

from shared.canvas import Canvas, Mark
from shared.errors import RafidError
from shared.texts import Language

MEDIA_TYPE: Final = "application/pdf"
SECONDS_MAX: Final = 20.0
PRINTERS: Final = 2
_FOLDER: Final = Path(__file__).parent
_FONTS: Final = _FOLDER / "fonts"
_LAYOUT: Final = _FOLDER / "sheet.typ"
_RIGHT_TO_LEFT: Final = frozenset({"ar"})

# What a reader cannot see but what turns the words around it; a name needs none of it.
_UNSEEN: Final = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF]
)
_FIRST_STRONG, _LEFT_TO_RIGHT, _POP, _MAY_BREAK = "\u2068", "\u2066", "\u2069", "\u200b"
# Between thousands, and before the decimals.
_SIGNS: Final[Mapping[Language, tuple[str, str]]] = {
    "ar": (",", "."),
    "fr": ("\u00a0", ","),
    "en": (",", "."),
}
UNBROKEN_MAX: Final = 12
"""Letters of a word that stand on one line; hardly a name has longer words."""
MARKS_MAX: Final = 3
"""Marks that a letter carries: Arabic needs two, other scripts three."""

Cell = str | tuple[str, str]
"""What stands in a cell: a line, or a line with a smaller one below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a column: of words, of amounts below each other, or of days and numbers.

    With a `share` it takes that part of the width, whatever it holds; without, what is left over
    is for words.
    """

    title: str
    kind: Literal["text", "figure", "day"] = "text"
    share: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """How shapes of a style are drawn: colours as `#rrggbb`, `size` of letters in picture units."""

    fill: str = ""
    stroke: str = ""
    thickness: float = 1.0
    size: float = 0.0
    is_bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing, `width` units wide: its shapes in their places, and the styles that they name.

    `keys` says below it what a colour means, then comes `caption`; `title` is read out instead.
    """

    title: str
    width: int
    height: int
    marks: Sequence[Mark]
    inks: Mapping[str, Ink]
    caption: str = ""
    keys: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(
        cls,
        canvas: Canvas,
        *,
        inks: Mapping[str, Ink],
        caption: str = "",
        keys: Sequence[tuple[str, str]] = (),
    ) -> Self:
        """Take what was drawn on a canvas. Raises ValueError for a style without an ink."""
        marks = canvas.marks()
        lacking = {mark.style for mark in marks} - set(inks)
        if lacking:
            raise ValueError(f"no ink for {', '.join(sorted(lacking))}")
        return cls(
            title=canvas.title,
            width=canvas.width,
            height=canvas.height,
            marks=marks,
            inks=inks,
            caption=caption,
            keys=keys,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a heading, below `pictures` of them; `empty` is said where there are none.

    Without columns there is only the heading with its pictures and `note`.
    """

    heading: str
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[Cell]] = ()
    total: Sequence[Cell] = ()
    empty: str = ""
    pictures: Sequence[Picture] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What the foot of each page says, so that somebody else can check the paper."""

    label: str
    sha256: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A paper in words of one language, primitives only.

    A fact is its label, its value, and whether the value is a figure.
    """

    language: Language
    institution: str
    place: str
    reference: str
    title: str
    subtitle: str = ""
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, Cell, bool]] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    signatures: Sequence[str] = ()
    seal: Seal


def apart(text: str) -> str:
    """Set a text of a stranger apart, so that it neither turns nor covers anything around it.

    Direction marks within it are dropped; what is left is one line between Unicode's isolates,
    of which a word without end may be broken and no letter carries a tower of marks.
    """
    words = unicodedata.normalize("NFC", text.translate(_UNSEEN)).split()
    return f"{_FIRST_STRONG}{' '.join(map(_breakable, words))}{_POP}"


def _breakable(word: str) -> str:
    """Let a word be broken after so many letters, and leave a letter so many marks at most."""
    letters: list[str] = []
    for sign in word:
        if not unicodedata.combining(sign):
            letters.append(sign)
        elif letters and len(letters[-1]) <= MARKS_MAX:
            letters[-1] += sign
    parts = range(0, len(letters), UNBROKEN_MAX)
    return _MAY_BREAK.join("".join(letters[at : at + UNBROKEN_MAX]) for at in parts)


def figure(text: str) -> str:
    """Keep a figure, date or reference in its own order within a sentence of either direction."""
    return f"{_LEFT_TO_RIGHT}{text}{_POP}"


def grouped(amount: str, *, language: Language) -> str:
    """Write an amount as its readers do, with Western digits: 1,000.000; French 1 000,000."""
    group, point = _SIGNS[language]
    whole, _, decimals = amount.lstrip("-").partition(".")
    sign = "\u2212" if amount.startswith("-") else ""
    thousands = f"{int(whole):,}".replace(",", group)
    return f"{sign}{thousands}{point}{decimals}" if decimals else f"{sign}{thousands}"


def printed(sheet: Sheet, *, form: Literal["pdf", "png"] = "pdf") -> bytes:
    """Typeset a sheet; a PNG shows the first page only. The same sheet gives the same bytes."""
    members = asdict(sheet) | {"direction": direction_of(sheet.language)}
    result: Any = typst.compile(
        os.fspath(_LAYOUT),
        root=os.fspath(_FOLDER),
        font_paths=[os.fspath(_FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"sheet": orjson.dumps(members, default=float).decode()},
        format=form,
        ppi=110.0,
        timestamp=0,
    )
    pages = result if isinstance(result, list) else [result]
    return bytes(pages[0] or b"")


def direction_of(language: Language) -> Literal["rtl", "ltr"]:
    """Give the direction in which a language is written."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


class Printer:
    """Prints beside the event loop, a few papers at a time, each within a time limit.

    A service names in `busy` the refusal that its readers get where printing takes too long.
    """

    busy: Callable[[int], RafidError]

    def __init__(self, *, seconds: float = SECONDS_MAX) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(PRINTERS, thread_name_prefix="printer")

    async def pdf(self, sheet: Sheet) -> bytes:
        """Print a sheet. Raises the service's own refusal where it takes too long."""
        loop = asyncio.get_running_loop()
        printing = loop.run_in_executor(self._threads, printed, sheet)
        try:
            return await asyncio.wait_for(printing, self._seconds)
        except TimeoutError:
            raise self.busy(round(self._seconds)) from None
