"""How is a shape drawn so that it reads from the reader's own side? SVG as text, nothing else.

Coordinates are given as for a left-to-right reader; a right-to-left canvas mirrors them, and
gives each text the direction and anchor that a browser needs for it. Colours are classes of the
page's style sheet, so that light, dark and paper each have their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

Side = Literal["start", "middle", "end"]
TENTH = Decimal("0.1")
Length = int | Decimal


def scaled(part: int, *, whole: int, length: Length) -> Decimal:
    """The share of `length` that part is of whole; zero where the whole is nothing."""
    if whole <= 0:
        return Decimal(0)
    return Decimal(max(part, 0)) * length / whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One shape where it stands on paper, after any mirroring: what no browser draws.

    A box has its corner, width and height, a line both its ends, a dot its middle and radius
    (`width`), a text the point that `side` of it lies on: its left end, its middle, its right end.
    """

    kind: Literal["box", "line", "dot", "text"]
    style: str
    x: Decimal
    y: Decimal
    width: Decimal = Decimal(0)
    height: Decimal = Decimal(0)
    x2: Decimal = Decimal(0)
    y2: Decimal = Decimal(0)
    rounding: int = 0
    words: str = ""
    side: Literal["left", "middle", "right"] = "left"
    is_rtl: bool = False


class Canvas:
    """One SVG picture in the making; `title` is read out instead of it."""

    def __init__(self, *, width: int, height: int, rtl: bool, title: str) -> None:
        self.width = width
        self.height = height
        self.rtl = rtl
        self.title = title
        self._parts: list[str] = []
        self._marks: list[Mark] = []
        self._has_path = False

    def rect(
        self, *, x: Length, y: Length, width: Length, height: Length, style: str, round_by: int = 0
    ) -> None:
        """Draw a box."""
        left = self.width - x - width if self.rtl else x
        rounded = f' rx="{round_by}"' if round_by else ""
        self._parts.append(
            f'<rect class="{style}" x="{_n(left)}" y="{_n(y)}" '
            f'width="{_n(width)}" height="{_n(height)}"{rounded}/>'
        )
        self._marks.append(
            Mark(
                kind="box",
                style=style,
                x=_d(left),
                y=_d(y),
                width=_d(width),
                height=_d(height),
                rounding=round_by,
            )
        )

    def line(self, *, x1: Length, y1: Length, x2: Length, y2: Length, style: str) -> None:
        """Draw a straight line."""
        self._parts.append(
            f'<line class="{style}" x1="{self._x(x1)}" y1="{_n(y1)}" '
            f'x2="{self._x(x2)}" y2="{_n(y2)}"/>'
        )
        self._marks.append(
            Mark(
                kind="line",
                style=style,
                x=self._at(x1),
                y=_d(y1),
                x2=self._at(x2),
                y2=_d(y2),
            )
        )

    def path(self, steps: Iterable[str | tuple[Length, Length]], *, style: str) -> None:
        """Draw a path: letters of SVG's path language and points, in turn."""
        written = " ".join(
            step if isinstance(step, str) else f"{self._x(step[0])} {_n(step[1])}" for step in steps
        )
        self._parts.append(f'<path class="{style}" d="{written}"/>')
        self._has_path = True

    def dot(self, *, x: Length, y: Length, radius: Length, style: str) -> None:
        """Draw a dot."""
        self._parts.append(
            f'<circle class="{style}" cx="{self._x(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'
        )
        self._marks.append(Mark(kind="dot", style=style, x=self._at(x), y=_d(y), width=_d(radius)))

    def text(self, words: str, *, x: Length, y: Length, side: Side = "start", style: str) -> None:
        """Write words at a point: `start` is the side where the reader begins."""
        direction = "rtl" if self.rtl else "ltr"
        self._parts.append(
            f'<text class="{style}" x="{self._x(x)}" y="{_n(y)}" '
            f'text-anchor="{side}" direction="{direction}">{escape(words)}</text>'
        )
        self._words(words, x=x, y=y, side=side, style=style, is_rtl=self.rtl)

    def number(self, words: str, *, x: Length, y: Length, side: Side, style: str) -> None:
        """Write a figure: always left to right, on the same side of its point as a text."""
        mirrored: dict[Side, Side] = {"start": "end", "middle": "middle", "end": "start"}
        anchor = mirrored[side] if self.rtl else side
        self._parts.append(
            f'<text class="{style}" x="{self._x(x)}" y="{_n(y)}" '
            f'text-anchor="{anchor}" direction="ltr">{escape(words)}</text>'
        )
        self._words(words, x=x, y=y, side=side, style=style, is_rtl=False)

    def svg(self, *, style: str) -> str:
        """The picture as one SVG element, with its title for screen readers."""
        return (
            f'<svg class="{style}" viewBox="0 0 {self.width} {self.height}" role="img" '
            f"aria-label={quoteattr(self.title)}>{''.join(self._parts)}</svg>"
        )

    def marks(self) -> Sequence[Mark]:
        """The picture as shapes in their places, for paper. Raises ValueError for one with paths.

        Worked: on a right-to-left canvas 100 wide a text that starts at 10 ends, on paper, at 90.
        """
        if self._has_path:
            raise ValueError("a path cannot be drawn on paper")
        return tuple(self._marks)

    def _words(
        self, words: str, *, x: Length, y: Length, side: Side, style: str, is_rtl: bool
    ) -> None:
        where: dict[Side, Literal["left", "middle", "right"]] = (
            {"start": "right", "middle": "middle", "end": "left"}
            if self.rtl
            else {"start": "left", "middle": "middle", "end": "right"}
        )
        self._marks.append(
            Mark(
                kind="text",
                style=style,
                x=self._at(x),
                y=_d(y),
                words=words,
                side=where[side],
                is_rtl=is_rtl,
            )
        )

    def _at(self, x: Length) -> Decimal:
        return _d(self.width - x if self.rtl else x)

    def _x(self, x: Length) -> str:
        return _n(self._at(x))


def _d(value: Length) -> Decimal:
    return Decimal(value).quantize(TENTH, rounding=ROUND_HALF_EVEN)


def _n(value: Length) -> str:
    return f"{_d(value):f}"
