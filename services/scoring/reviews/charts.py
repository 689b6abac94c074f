"""How are policies drawn beside each other? Points, spans and bars, from the reader's side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.canvas import Canvas
from shared.printing import Ink

WIDTH: Final = 520
HEIGHT: Final = 300
SHORT: Final = 200
LEFT: Final = 58
WIDER: Final = 76  # room for amounts
DAYS_MOST: Final = 6  # days that are written below an axis
BOTTOM: Final = 40
EDGE: Final = 26
TICKS: Final = 5
ROW: Final = 24
BAR: Final = 11
VALUES: Final = 64  # room for a figure behind a bar
# The colours of the page's style sheet on paper, where neither is dark mode nor a style sheet.
GOOD, BAD, PAST = "#0f766e", "#b9380b", "#7f9895"
_SOFT, _DARK = "#5b6b69", "#1c2b2a"
INKS: Final = {
    "grid": Ink(stroke="#d5dedc"),
    "span": Ink(stroke="#8fbfb9", thickness=5),
    "foretold": Ink(stroke=PAST, thickness=2),
    "band": Ink(fill="#dcebe9"),
    "tick": Ink(fill=_SOFT, size=11.5),
    "axis": Ink(fill=_SOFT, size=12),
    "mark": Ink(fill=_DARK, size=12, is_bold=True),
    "label": Ink(fill=_DARK, size=13),
    "chosen": Ink(fill=GOOD),
    "beaten": Ink(fill="#ffffff", stroke=PAST, thickness=2),
    "now": Ink(fill=BAD),
    "good": Ink(fill=GOOD),
    "past": Ink(fill=PAST),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A policy by two figures; `mark` stands beside it, nothing where it is empty."""

    across: float
    up: float
    mark: str
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A figure in its low, central and high case."""

    mark: str
    low: float
    central: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A label with a bar a value; `told` is written behind each."""

    label: str
    values: Sequence[tuple[float, str, str]]  # value, as it is told, style


def scatter(points: Sequence[Point], *, title: str, across: str, up: str, rtl: bool) -> Canvas:
    """Draw points over two axes in per cent; both begin at the least value or at 0."""
    canvas = Canvas(width=WIDTH, height=HEIGHT, rtl=rtl, title=title)
    least_x, most_x = _range([point.across for point in points])
    least_y, most_y = _range([point.up for point in points])

    def x(value: float) -> Decimal:
        return _d(LEFT + (WIDTH - LEFT - EDGE) * (value - least_x) / (most_x - least_x))

    def y(value: float) -> Decimal:
        room = HEIGHT - BOTTOM - EDGE
        return _d(HEIGHT - BOTTOM - room * (value - least_y) / (most_y - least_y))

    for i in range(TICKS + 1):
        at_x = least_x + (most_x - least_x) * i / TICKS
        at_y = least_y + (most_y - least_y) * i / TICKS
        canvas.line(x1=LEFT, x2=WIDTH - EDGE, y1=y(at_y), y2=y(at_y), style="grid")
        canvas.number(percent(at_y), x=LEFT - 6, y=y(at_y) + 4, side="end", style="tick")
        canvas.number(percent(at_x), x=x(at_x), y=HEIGHT - 24, side="middle", style="tick")
    canvas.text(across, x=_d((WIDTH + LEFT) / 2), y=HEIGHT - 6, side="middle", style="axis")
    canvas.text(up, x=LEFT, y=11, side="start", style="axis")
    for point in points:
        canvas.dot(x=x(point.across), y=y(point.up), radius=6, style=point.style)
    for point in points:
        if point.mark:
            canvas.number(
                point.mark, x=x(point.across) + 9, y=y(point.up) - 6, side="start", style="mark"
            )
    return canvas


def spans(rows: Sequence[Span], *, title: str, rtl: bool) -> Canvas:
    """Draw each figure's range as a line with a dot at the central case, in per cent."""
    height = EDGE + ROW * len(rows) + BOTTOM
    canvas = Canvas(width=WIDTH, height=height, rtl=rtl, title=title)
    least, most = _range([value for row in rows for value in (row.low, row.central, row.high)])

    def x(value: float) -> Decimal:
        return _d(LEFT + (WIDTH - LEFT - EDGE) * (value - least) / (most - least))

    for i in range(TICKS + 1):
        at = least + (most - least) * i / TICKS
        canvas.line(x1=x(at), x2=x(at), y1=EDGE, y2=height - BOTTOM, style="grid")
        canvas.number(percent(at), x=x(at), y=height - 22, side="middle", style="tick")
    for i, row in enumerate(rows):
        y = EDGE + ROW * i + ROW // 2
        ends = sorted((row.low, row.central, row.high))
        canvas.number(row.mark, x=LEFT - 12, y=y + 4, side="end", style="mark")
        canvas.line(x1=x(ends[0]), x2=x(ends[-1]), y1=y, y2=y, style="span")
        canvas.dot(x=x(row.central), y=y, radius=5, style="chosen")
    return canvas


def bars(rows: Sequence[Bars], *, title: str, rtl: bool) -> Canvas:
    """Draw bars in groups under each other, the label above its group, the figure behind."""
    tall = [ROW + (BAR + 3) * len(row.values) for row in rows]
    canvas = Canvas(width=WIDTH, height=sum(tall) + EDGE, rtl=rtl, title=title)
    most = max((abs(value) for row in rows for value, _, _ in row.values), default=0) or 1.0
    room = WIDTH - EDGE - VALUES
    top = 0
    for row, height in zip(rows, tall, strict=True):
        canvas.text(row.label, x=EDGE // 2, y=top + 18, side="start", style="label")
        for i, (value, told, style) in enumerate(row.values):
            y = top + ROW + (BAR + 3) * i
            width = _d(max(room * abs(value) / most, 1))
            canvas.rect(x=EDGE // 2, y=y, width=width, height=BAR, style=style, round_by=2)
            at = EDGE // 2 + width + 6
            canvas.number(told, x=at, y=y + BAR - 1, side="start", style="tick")
        top += height
    return canvas


def course(
    seen: Sequence[tuple[str, float]],
    *,
    low: float,
    predicted: float,
    high: float,
    told: Callable[[float], str],
    title: str,
    rtl: bool,
) -> Canvas:
    """Draw what was observed, day after day, over the band and the line that were predicted."""
    canvas = Canvas(width=WIDTH, height=SHORT, rtl=rtl, title=title)
    least, most = _range([low, high, predicted, *(value for _, value in seen)])
    room, end = SHORT - BOTTOM - EDGE, WIDTH - EDGE

    def y(value: float) -> Decimal:
        return _d(SHORT - BOTTOM - room * (value - least) / (most - least))

    def x(place: int) -> Decimal:
        return _d(WIDER + (end - WIDER) * (place + 0.5) / len(seen))

    canvas.rect(
        x=WIDER,
        y=y(high),
        width=end - WIDER,
        height=max(y(low) - y(high), Decimal(1)),
        style="band",
    )
    for i in range(TICKS + 1):
        at = least + (most - least) * i / TICKS
        canvas.line(x1=WIDER, x2=end, y1=y(at), y2=y(at), style="grid")
        canvas.number(told(at), x=WIDER - 6, y=y(at) + 4, side="end", style="tick")
    canvas.line(x1=WIDER, x2=end, y1=y(predicted), y2=y(predicted), style="foretold")
    every = -(-len(seen) // DAYS_MOST)
    for place, (day, value) in enumerate(seen):
        if place % every == 0:
            canvas.number(day, x=x(place), y=SHORT - 22, side="middle", style="tick")
        canvas.dot(x=x(place), y=y(value), radius=5, style="now")
    return canvas


def percent(value: float) -> str:
    """Write a share: 0.1834 is `18.3 %`, what rounds to nothing has no sign."""
    told = f"{100 * value:.1f}"
    return f"{told.removeprefix('-') if float(told) == 0 else told} %"


def _range(values: Sequence[float]) -> tuple[float, float]:
    least, most = min(values, default=0.0), max(values, default=1.0)
    room = (most - least) * 0.12 or max(abs(most) * 0.2, 0.01)
    return (0.0 if 0 <= least <= (most - least) else least - room), most + room


def _d(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))
