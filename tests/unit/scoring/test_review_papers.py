"""Page and paper of a review show the same charts, the whole set, and what came of it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest

from services.scoring.domain.simulation import reviewing
from services.scoring.reviews import charts, paper, pictures, sourcing
from services.scoring.reviews.holding import Observed, held, tables
from services.scoring.reviews.page import LISTED_MOST, Shown, page, subject_of
from services.scoring.reviews.plan_bodies import PlanBody
from services.scoring.reviews.sourcing import Origin
from shared import printing, rulebook
from shared.errors import Say
from shared.texts import LANGUAGES, Language, sayer
from tests import review_plans
from tests.books import a_book

ORIGIN = Origin(
    as_of=date(2026, 6, 30), known_at=datetime(2026, 7, 1, tzinfo=UTC), sha256="a" * 64, left_out=7
)
SEEN = [
    Observed(as_of=date(2026, 8, day), source=f"loans · {day}", figures=figures)
    for day, figures in (
        (3, {"default_rate": "0.9", "total_cost": "0.05"}),
        (1, {"default_rate": "0.05"}),
        (2, {}),
    )
]


@cache
def result(policies: int = 3) -> dict[str, Any]:
    many = [
        {"name": f"p{n}", "changes": [{"annual_rate": {"times": f"{0.4 + n / 60}"}}]}
        for n in range(policies)
    ]
    plan = review_plans.plan(compared_by=["region"], policies=many, caps=[])
    body = PlanBody.model_validate(plan)
    return reviewing.result_of(a_book(60), plan=body.value())


def shown(policies: int = 3, **changes: Any) -> Shown:
    plain = Shown(
        name="Spring", currency="JOD", status="run", result=result(policies), input_hash="ab" * 32
    )
    return replace(plain, **changes)


def drawn(of: Shown, language: Language) -> pictures.Pictures:
    say: Say = sayer("scoring", language=language)
    return pictures.pictures_of(subject_of(of), say=say, rtl=language == "ar")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_has_every_chart_of_the_page(language: Language) -> None:
    of = shown(observed=SEEN)

    sheet = paper.sheet(of, language=language)
    on_paper = [picture for table in sheet.tables for picture in table.pictures]
    on_page = re.findall(
        r'<svg class="chart"[^>]*aria-label="([^"]*)"', page(of, language=language)
    )

    assert [picture.title.replace("'", "&#39;") for picture in on_paper] == [
        title.replace("'", "&#39;") for title in on_page
    ]
    assert len(on_paper) >= 5
    assert printing.printed(sheet).startswith(b"%PDF")
    assert printing.printed(sheet) == printing.printed(sheet)


def test_a_paper_is_drawn_from_the_readers_side() -> None:
    """In Arabic the words of a chart begin where they would end in French."""
    axis = {}
    for language in ("ar", "fr"):
        chart = drawn(shown(), language).side_by_side
        (now,) = [mark for mark in chart.canvas.marks() if mark.style == "now"]
        first = next(mark for mark in chart.canvas.marks() if mark.style == "tick")
        axis[language] = (now.x, first.x, first.side, chart.canvas.width)

    (now_ar, tick_ar, side_ar, wide), (now_fr, tick_fr, side_fr, _) = axis["ar"], axis["fr"]
    assert now_ar + now_fr == wide
    assert tick_ar + tick_fr == wide
    assert (side_ar, side_fr) == ("left", "right")


def test_every_shape_has_an_ink_and_a_chart_without_one_is_refused() -> None:
    chart = drawn(shown(observed=SEEN), "fr").side_by_side
    less = {name: ink for name, ink in charts.INKS.items() if name != "now"}

    with pytest.raises(ValueError, match="no ink for now"):
        printing.Picture.of(chart.canvas, inks=less)


def test_page_and_paper_list_every_policy_that_none_beats() -> None:
    of = shown(policies=40)
    unbeaten = result(40)["pareto"]
    assert len(unbeaten) > LISTED_MOST

    html = page(of, language="en")
    listed = html[html.index("Beaten by none:") : html.index("What today&#39;s terms give up")]
    (table,) = [t for t in paper.sheet(of, language="en").tables if "Beaten" in t.heading]

    for name in unbeaten:
        told = "today&#39;s terms" if name == "today" else name
        assert listed.count(f"<bdi>{told}</bdi>") == 1
    assert listed.count("<details>") == 1
    assert f"{len(unbeaten)} / 41" in listed
    assert f"{len(unbeaten)} / 41" in table.heading
    assert len(table.rows) == len(subject_of(of).front.standings)


def test_a_chart_that_has_no_room_for_all_says_so() -> None:
    many = drawn(shown(policies=40), "en").sure[0]
    few = drawn(shown(), "en").sure[0]

    assert "24 of 41 are drawn" in many.caption
    assert "are drawn" not in few.caption
    assert len([mark for mark in many.canvas.marks() if mark.kind == "dot"]) == 24


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_book_of_loans_says_what_it_leaves_out(language: Language) -> None:
    say = sayer("scoring", language=language)
    for left_out, lines in ((7, 2), (0, 2), (None, 1)):
        notes = sourcing.of_book(replace(ORIGIN, left_out=left_out), say=say)
        assert len(notes) == lines
        assert ("7" in notes[0]) is (left_out == 7)
    told = sourcing.of_book(ORIGIN, say=say)
    assert all(line in page(shown(origin=ORIGIN), language=language) for line in told[1:])
    assert [n for n in paper.sheet(shown(origin=ORIGIN), language=language).notes if n in told] == (
        told
    )
    assert sourcing.of_book(None, say=say) == []


def test_a_law_is_named_in_the_readers_language_as_far_as_it_is_known() -> None:
    title = next(f.source.title for f in rulebook.FACTS if f.topic == "rate_cap")
    known = {"source": title}
    given = {"source": "Law 7", "titles": {"ar": "القانون 7"}}

    assert sourcing.title_of(known, language="en") == title
    assert len({sourcing.title_of(known, language=language) for language in LANGUAGES}) == 3
    assert sourcing.title_of(given, language="ar") == "القانون 7"
    assert sourcing.title_of(given, language="fr") == "Law 7"
    assert sourcing.title_of({"source": "law"}, language="ar") == "law"  # no title, though a word


def test_what_was_seen_is_gathered_day_by_day_for_each_figure() -> None:
    loss, cost = sorted(held(result(), policy="p0", observed=SEEN), key=lambda one: -len(one.seen))

    assert (loss.name, cost.name) == ("default_rate", "total_cost")
    assert [one.as_of.day for one in loss.seen] == [1, 3]
    assert loss.seen[1].is_outside
    assert cost.on(date(2026, 8, 1)) is None
    assert cost.on(date(2026, 8, 3)) is not None
    assert held(result(), policy="p0", observed=[]) == []
    assert [len(part) for part in tables([loss] * 9)] == [4, 4, 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_month_without_a_new_loan_is_said_and_not_drawn(language: Language) -> None:
    say = sayer("scoring", language=language)
    nothing = say("no loan was signed since the decision")
    of = shown(observed=SEEN)

    assert page(of, language=language).count(nothing) == 1
    notes = [table.note for table in paper.sheet(of, language=language).tables]
    assert len([note for note in notes if nothing in note and "2026-08-02" in note]) == 1
    assert len(drawn(of, language).seen) == 1  # a single day is no course
