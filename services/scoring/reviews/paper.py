"""What does the paper of a review say? The figures and charts of its page, to print and sign."""

from collections.abc import Sequence
from typing import Any

from services.scoring.domain.simulation.reviewing import TODAY
from services.scoring.reviews import charts, front, holding, pictures, sourcing, telling
from services.scoring.reviews.holding import Held
from services.scoring.reviews.page import Shown, subject_of
from services.scoring.reviews.pictures import Chart, Pictures, Subject
from shared.errors import Say
from shared.printing import Cell, Column, Picture, Seal, Sheet, Table, apart, figure
from shared.texts import Language, sayer

WORDS, FIGURE, NUMBER = 6, 3, 1  # parts of the width


def sheet(shown: Shown, *, language: Language) -> Sheet:
    """Say a review on paper; names that people gave are set apart."""
    say = sayer("scoring", language=language)
    subject = subject_of(shown)
    drawn = pictures.pictures_of(subject, say=say, rtl=language == "ar")
    book = shown.result["book"]
    return Sheet(
        language=language,
        institution=apart(shown.name),
        place="",
        reference=figure(shown.input_hash[:12]),
        title=say("Review of rates and terms"),
        subtitle=say(telling.STATES[shown.status]),
        paragraphs=[
            say("Not an offer: the figures are expected values of a simulation."),
            *_warnings(subject.chosen, say=say, language=language),
        ],
        facts=[
            (say("Loans"), telling.count(book["loans"]), True),
            (say("Lent"), f"{telling.count(book['lent'])} {shown.currency}", True),
            (say("proposed"), _named(subject.chosen["name"], say), False),
            (say("Policies"), str(subject.front.of), True),
            (say("Beaten by none"), str(subject.front.unbeaten), True),
        ],
        tables=[
            _side_by_side(subject, drawn, say),
            _unbeaten(subject, say),
            *_given_up(subject, drawn, say),
            _proposed(subject, say),
            Table(
                heading=say("How sure is it?"), pictures=[_printed(chart) for chart in drawn.sure]
            ),
            *_segments(subject, drawn, say),
            *_observed(shown, subject.held, drawn, say),
            _assumed(shown.result, say),
        ],
        notes=[
            say(
                "Figures are expected values of a simulation, no promises; the range shown is "
                "what the low and high case of each assumption give."
            ),
            *telling.rhythms(shown.result, say=say),
            *sourcing.of_book(shown.origin, say=say),
        ],
        seal=Seal(
            label=say("Fingerprint of the input"),
            sha256=shown.input_hash,
            sentence=say(
                "The input of this review has this fingerprint; the same input gives the same "
                "figures."
            ),
        ),
    )


def _printed(chart: Chart) -> Picture:
    """Put a chart on paper, its keys in the colours of its shapes."""
    colours = {name: ink.fill or ink.stroke for name, ink in charts.INKS.items()}
    colours["beaten"] = charts.PAST
    return Picture.of(
        chart.canvas,
        inks=charts.INKS,
        caption=chart.caption,
        keys=[(colours[style], words) for style, words in chart.keys],
    )


def _named(name: str, say: Say) -> str:
    return say("today's terms") if name == TODAY else apart(name)


def _warnings(chosen: Any, *, say: Say, language: Language) -> list[str]:
    lines = [
        f"{say('Breaks the law')}: {apart(sourcing.title_of(flag['cap'], language=language))}"
        for flag in telling.unlawful(chosen)
    ]
    if not chosen["caps"]:
        lines.append(
            say("No legal ceiling was given: whether a policy is lawful was not examined.")
        )
    return lines


def _columns(names: Sequence[str], say: Say) -> list[Column]:
    return [
        Column(title="", kind="day", share=NUMBER),
        Column(title=say("Policy"), share=WORDS),
        *(Column(title=say(telling.FIGURES[name]), kind="figure", share=FIGURE) for name in names),
    ]


def _side_by_side(subject: Subject, drawn: Pictures, say: Say) -> Table:
    names = ("total_cost", "subsidy", "burden_over_40")
    rows: list[Sequence[Cell]] = []
    for number, item in enumerate(subject.result["policies"], start=1):
        below = telling.changes(item, say=say)
        if not item["is_lawful"]:
            below = f"{say('Breaks the law')}. {below}"
        totals = item["cases"]["central"]
        rows.append(
            [
                str(number),
                (_named(item["name"], say), below),
                *(telling.told(name, telling.figure(totals, name)) for name in names),
            ]
        )
    return Table(
        heading=say("Policies side by side"),
        columns=_columns(names, say),
        rows=rows,
        pictures=[_printed(drawn.side_by_side)],
    )


def _unbeaten(subject: Subject, say: Say) -> Table:
    of = subject.front
    rows: list[Sequence[Cell]] = []
    for one in of.standings:
        marks = [say("nowhere worse than today")] if one.is_better else []
        marks += [] if one.policy["is_lawful"] else [say("Breaks the law")]
        marks += [say("beaten only by a policy that breaks the law")] if one.is_second else []
        totals = one.policy["cases"]["central"]
        rows.append(
            [
                str(one.number),
                (_named(one.policy["name"], say), " · ".join(marks)),
                *(
                    (
                        telling.told(name, telling.figure(totals, name)),
                        _apart(front.difference(name, one.gains[name])),
                    )
                    for name in front.WEIGHED
                ),
            ]
        )
    return Table(
        heading=f"{say('Beaten by none')}: {figure(f'{of.unbeaten} / {of.of}')}",
        note=say(
            "Of all policies of the review: today's terms, those given and those found. "
            "Below each figure: how it differs from today's."
        ),
        columns=_columns(front.WEIGHED, say),
        rows=rows,
    )


def _apart(told: str) -> str:
    return figure(told) if told else ""


def _given_up(subject: Subject, drawn: Pictures, say: Say) -> list[Table]:
    if not subject.front.regrets:
        return []
    heads = ("today's terms", "the best lawful one", "given up")
    none = say("No policy is better than today's terms in everything: each gain has its price.")
    return [
        Table(
            heading=say("What today's terms give up in each figure"),
            note="" if subject.front.better else none,
            pictures=[_printed(drawn.given_up)] if drawn.given_up else [],
            columns=[
                Column(title=say("Figure"), share=WORDS),
                *(Column(title=say(head), kind="figure", share=FIGURE) for head in heads),
                Column(title=say("Policy"), share=WORDS),
            ],
            rows=[
                [
                    say(telling.FIGURES[one.name]),
                    *(
                        telling.told(one.name, value)
                        for value in (one.today, one.best, one.given_up)
                    ),
                    _named(one.policy, say),
                ]
                for one in subject.front.regrets
            ],
        )
    ]


def _proposed(subject: Subject, say: Say) -> Table:
    rows = []
    for name in telling.WHOLE:
        cells = [subject.today["cases"]["central"]]
        cells += [subject.chosen["cases"][case] for case in ("central", "low", "high")]
        values = [telling.told(name, telling.figure(totals, name)) for totals in cells]
        rows.append([say(telling.FIGURES[name]), *values])
    heads = ("today's terms", "proposed", "low case", "high case")
    return Table(
        heading=say("Today and proposed"),
        columns=[
            Column(title=say("Figure")),
            *(Column(title=say(head), kind="figure") for head in heads),
        ],
        rows=rows,
    )


def _segments(subject: Subject, drawn: Pictures, say: Say) -> list[Table]:
    names = ("loans", "total_cost", "subsidy")
    return [
        Table(
            heading=f"{say('Who gains, who bears')}: {apart(segment)}",
            columns=[
                Column(title="", share=WORDS),
                *(
                    Column(title=say(telling.FIGURES[name]), kind="figure", share=FIGURE)
                    for name in names
                ),
            ],
            rows=[
                [apart(label), *(telling.told(n, telling.figure(totals, n)) for n in names)]
                for label, totals in subject.chosen["segments"][segment].items()
            ],
            pictures=[_printed(chart)],
        )
        for segment, chart in drawn.segments
    ]


def _observed(shown: Shown, rows: Sequence[Held], drawn: Pictures, say: Say) -> list[Table]:
    if not shown.observed:
        return []
    empty = [figure(str(item.as_of)) for item in shown.observed if not item.figures]
    note = f"{say('no loan was signed since the decision')}: {', '.join(empty)}" if empty else ""
    heading = say("Predicted and observed")
    first = Table(heading=heading, note=note, pictures=[_printed(chart) for chart in drawn.seen])
    return [first, *(_held(shown, some, heading, say) for some in holding.tables(rows))]


def _held(shown: Shown, some: Sequence[Held], heading: str, say: Say) -> Table:
    rows: list[Sequence[Cell]] = [
        [say("predicted"), *(telling.told(one.name, one.predicted) for one in some)],
        [
            say("range"),
            *(
                " – ".join(telling.told(one.name, value) for value in (one.low, one.high))
                for one in some
            ),
        ],
    ]
    for item in shown.observed:
        if not item.figures:
            continue
        cells: list[Cell] = [figure(str(item.as_of))]
        for one in some:
            seen = one.on(item.as_of)
            if seen is None:
                cells.append("–")
                continue
            outside = say("outside the range") if seen.is_outside else ""
            cells.append((telling.told(one.name, seen.value), outside))
        rows.append(cells)
    return Table(
        heading=heading,
        columns=[
            Column(title="", share=WORDS),
            *(
                Column(title=say(telling.FIGURES[one.name]), kind="figure", share=FIGURE + 1)
                for one in some
            ),
        ],
        rows=rows,
    )


def _assumed(result: Any, say: Say) -> Table:
    return Table(
        heading=say("What was assumed"),
        columns=[
            Column(title=say("Effect"), share=WORDS),
            *(
                Column(title=say(head), kind="figure", share=FIGURE)
                for head in ("low case", "high case")
            ),
            Column(title=say("Source"), share=WORDS),
        ],
        rows=[
            [
                say(telling.ASSUMPTIONS[item["name"]]),
                str(item["low"]),
                str(item["high"]),
                apart(item["source"]) if item["source"] else say("assumed, without a source"),
            ]
            for item in result["assumptions"]
        ],
    )
