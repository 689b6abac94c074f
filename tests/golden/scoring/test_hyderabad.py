"""The estimator gives the effects that a trial of microcredit in Hyderabad published.

Banerjee, Duflo, Glennerster & Kinnan (2015), AEJ: Applied 7(1), 22-53: 104 areas of Hyderabad, of
which half were offered loans by Spandana in 2006; the households' data of the first end line, AEA
data archive 2013-0533 (CC BY 4.0). Weighted least squares on the offer and six figures of each
area before it, errors by area. The paper's tables show 0.127 (0.020), 0.084 (0.027), 598 (384),
391 (213) and 354 (314); the figures beside are statsmodels' of the same file, to their digits.
"""

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from services.cli import impact
from services.cli.commands import app

FOLDER = Path(__file__).parents[4] / "shared/datasets/hyderabad_microcredit_rct"
FILE = FOLDER / "endlines.csv"
BEFORE = (
    "area_pop_base",
    "area_debt_total_base",
    "area_business_total_base",
    "area_exp_pc_mean_base",
    "area_literate_head_base",
    "area_literate_base",
)
# outcome, effect, error, mean of the areas that were not offered loans
PUBLISHED = [
    ("spandana_1", "0.1274", "0.0197", "0.048"),
    ("anymfi_1", "0.0835", "0.0270", "0.181"),
    ("bizassets_1", "597.7", "383.5", "2498"),
    ("bizinvestment_1", "390.9", "212.8", "280"),
    ("bizprofit_1", "354.6", "313.4", "744"),
]


def digits(value: str, shown: str) -> str:
    return f"{float(value):.{len(shown.partition('.')[2])}f}"


@pytest.mark.skipif(not FILE.exists(), reason="no data beside the project")
def test_the_published_effects_come_out_to_their_digits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A console keeps the width that it found when its module was first brought in.
    monkeypatch.setattr(impact, "console", Console(width=300))
    out = tmp_path / "impact.json"
    given = ["--treated", "treatment", "--area", "areaid", "--weight", "w1", "--only", "sample1"]
    outcomes = [part for row in PUBLISHED for part in ("--outcome", row[0])]
    held = [part for name in BEFORE for part in ("--equal", name)]
    ended = CliRunner().invoke(
        app, ["impact", str(FILE), *given, *outcomes, *held, "--out", str(out)]
    )

    assert ended.exit_code == 0, ended.output
    found = json.loads(out.read_text(encoding="utf-8"))
    for name, value, error, control in PUBLISHED:
        assert digits(found[name]["value"], value) == value
        assert digits(found[name]["error"], error) == error
        assert digits(found[name]["control_mean"], control) == control
        assert found[name]["areas"] == 104
    assert found["bizprofit_1"]["rows"] == 6239
    assert "may be chance" in ended.output, "profit of businesses is not told from chance"
