"""`rafid train-warning` reads loan-months, writes a card with its proof, and refuses by name."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from services.cli.commands import app
from services.scoring.domain import card_form
from services.scoring.domain.warning import opinions
from tests import trainings
from tests.trainings import DOWN, Json

HEAD = ("loan_id", "month", "days_late", "broken_promises", "fell", "days_to_fall")


def panel(loans: int = 300) -> list[tuple[str, ...]]:
    """Six months of each loan; a fall is likelier with days late and broken promises."""
    random = np.random.default_rng(5)
    rows: list[tuple[str, ...]] = []
    for loan in range(loans):
        for month in range(1, 7):
            late, broken = int(random.poisson(4)), int(random.poisson(0.6))
            fell = random.uniform() < 1 / (1 + np.exp(3.5 - 0.2 * late - broken))
            row = (f"L{loan}", f"2025-{month:02}", str(late), str(broken), str(int(fell)))
            rows.append((*row, "50" if fell else ""))
    return rows


def spec(**changes: object) -> Json:
    names = ("days_late", "broken_promises")
    items = [trainings.asked(name, DOWN, source="loan", known_at="assessment") for name in names]
    return trainings.spec_document({}, target="fell") | {"characteristics": items} | changes


def run(folder: Path, rows: list[tuple[str, ...]], *more: str, document: Json) -> Result:
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *rows])
    (folder / "panel.csv").write_text(text.getvalue(), encoding="utf-8")
    (folder / "spec.json").write_text(json.dumps(document), encoding="utf-8")
    paths = [str(folder / "panel.csv"), "--spec", str(folder / "spec.json")]
    given = [*paths, "--out", str(folder / "out"), "--test-from", "2025-05", *more]
    return CliRunner(env={"COLUMNS": "300"}).invoke(app, ["train-warning", *given])


def test_a_card_and_its_proof_are_written(tmp_path: Path) -> None:
    ended = run(tmp_path, panel(), "--lead", "days_to_fall", document=spec())

    assert ended.exit_code == 0, ended.output
    document = json.loads((tmp_path / "out/card.json").read_text(encoding="utf-8"))
    proof = json.loads((tmp_path / "out/validation.json").read_text(encoding="utf-8"))
    opinions.check_card(card_form.scorecard_of(document))
    assert document["training"]["rows"] == 1800
    assert proof["held_out"]["rows"] == 600
    assert proof["held_out"]["auc"] > 0.6
    assert proof["held_out"]["at_capacity"]["alerts"] == 60
    assert proof["held_out"]["at_capacity"]["lead_days"] == 50
    assert f"{proof['held_out']['auc']:.4f}" in ended.output


def test_the_same_panel_gives_the_same_card(tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        assert run(tmp_path, panel(), document=spec()).exit_code == 0
        texts.append((tmp_path / "out/card.json").read_text(encoding="utf-8"))

    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("row", "more", "words"),
    [
        (("L1", "2025-03", "1", "0", "0", ""), (), "stands twice"),
        (("L999", "2025-04", "1", "0", "0", ""), ("--until", "2025-06-30"), "is not known by"),
        (("L999", "then", "1", "0", "0", ""), (), "not a month"),
        (("L999", "2025-04", "late", "0", "0", ""), (), "is not a number"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_nothing_written(
    tmp_path: Path, row: tuple[str, ...], more: tuple[str, ...], words: str
) -> None:
    ended = run(tmp_path, [*panel(60), row], *more, document=spec())

    assert ended.exit_code != 0
    assert words in f"{ended.output} {ended.exception}"
    assert not (tmp_path / "out").exists()


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    ended = run(tmp_path, panel(60), "--loan", "contract", document=spec())

    assert ended.exit_code != 0
    assert "contract" in f"{ended.output} {ended.exception}"
