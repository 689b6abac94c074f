"""What does the report of a training show? One page of HTML with its charts, no script."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.scoring.domain.training.spec import Spec
from services.scoring.domain.training.validation import Trained
from shared.canvas import Canvas
from shared.texts import Language, sayer

WIDTH: Final = 460
HEIGHT: Final = 260
LEFT: Final = 44
BOTTOM: Final = 34
TOP: Final = 12
TICKS: Final = 5

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Json = Mapping[str, Any]


def page(trained: Trained, *, spec: Spec, language: Language) -> str:
    """Write the report of a training in one language."""
    say = sayer("scoring", language=language)
    validation = trained.validation
    is_rtl = language == "ar"
    return _PAGES.get_template("training_report.html").render(
        say=say,
        language=language,
        direction="rtl" if is_rtl else "ltr",
        spec=spec,
        card=trained.document,
        proof=validation,
        labels={item.id: item.label[language] for item in spec.asked},
        roc=_roc(validation["curve"], say("How well it ranks"), rtl=is_rtl),
        spread=_spread(validation["distribution"], say("Points of good and bad loans"), rtl=is_rtl),
        stated=_stated(
            validation["held_out"]["calibration"], say("Stated and observed"), rtl=is_rtl
        ),
    )


class _Chart:
    """A frame with both axes from 0 to a highest value; points are given in those values."""

    def __init__(self, title: str, *, rtl: bool, across: float, up: float) -> None:
        self.canvas = Canvas(width=WIDTH, height=HEIGHT, rtl=rtl, title=title)
        self.across, self.up = across, up
        for i in range(TICKS + 1):
            share = i / TICKS
            self.canvas.line(
                x1=LEFT, x2=WIDTH - TOP, y1=self.y(share * up), y2=self.y(share * up), style="grid"
            )
            self.canvas.number(
                f"{share * up:.2g}", x=LEFT - 6, y=self.y(share * up) + 4, side="end", style="tick"
            )

    def x(self, value: float) -> Decimal:
        """The place of a value from the reader's side."""
        return Decimal(str(LEFT + (WIDTH - LEFT - TOP) * value / self.across))

    def y(self, value: float) -> Decimal:
        """The place of a value from the top."""
        return Decimal(str(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / self.up))

    def under(self, text: str, value: float) -> None:
        """Write a figure under the chart."""
        self.canvas.number(text, x=self.x(value), y=HEIGHT - 12, side="middle", style="tick")

    def svg(self) -> str:
        """The picture."""
        return self.canvas.svg(style="chart")


def _roc(curve: list[list[float]], title: str, *, rtl: bool) -> str:
    chart = _Chart(title, rtl=rtl, across=1, up=1)
    chart.canvas.line(x1=chart.x(0), y1=chart.y(0), x2=chart.x(1), y2=chart.y(1), style="rule")
    points = [(chart.x(good), chart.y(ill)) for good, ill in curve]
    steps: list[str | tuple[Any, Any]] = ["M", points[0]]
    for point in points[1:]:
        steps += ["L", point]
    chart.canvas.path(steps, style="line")
    for i in range(TICKS + 1):
        chart.under(f"{i / TICKS:.1f}", i / TICKS)
    return chart.svg()


def _spread(found: Json, title: str, *, rtl: bool) -> str:
    shares = [[n / (sum(found[side]) or 1) for n in found[side]] for side in ("good", "bad")]
    edges, bars = found["edges"], len(found["good"])
    chart = _Chart(title, rtl=rtl, across=bars, up=max(map(max, shares)) * 1.1)
    for side, (values, style) in enumerate(zip(shares, ("good", "bad"), strict=True)):
        for i, share in enumerate(values):
            left, top = chart.x(i + 0.08 + side * 0.42), chart.y(share)
            chart.canvas.rect(
                x=left,
                y=top,
                width=chart.x(0.42) - chart.x(0),
                height=chart.y(0) - top,
                style=style,
            )
    for i in range(0, bars + 1, 4):
        chart.under(f"{edges[i]:.0f}", i)
    return chart.svg()


def _stated(parts: list[Json], title: str, *, rtl: bool) -> str:
    highest = max(max(part["high"], part["stated"]) for part in parts) * 1.05
    chart = _Chart(title, rtl=rtl, across=highest, up=highest)
    chart.canvas.line(
        x1=chart.x(0), y1=chart.y(0), x2=chart.x(highest), y2=chart.y(highest), style="rule"
    )
    for part in parts:
        x = chart.x(part["stated"])
        chart.canvas.line(
            x1=x, x2=x, y1=chart.y(part["low"]), y2=chart.y(part["high"]), style="span"
        )
        chart.canvas.dot(x=x, y=chart.y(part["observed"]), radius=4, style="good")
    for i in range(TICKS + 1):
        chart.under(f"{highest * i / TICKS:.2f}", highest * i / TICKS)
    return chart.svg()
