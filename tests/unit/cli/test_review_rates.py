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
from shared.texts import catalogue
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
