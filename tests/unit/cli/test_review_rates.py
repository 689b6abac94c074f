"""`rafid review-rates` reads a book and a plan, writes page and paper, and refuses by name."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.cli.commands import app
from services.cli.reviewing import SpecificationFaulty
from services.cli.training import SpecificationUnreadable
from services.scoring.domain.simulation.reviewing import ChangeNamesNobody
from shared import rulebook, texts
from shared.texts import LANGUAGES, catalogue
from tests import review_plans

TEMPLATE = Path(__file__).parents[3] / "services/scoring/reviews/templates/review.html"
MEMBERS = ("principal", "annual_rate", "term", "grace", "fee_share", "pd", "income", "debts")


def spec(**changes: object) -> dict[str, Any]:
    named = {"columns": {name: name for name in MEMBERS}}
    segments = {"segments": {"product": "product", "region": "region", "sex": "sex"}}
    return review_plans.plan() | named | segments | changes


def run(
    folder: Path, *more: str, document: dict[str, Any] | None = None, **cells: list[Any]
) -> Result:
    columns = review_plans.columns(40)
    texts = {name: columns[name] for name in MEMBERS} | columns["segments"] | cells
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(texts)
    writer.writerows(zip(*texts.values(), strict=True))
    (folder / "book.csv").write_text(text.getvalue(), encoding="utf-8")
    (folder / "spec.json").write_text(json.dumps(document or spec()), encoding="utf-8")
    named = ["--spec", str(folder / "spec.json"), "--out", str(folder / "out")]
    arguments = ["review-rates", str(folder / "book.csv"), *named, *more]
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)


def test_a_review_a_page_and_a_paper_are_written(tmp_path: Path) -> None:
    ended = run(tmp_path, document=spec(searches=[review_plans.search(above_cap_most=None)]))

    assert ended.exit_code == 0, ended.output
    found = json.loads((tmp_path / "out/review.json").read_text(encoding="utf-8"))
    names = [item["name"] for item in found["policies"]]
    assert names == ["today", "half", "long", "one rate", "cheapest"]
    assert len(found["input_hash"]) == 64
    assert (tmp_path / "out/review.pdf").read_bytes().startswith(b"%PDF")
    assert "BROKEN" in ended.output


def test_the_same_input_gives_the_same_files(tmp_path: Path) -> None:
    both = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        assert run(tmp_path / name).exit_code == 0
        out = tmp_path / name / "out"
        both.append([(out / f"review.{form}").read_bytes() for form in ("json", "html", "pdf")])

    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("language", "word"),
    [("ar", "شروط اليوم"), ("fr", "conditions actuelles"), ("en", "today&#39;s terms")],
)
def test_the_page_speaks_the_readers_language(tmp_path: Path, language: str, word: str) -> None:
    ended = run(tmp_path, "--language", language)

    assert ended.exit_code == 0, ended.output
    page = (tmp_path / "out/review.html").read_text(encoding="utf-8")
    assert word in page
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in page
    assert page.count("<svg") >= 5
    assert "<script" not in page


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_word_of_the_page_is_told(language: str) -> None:
    said = re.findall(r'say\("([^"]+)"\)', TEMPLATE.read_text(encoding="utf-8"))

    known = {**catalogue("shared", language=language), **catalogue("scoring", language=language)}
    assert len(said) > 50
    assert [text for text in said if text not in known] == []


def test_names_of_a_file_are_no_markup(tmp_path: Path) -> None:
    regions = ["<b>x" if i % 2 else "</svg>y" for i in range(40)]
    ended = run(tmp_path, document=spec(name="<i>z", caps=[]), region=regions)

    assert ended.exit_code == 0, ended.output
    page = (tmp_path / "out/review.html").read_text(encoding="utf-8")
    for markup in ("<b>x", "</svg>y", "<i>z"):
        assert markup not in page
    assert page.count("</svg>") == page.count("<svg")


def test_grades_and_rates_in_percent_are_read(tmp_path: Path) -> None:
    columns = {name: name for name in MEMBERS if name != "pd"} | {"grade": "sex"}
    document = spec(
        columns=columns, pd_by_grade={"women": "0.02", "men": "0.04"}, rates_in_percent=True
    )
    ended = run(tmp_path, document=document, annual_rate=["12"] * 40, fee_share=["1"] * 40)

    assert ended.exit_code == 0, ended.output
    found = json.loads((tmp_path / "out/review.json").read_text(encoding="utf-8"))
    today = found["policies"][0]
    assert today["segments"]["sex"]["women"]["default_rate"] == pytest.approx(0.02)
    assert today["cases"]["central"]["portfolio_yield"] == pytest.approx(0.139, abs=0.02)


@pytest.mark.parametrize(
    ("document", "cells", "member", "value"),
    [
        ({"costs": {}}, {}, "member", "costs.cost_of_funds"),
        ({"currency": "dinar"}, {}, "member", "currency"),
        ({"surprise": 1}, {}, "member", "surprise"),
        ({}, {"principal": [1] * 39 + [0]}, "row", 40),
        ({"segments": {"product": "nowhere"}}, {}, "column", "nowhere"),
        ({"compared_by": ["planet"]}, {}, "where", "planet"),
    ],
)
def test_what_cannot_be_reviewed_leaves_nothing_behind(
    tmp_path: Path, document: dict[str, Any], cells: dict[str, Any], member: str, value: object
) -> None:
    ended = run(tmp_path, document=spec(**document), **cells)

    assert ended.exit_code != 0
    assert getattr(ended.exception, member, None) == value
    assert not (tmp_path / "out").exists()


RULE = {"name": "x", "changes": [{"term": {"low": "9", "high": "3"}}]}
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "missing": ({"costs": {}}, "costs.cost_of_funds", "This member is required."),
    "unknown": ({"surprise": 1}, "surprise", "This member is not known here."),
    "bounds": ({"policies": [RULE]}, "policies.0.changes.0.term", "low is not below high."),
    "empty": (
        {"policies": [{"name": "x", "changes": [{}]}]},
        "policies.0.changes.0",
        "A change has at least one rule.",
    ),
    "most": ({"searches": [review_plans.search(rate_high="21")]}, "searches.0.rate_high", "20"),
    "crossed": (
        {"searches": [review_plans.search(rate_low="2")]},
        "searches.0",
        "rate_low is not below rate_high.",
    ),
    "one of": (
        {"caps": [{"basis": "x", "cap": "1", "source": "s"}]},
        "caps.0.basis",
        "This must be one of 'effective' or 'nominal'.",
    ),
    "currency": ({"currency": "XQX"}, ".", "XQX"),
    "needed": ({"segments": {}}, "segments", "It is needed to read a file."),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_a_specification_are_told_in_the_readers_language(
    tmp_path: Path, name: str
) -> None:
    document, member, english = FAULTS[name]
    ended = run(tmp_path, document=spec(**document))

    assert isinstance(ended.exception, SpecificationFaulty), ended.output
    told = {language: texts.render(ended.exception, language=language)[1] for language in LANGUAGES}
    assert ended.exception.member == member
    assert english in told["en"]
    for language in ("ar", "fr"):
        assert "is not below" not in told[language]
        assert "This m" not in told[language]
        assert member in told[language]
    assert len(set(told.values())) == 3
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "english"),
    [
        (b'{"a": 1,', "it breaks off at line 1, column 9."),
        (b"\xff\xfe{}", "it is not written in UTF-8."),
    ],
)
def test_a_specification_that_is_no_json_is_told_where(
    tmp_path: Path, content: bytes, english: str
) -> None:
    (tmp_path / "spec.json").write_bytes(content)
    (tmp_path / "book.csv").write_text("a\n1\n", encoding="utf-8")
    arguments = ["review-rates", str(tmp_path / "book.csv"), "--spec", str(tmp_path / "spec.json")]

    ended = CliRunner().invoke(app, arguments)

    assert isinstance(ended.exception, SpecificationUnreadable)
    told = [texts.render(ended.exception, language=language)[1] for language in LANGUAGES]
    assert english in told[2]
    assert len(set(told)) == 3


def test_a_ceiling_for_a_label_that_nobody_has_is_refused_and_not_kept_by_nobody(
    tmp_path: Path,
) -> None:
    cap = {"where": {"region": "norht"}, "basis": "nominal", "cap": "0.18", "source": "Law 7"}

    ended = run(tmp_path, document=spec(caps=[cap]))

    assert isinstance(ended.exception, ChangeNamesNobody)
    assert (ended.exception.subject, ended.exception.where) == ("Law 7", "region = norht")


def test_a_law_is_named_as_the_plan_and_the_rulebook_know_it(tmp_path: Path) -> None:
    known = next(fact.source.title for fact in rulebook.FACTS if fact.topic == "rate_cap")
    caps = [
        {"where": {}, "basis": "nominal", "cap": "0.18", "source": "Law 7",
         "titles": {"ar": "القانون 7"}},
        {"where": {}, "basis": "effective", "cap": "0.18", "source": known},
    ]  # fmt: skip
    pages = {}
    for language in ("ar", "en"):
        ended = run(tmp_path, "--language", language, document=spec(caps=caps))
        assert ended.exit_code == 0, ended.output
        pages[language] = (tmp_path / "out/review.html").read_text(encoding="utf-8")

    assert "القانون 7" in pages["ar"]
    assert "Law 7" in pages["en"]
    assert known not in pages["ar"]
    assert texts.translate(known, language="ar", service="loans") in pages["ar"]
