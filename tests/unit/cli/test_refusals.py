"""A command refuses in one sentence, in the language that was asked for."""

import json
import re
import sys
from pathlib import Path
from typing import Final

import pytest

from services import cli
from services.cli import training
from services.cli.training import FileUnreadable, HeadTwice
from tests import trainings
from tests.trainings import DOWN, MADE_UP_COLUMNS, UP


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        (["train", "--language", "fr"], {"LANG": "ar_JO.UTF-8"}, "fr"),
        (["train", "--language=ar"], {}, "ar"),
        (["verify"], {"LANG": "ar_JO.UTF-8"}, "ar"),
        (["verify"], {"LANG": "ar", "LC_ALL": "fr_MA"}, "fr"),
        (["verify"], {"LANG": "C.UTF-8"}, "en"),
        (["verify", "--language"], {}, "en"),
        (["verify"], {}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_that_of_the_terminal(
    arguments: list[str], environment: dict[str, str], language: str
) -> None:
    assert cli.spoken(arguments, environment) == language


def test_a_refusal_is_told_in_arabic(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["rafid", "train", __file__, "--spec", __file__])
    monkeypatch.setenv("LC_ALL", "ar_JO.UTF-8")

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 1
    assert "JSON" in (told := capsys.readouterr().err)
    assert "لا يمكن" in told


TEACHES: Final = {
    "one class": ({"default": ["0"] * 200}, {}, "200"),
    "all missing": ({"income": [""] * 200}, {}, "income"),
    "column absent": ({}, {"elsewhere": UP}, "elsewhere"),
    "end not known": ({"default": ["0", "1", ""] + ["0"] * 197}, {}, "default"),
}


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
@pytest.mark.parametrize("case", [*TEACHES, "leak"])
def test_a_file_that_teaches_nothing_true_is_named_and_nothing_is_written(
    case: str,
    language: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = refused(case, language, tmp_path, monkeypatch, capsys)

    assert not (tmp_path / "out").exists()
    assert re.search("[\u0600-\u06ff]{3}", told) if language == "ar" else told.isprintable()
    assert TEACHES[case][2] in told if case in TEACHES else "after" in told


def refused(
    case: str,
    language: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    changed, asked, _ = TEACHES.get(case, ({}, {}, ""))
    texts = trainings.made_up(200) | changed
    document = trainings.spec_document({**MADE_UP_COLUMNS, **asked}, target="default")
    if case == "leak":
        texts["after"] = texts["default"]
        document["characteristics"].append(trainings.asked("after", DOWN, review=None))
    rows = [",".join(texts), *(",".join(row) for row in zip(*texts.values(), strict=True))]
    (folder / "loans.csv").write_text("\n".join(rows), encoding="utf-8")
    (folder / "spec.json").write_text(json.dumps(document), encoding="utf-8")
    command = ["train", "loans.csv", "--spec", "spec.json", "--out", "out", "--language", language]
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["rafid", *command])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    return capsys.readouterr().err.strip()


def test_a_file_in_another_alphabet_is_named() -> None:
    with pytest.raises(FileUnreadable):
        training.read_columns("قرض,نهاية\n".encode("cp1256"))


def test_a_cell_without_end_is_named() -> None:
    with pytest.raises(FileUnreadable):
        training.read_columns(b'loan,end\n"' + b"x" * 200_000)


def test_a_column_that_stands_twice_is_not_chosen_by_chance() -> None:
    with pytest.raises(HeadTwice) as refused:
        training.read_columns(b"income,end,income\n1,0,2\n")

    assert refused.value.column == "income"


def test_a_line_end_within_quotes_is_part_of_its_cell() -> None:
    assert training.read_columns(b'note,end\r\n"a\nb\xe2\x80\xa8c",1\r\n') == {
        "note": ["a\nb\u2028c"],
        "end": ["1"],
    }
