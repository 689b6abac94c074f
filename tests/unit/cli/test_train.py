"""`rafid train` reads a file, writes a card with its proof, and refuses by name."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.commands import app
from services.scoring.domain import card_form
from tests import trainings
from tests.trainings import MADE_UP_COLUMNS, Json

AUDIT = [{"name": "sex", "column": "sex"}]


def run(folder: Path, texts: dict[str, list[str]], document: Json, *more: str) -> Result:
    file, spec = folder / "loans.csv", folder / "spec.json"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(texts)
    writer.writerows(zip(*texts.values(), strict=True))
    file.write_text(text.getvalue(), encoding="utf-8")
    spec.write_text(json.dumps(document), encoding="utf-8")
    arguments = ["train", str(file), "--spec", str(spec), "--out", str(folder / "out"), *more]
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)


def spec(**changes: object) -> Json:
    return trainings.spec_document(MADE_UP_COLUMNS, target="default") | changes


def test_a_card_its_proof_and_a_report_are_written(tmp_path: Path) -> None:
    ended = run(tmp_path, trainings.made_up(), spec(audit=AUDIT), "--repeats", "1")

    assert ended.exit_code == 0, ended.output
    document = json.loads((tmp_path / "out/card.json").read_text(encoding="utf-8"))
    proof = json.loads((tmp_path / "out/validation.json").read_text(encoding="utf-8"))
    assert card_form.scorecard_of(document).card_id == "learned"
    assert document["training"]["rows"] == proof["rows"] == 600
    assert len(document["training"]["file"]) == 64
    assert f"{proof['held_out']['auc_mean']:.4f}" in ended.output


@pytest.mark.parametrize(("language", "word"), [("ar", "الإنصاف"), ("fr", "Équité")])
def test_the_report_speaks_the_readers_language(tmp_path: Path, language: str, word: str) -> None:
    options = ("--repeats", "1", "--folds", "2", "--language", language)
    ended = run(tmp_path, trainings.made_up(300), spec(audit=AUDIT), *options)

    assert ended.exit_code == 0, ended.output
    report = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert word in report
    assert "<svg" in report
    assert "<script" not in report


def test_words_of_a_file_are_no_markup_in_the_report(tmp_path: Path) -> None:
    texts = trainings.made_up(300)
    texts["place"] = ["<b>a" if value == "a" else value for value in texts["place"]]

    run(tmp_path, texts, spec(), "--repeats", "1", "--folds", "2")

    report = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "<b>a" not in report
    assert "&lt;b&gt;a" in report


def test_another_column_may_be_the_target(tmp_path: Path) -> None:
    texts = trainings.made_up(300)
    texts["late"] = ["yes" if value == "1" else "no" for value in texts.pop("default")]

    ended = run(tmp_path, texts, spec(), "--target", "late=yes", "--repeats", "1", "--folds", "2")

    assert ended.exit_code == 0, ended.output


@pytest.mark.parametrize(
    ("change", "document"),
    [
        ({"default": ["0"] * 300}, {}),
        ({"income": ["much"] * 300}, {}),
        ({"place": [""] * 300}, {}),
        ({}, {"target": {"column": "nowhere", "bad": "1"}}),
        ({}, {"characteristics": [trainings.asked("income", "up", known_at="closing")]}),
    ],
)
def test_a_file_that_teaches_nothing_leaves_nothing_behind(
    tmp_path: Path, change: Json, document: Json
) -> None:
    ended = run(tmp_path, trainings.made_up(300) | change, spec(**document))

    assert ended.exit_code != 0
    assert not (tmp_path / "out").exists()


def test_an_uneven_row_is_named_by_its_line(tmp_path: Path) -> None:
    run(tmp_path, trainings.made_up(20), spec())
    file = tmp_path / "loans.csv"
    file.write_text(file.read_text(encoding="utf-8") + "1,2\n", encoding="utf-8")

    ended = CliRunner().invoke(app, ["train", str(file), "--spec", str(tmp_path / "spec.json")])

    assert ended.exit_code != 0
    assert getattr(ended.exception, "line", None) == 22
