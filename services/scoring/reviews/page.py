"""What does a committee see of a review? One page of HTML with its charts, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.scoring.domain.simulation.reviewing import TODAY, policy_named
from services.scoring.reviews import charts, telling
from shared.errors import Say
from shared.texts import Language, sayer

SPANS_MOST: Final = 24
BARS_MOST: Final = 12
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Figures observed on a day, with where they come from."""

    as_of: date
    source: str
    figures: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step in the life of a review."""

    status: str
    on: date
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A review to be shown: its result, where it stands, and what was observed after it."""

    name: str
    currency: str
    status: str
    result: Json
    input_hash: str
    recommended: str | None = None
    steps: Sequence[Step] = ()
    observed: Sequence[Observed] = ()


def page(shown: Shown, *, language: Language) -> str:
    """Write a review in one language."""
    say = sayer("scoring", language=language)
    is_rtl = language == "ar"
    result = shown.result
    chosen = telling.focus(result, shown.recommended)
    today = policy_named(result, TODAY)
    other = policy_named(result, chosen)
    if today is None or other is None:
        raise ValueError("a result lacks a policy that it names")
    return _PAGES.get_template("review.html").render(
        say=say,
        t=telling,
        language=language,
        direction="rtl" if is_rtl else "ltr",
        shown=shown,
        result=result,
        today=today,
        chosen=other,
        percent=charts.percent,
        pareto=_pareto(result, say=say, rtl=is_rtl),
        regret=_regret(result, today, say=say, rtl=is_rtl),
        sensitivity=[
            (name, _sensitivity(result, name, say=say, rtl=is_rtl))
            for name in ("expected_loss", "subsidy")
        ],
        segments=[
            (name, _segment(name, today, other, say=say, rtl=is_rtl)) for name in other["segments"]
        ],
        observed=[
            (item, telling.beside(result, policy=chosen, observed=item.figures))
            for item in shown.observed
        ],
    )


def _pareto(result: Json, *, say: Say, rtl: bool) -> str:
    points = []
    for number, item in enumerate(result["policies"], start=1):
        totals = item["cases"]["central"]
        style = "chosen" if item["name"] in result["pareto"] else "beaten"
        points.append(
            charts.Point(
                across=totals["total_cost"],
                up=totals["subsidy"],
                mark=str(number),
                style="now" if item["name"] == TODAY else style,
            )
        )
    return charts.scatter(
        points,
        title=say("Policies that none beats"),
        across=say(telling.FIGURES["total_cost"]),
        up=say(telling.FIGURES["subsidy"]),
        rtl=rtl,
    )


def _regret(result: Json, today: Json, *, say: Say, rtl: bool) -> str | None:
    if result["better"] is None:
        return None
    rows = []
    for member, value in result["regret"].items():
        name = "burden_over_40" if member == "burden_over" else member
        now = telling.figure(today["cases"]["central"], name)
        share = abs(value) / abs(now) if now else 0.0
        told = f"{100 * share:.0f} %"
        rows.append(charts.Bars(label=say(telling.FIGURES[name]), values=[(share, told, "good")]))
    return charts.bars(rows, title=say("What today's terms give away"), rtl=rtl)


def _sensitivity(result: Json, name: str, *, say: Say, rtl: bool) -> str:
    rows = [
        charts.Span(
            mark=str(number),
            low=item["cases"]["low"][name],
            central=item["cases"]["central"][name],
            high=item["cases"]["high"][name],
        )
        for number, item in enumerate(result["policies"], start=1)
    ]
    return charts.spans(rows[:SPANS_MOST], title=say(telling.FIGURES[name]), rtl=rtl)


def _segment(name: str, today: Json, chosen: Json, *, say: Say, rtl: bool) -> str:
    rows = []
    for label, then in list(chosen["segments"][name].items())[:BARS_MOST]:
        now = today["segments"][name][label]
        values = [telling.figure(totals, "burden_over_40") for totals in (now, then)]
        rows.append(
            charts.Bars(
                label=label,
                values=[
                    (value, charts.percent(value), style)
                    for value, style in zip(values, ("past", "good"), strict=True)
                ],
            )
        )
    return charts.bars(rows, title=say(telling.FIGURES["burden_over_40"]), rtl=rtl)
