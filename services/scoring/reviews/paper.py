"""What does the paper of a review say? The figures of its page, to be printed and signed."""

from collections.abc import Sequence
from typing import Any

from services.scoring.domain.simulation.reviewing import TODAY, policy_named
from services.scoring.reviews import telling
from services.scoring.reviews.page import Shown
from shared.errors import Say
from shared.printing import Cell, Column, Seal, Sheet, Table, apart, figure
from shared.texts import Language, sayer


def sheet(shown: Shown, *, language: Language) -> Sheet:
    """Say a review on paper; names that people gave are set apart."""
    say = sayer("scoring", language=language)
    result = shown.result
    chosen = telling.focus(result, shown.recommended)
    book = result["book"]
    return Sheet(
        language=language,
        institution=apart(shown.name),
        place="",
        reference=figure(shown.input_hash[:12]),
        title=say("Review of rates and terms"),
        subtitle=say(telling.STATES[shown.status]),
        paragraphs=[
            say("Not an offer: the figures are expected values of a simulation."),
            *_warnings(result, chosen, say),
            *telling.rhythms(result, say=say),
        ],
        facts=[
            (say("Loans"), telling.count(book["loans"]), True),
            (say("Lent"), f"{telling.count(book['lent'])} {shown.currency}", True),
            (say("proposed"), _named(chosen, say), False),
        ],
        tables=[
            _side_by_side(result, say),
            _proposed(result, chosen, say),
            *_segments(result, chosen, say),
            *_observed(shown, chosen, say),
            _assumed(result, say),
        ],
        notes=[
            say(
                "Figures are expected values of a simulation, no promises; the range shown is "
                "what the low and high case of each assumption give."
            )
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


def _named(name: str, say: Say) -> str:
    return say("today's terms") if name == TODAY else apart(name)


def _warnings(result: Any, chosen: str, say: Say) -> list[str]:
    policy = policy_named(result, chosen)
    broken = telling.unlawful(policy) if policy else []
    lines = [f"{say('Breaks the law')}: {apart(flag['cap']['source'])}" for flag in broken]
    if policy is not None and not policy["caps"]:
        lines.append(
            say("No legal ceiling was given: whether a policy is lawful was not examined.")
        )
    return lines


def _side_by_side(result: Any, say: Say) -> Table:
    names = ("total_cost", "subsidy", "burden_over_40")
    rows: list[Sequence[Cell]] = []
    for item in result["policies"]:
        below = telling.changes(item, say=say)
        if not item["is_lawful"]:
            below = f"{say('Breaks the law')}. {below}"
        totals = item["cases"]["central"]
        rows.append(
            [
                (_named(item["name"], say), below),
                *(telling.told(name, telling.figure(totals, name)) for name in names),
            ]
        )
    return Table(
        heading=say("Policies side by side"),
        columns=[
            Column(title=say("Policy")),
            *(Column(title=say(telling.FIGURES[name]), kind="figure") for name in names),
        ],
        rows=rows,
    )


def _proposed(result: Any, chosen: str, say: Say) -> Table:
    today, other = policy_named(result, TODAY), policy_named(result, chosen)
    rows = []
    for name in telling.WHOLE:
        cells = [today["cases"]["central"]] if today else []
        cells += [other["cases"][case] for case in ("central", "low", "high")] if other else []
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


def _segments(result: Any, chosen: str, say: Say) -> list[Table]:
    policy = policy_named(result, chosen)
    names = ("loans", "total_cost", "subsidy")
    return [
        Table(
            heading=f"{say('Who gains, who bears')}: {apart(segment)}",
            columns=[
                Column(title=""),
                *(Column(title=say(telling.FIGURES[name]), kind="figure") for name in names),
            ],
            rows=[
                [apart(label), *(telling.told(n, telling.figure(totals, n)) for n in names)]
                for label, totals in parts.items()
            ],
        )
        for segment, parts in (policy["segments"] if policy else {}).items()
    ]


def _observed(shown: Shown, chosen: str, say: Say) -> list[Table]:
    return [
        Table(
            heading=f"{say('Predicted and observed')}: {figure(str(item.as_of))}",
            columns=[
                Column(title=say("Figure")),
                *(
                    Column(title=say(head), kind="figure")
                    for head in ("predicted", "range", "observed")
                ),
            ],
            rows=[
                [
                    say(telling.FIGURES[row.name]),
                    telling.told(row.name, row.predicted),
                    " – ".join(telling.told(row.name, value) for value in (row.low, row.high)),
                    telling.told(row.name, row.observed),
                ]
                for row in telling.beside(shown.result, policy=chosen, observed=item.figures)
            ],
        )
        for item in shown.observed
    ]


def _assumed(result: Any, say: Say) -> Table:
    return Table(
        heading=say("What was assumed"),
        columns=[
            Column(title=say("Effect")),
            *(Column(title=say(head), kind="figure") for head in ("low case", "high case")),
            Column(title=say("Source")),
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
