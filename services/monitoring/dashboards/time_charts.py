"""How did it go over the months? Lateness as lines, repayments as bars, a share as a bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.canvas import Canvas, scaled

# The top of the scale of shares is the first of these that holds every point.
TOPS = tuple(map(Decimal, ("0.02", "0.05", "0.1", "0.2", "0.4", "0.6", "0.8", "1")))
LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of shares over the months; None where a figure is not shown."""

    style: str
    label: str
    points: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Months as they are written below, one for each point, and the words of the scale."""

    months: Sequence[str]
    every: int
    scale: dict[Decimal, str]


def top_of(lines: Sequence[Line]) -> Decimal:
    """The scale's top: the smallest round share above every point."""
    highest = max((p for line in lines for p in line.points if p is not None), default=Decimal(0))
    return next((top for top in TOPS if top >= highest), Decimal(1))


def scale_of(top: Decimal) -> tuple[Decimal, ...]:
    """The shares at which the scale has a line, from nothing to its top."""
    return tuple(top * step / LINES for step in range(LINES + 1))


def lines(
    drawn: Sequence[Line], *, axis: Axis, width: int, height: int, rtl: bool, title: str, style: str
) -> str:
    """Draw shares over months; the newest month stands where the reader's line ends."""
    canvas = Canvas(width=width, height=height, rtl=rtl, title=title)
    left, right, top_y, base = 52, width - 52, 16, height - 34
    top = top_of(drawn)

    def at(place: int, share: Decimal) -> tuple[Decimal, Decimal]:
        steps = max(len(axis.months) - 1, 1)
        x = Decimal(left) + Decimal(right - left) * place / steps
        return x, Decimal(base) - share / top * (base - top_y)

    for share, words in axis.scale.items():
        y = at(0, share)[1]
        canvas.line(x1=left, y1=y, x2=right, y2=y, style="grid" if share else "base")
        canvas.number(words, x=left - 10, y=y + 4, side="end", style="tick")
    for place, month in _every(axis.months, every=axis.every):
        canvas.text(month, x=at(place, top)[0], y=height - 10, side="middle", style="tick")
    taken: list[Decimal] = []
    for line in drawn:
        _one_line(
            canvas, line, [None if p is None else at(i, p) for i, p in enumerate(line.points)]
        )
        end = line.points[-1] if line.points else None
        if end is not None:
            y = _free(at(len(line.points) - 1, end)[1], taken)
            canvas.number(
                line.label, x=right + 9, y=y + 4, side="start", style=f"tick {line.style}"
            )
    return canvas.svg(style=style)


def bars(
    values: Sequence[int | None],
    *,
    axis: Axis,
    width: int,
    height: int,
    rtl: bool,
    title: str,
    style: str,
) -> str:
    """Draw an amount for each month; a month that is not shown has a dotted place."""
    canvas = Canvas(width=width, height=height, rtl=rtl, title=title)
    top_y, base = 12, height - 34
    step = Decimal(width) / max(len(values), 1)
    highest = max((value for value in values if value is not None), default=0)
    canvas.line(x1=0, y1=base, x2=width, y2=base, style="base")
    for place, value in enumerate(values):
        x = step * place + step / 8
        if value is None:
            canvas.rect(
                x=x, y=base - 26, width=step * 3 / 4, height=Decimal(26), style="bar-hidden"
            )
            continue
        tall = scaled(value, whole=highest, length=Decimal(base - top_y))
        canvas.rect(x=x, y=base - tall, width=step * 3 / 4, height=tall, style="bar", round_by=2)
    for place, month in _every(axis.months, every=axis.every):
        canvas.text(month, x=step * place + step / 2, y=height - 10, side="middle", style="tick")
    return canvas.svg(style=style)


def share_bar(part: int, *, whole: int, rtl: bool, style: str) -> str:
    """A thin bar for a table's row; the row itself says the figure, so it has no title."""
    canvas = Canvas(width=120, height=8, rtl=rtl, title="")
    canvas.rect(x=0, y=0, width=120, height=8, style="track", round_by=4)
    filled = scaled(part, whole=whole, length=120)
    if filled > 0:
        canvas.rect(x=0, y=0, width=max(filled, Decimal(3)), height=8, style=style, round_by=4)
    return canvas.svg(style="share-bar")


def _one_line(canvas: Canvas, line: Line, points: Sequence[tuple[Decimal, Decimal] | None]) -> None:
    """Join neighbours; a month that is not shown parts the line, a lone point is a dot."""
    run: list[tuple[Decimal, Decimal]] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
            continue
        if len(run) == 1:
            canvas.dot(x=run[0][0], y=run[0][1], radius=3, style=f"point {line.style}")
        if len(run) > 1:
            steps: list[str | tuple[Decimal, Decimal]] = []
            for place, one in enumerate(run):
                steps += ["L" if place else "M", one]
            canvas.path(steps, style=f"line {line.style}")
            canvas.dot(x=run[-1][0], y=run[-1][1], radius=3, style=f"point {line.style}")
        run = []


def _every(months: Sequence[str], *, every: int) -> list[tuple[int, str]]:
    """Every so many months, counted back from the newest, which is always written."""
    last = len(months) - 1
    return [(place, month) for place, month in enumerate(months) if (last - place) % every == 0]


def _free(y: Decimal, taken: list[Decimal]) -> Decimal:
    """A height near `y` at which no other label stands; remembers it."""
    while any(abs(y - other) < 13 for other in taken):  # noqa: PLR2004 - a line of small text
        y -= 13
    taken.append(y)
    return y
