"""`rafid impact` reads columns, prints an effect with its bounds, and refuses by name."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.commands import app
from services.scoring.domain.impact import NoComparison
from services.scoring.domain.training.columns import ColumnAbsent

PROFITS = (3, 5, 4, 6, 4, 2, 1, 3, 2, 2, 4, 0)


def run(folder: Path, *more: str, offered: int = 6) -> Result:
    rows = [f"{area},{int(area < offered)},{profit}" for area, profit in enumerate(PROFITS)]
    file = folder / "households.csv"
    file.write_text("\n".join(["place,offered,profit", *rows, "12,0,"]), encoding="utf-8")
    columns = ("--outcome", "profit", "--treated", "offered", "--area", "place")
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["impact", str(file), *columns, *more])


def test_an_effect_is_printed_and_written(tmp_path: Path) -> None:
    ended = run(tmp_path, "--out", str(tmp_path / "impact.json"))

    assert ended.exit_code == 0, ended.output
    assert "2.0000" in ended.output
    written = json.loads((tmp_path / "impact.json").read_text(encoding="utf-8"))
    assert written["profit"]["error"] == "0.816497"
    assert (written["profit"]["low"], written["profit"]["high"]) == ("0.202903", "3.797097")
    assert written["profit"]["rows"] == 12


@pytest.mark.parametrize(
    ("more", "offered", "refused"),
    [((), 0, NoComparison), (("--equal", "literate"), 6, ColumnAbsent)],
)
def test_what_cannot_be_estimated_is_named(
    tmp_path: Path, more: tuple[str, ...], offered: int, refused: type[Exception]
) -> None:
    assert isinstance(run(tmp_path, *more, offered=offered).exception, refused)
