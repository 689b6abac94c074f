"""Which charts does a review have, on its page and on its paper alike?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.scoring.domain.simulation.reviewing import TODAY
from services.scoring.reviews import charts, front, telling
from services.scoring.reviews.front import Front
from services.scoring.reviews.holding import Held
from shared.canvas import Canvas
from shared.errors import Say, Sentence
from shared.printing import apart

DRAWN_MOST: Final = 24
BARS_MOST: Final = 12
LABEL_MOST: Final = 60
SEEN_LEAST: Final = 2
SURE_OF: Final = ("expected_loss", "subsidy")
NOT_DRAWN: Final = Sentence("{drawn} of {of} are drawn")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing with what its colours mean (style, words), and a caption."""

    canvas: Canvas
    caption: str = ""
    keys: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The charts of a review; `segments` and `seen` by the name of what they are of."""

    side_by_side: Chart
    given_up: Chart | None
    sure: Sequence[Chart]
    segments: Sequence[tuple[str, Chart]]
    seen: Sequence[Chart]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is drawn: a result, who is unbeaten in it, the policy beside today's, what was seen."""

    result: Json
    front: Front
    today: Json
    chosen: Json
    held: Sequence[Held] = ()


def pictures_of(subject: Subject, *, say: Say, rtl: bool) -> Pictures:
    """Draw all charts of a review."""
    return Pictures(
        side_by_side=_side_by_side(subject, say=say, rtl=rtl),
        given_up=_given_up(subject, say=say, rtl=rtl),
        sure=[_sure(subject, name, say=say, rtl=rtl) for name in SURE_OF],
        segments=[
            (name, _segment(subject, name, say=say, rtl=rtl)) for name in subject.chosen["segments"]
        ],
        seen=[_seen(one, say=say, rtl=rtl) for one in subject.held if len(one.seen) >= SEEN_LEAST],
    )


def _side_by_side(subject: Subject, *, say: Say, rtl: bool) -> Chart:
    unbeaten = {one.number for one in subject.front.standings if not one.is_second}
    chosen = subject.chosen["name"]
    named = front.drawn(subject.result, subject.front, chosen=chosen, most=DRAWN_MOST)
    numbers = {number for number, _ in named}
    points = []
    for number, item in enumerate(subject.result["policies"], start=1):
        totals = item["cases"]["central"]
        style = "chosen" if number in unbeaten else "beaten"
        points.append(
            charts.Point(
                across=totals["total_cost"],
                up=totals["subsidy"],
                mark=str(number) if number in numbers else "",
                style="now" if item["name"] == TODAY else style,
            )
        )
    return Chart(
        canvas=charts.scatter(
            points,
            title=say("Policies that none beats"),
            across=say(telling.FIGURES["total_cost"]),
            up=say(telling.FIGURES["subsidy"]),
            rtl=rtl,
        ),
        keys=(
            ("now", say("today's terms")),
            ("chosen", say("beaten by none")),
            ("beaten", say("beaten by another")),
        ),
    )


def _given_up(subject: Subject, *, say: Say, rtl: bool) -> Chart | None:
    better = subject.front.better
    if better is None:
        return None
    (standing,) = [one for one in subject.front.standings if one.policy["name"] == better]
    rows = []
    for name, gain in standing.gains.items():
        now = telling.figure(subject.today["cases"]["central"], name)
        share = gain / abs(now) if now else 0.0
        told = f"{100 * share:.0f} %"
        rows.append(charts.Bars(label=say(telling.FIGURES[name]), values=[(share, told, "good")]))
    title = say("What today's terms give away")
    return Chart(
        canvas=charts.bars(rows, title=title, rtl=rtl),
        caption=f"{title}: {say('how much better, relative to today')}, {apart(better)}",
    )


def _sure(subject: Subject, name: str, *, say: Say, rtl: bool) -> Chart:
    policies = front.drawn(
        subject.result, subject.front, chosen=subject.chosen["name"], most=DRAWN_MOST
    )
    rows = [
        charts.Span(
            mark=str(number),
            low=item["cases"]["low"][name],
            central=item["cases"]["central"][name],
            high=item["cases"]["high"][name],
        )
        for number, item in policies
    ]
    told = say(
        "from the low to the high case, the dot is the central one; numbers are those of the table"
    )
    title = say(telling.FIGURES[name])
    return Chart(
        canvas=charts.spans(rows, title=title, rtl=rtl),
        caption=f"{title}: {told}{_left(len(rows), subject.front.of, say=say)}",
    )


def _segment(subject: Subject, name: str, *, say: Say, rtl: bool) -> Chart:
    parts = subject.chosen["segments"][name]
    largest = sorted(parts, key=lambda label: (-parts[label]["loans"], label))[:BARS_MOST]
    rows = []
    for label in (label for label in parts if label in largest):
        pair = (subject.today["segments"][name][label], parts[label])
        values = [telling.figure(totals, "burden_over_40") for totals in pair]
        rows.append(
            charts.Bars(
                label=apart(label[:LABEL_MOST]),
                values=[
                    (value, charts.percent(value), style)
                    for value, style in zip(values, ("past", "good"), strict=True)
                ],
            )
        )
    title = say(telling.FIGURES["burden_over_40"])
    return Chart(
        canvas=charts.bars(rows, title=title, rtl=rtl),
        caption=f"{title}{_left(len(rows), len(parts), say=say)}",
        keys=(("past", say("today's terms")), ("good", say("proposed"))),
    )


def _seen(held: Held, *, say: Say, rtl: bool) -> Chart:
    canvas = charts.course(
        [(seen.as_of.isoformat(), seen.value) for seen in held.seen],
        low=held.low,
        predicted=held.predicted,
        high=held.high,
        told=lambda value: telling.told(held.name, value),
        title=say(telling.FIGURES[held.name]),
        rtl=rtl,
    )
    return Chart(
        canvas=canvas,
        caption=say(telling.FIGURES[held.name]),
        keys=(("past", say("predicted")), ("now", say("observed"))),
    )


def _left(drawn: int, of: int, *, say: Say) -> str:
    """Say that not all were drawn, where it is so."""
    if drawn >= of:
        return ""
    return f" ({say(NOT_DRAWN).format(drawn=drawn, of=of)})"
