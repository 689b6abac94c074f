"""Weights of evidence and information values of our bins agree with optbinning's.

optbinning is not part of the tests' environment: what it found stands in `bin_figures`, and
`make crosscheck` finds it again.
"""

from typing import Any

import numpy as np
import pytest

from services.scoring.domain.scorecard import Direction
from services.scoring.domain.training import bins, columns
from services.scoring.domain.training.bins import Binning, Flags, Numbers, Rules
from services.scoring.domain.training.spec import spec_of
from tests import trainings
from tests.oracles import bin_figures
from tests.oracles.bin_figures import GERMAN, Figures

NAMES = sorted(GERMAN)
LEAST = 0.85  # of what the best bins tell, ours tell at least


@pytest.fixture(scope="module")
def german() -> tuple[dict[str, Any], Flags]:
    if not trainings.GERMAN.exists():
        pytest.skip("no data beside the project")
    texts = trainings.columns_of(trainings.GERMAN)
    spec = spec_of(trainings.spec_document(trainings.GERMAN_COLUMNS, target="default"))
    return columns.asked_of(texts, spec=spec), columns.bad_of(texts, spec=spec)


def ours(values: Numbers, bad: Flags, kept: Figures) -> Binning:
    way = Direction(kept.direction)
    return bins.bin_numbers("it", values, bad=bad, direction=way, rules=Rules())


def plain(values: Numbers, bad: Flags, kept: Figures, patch: pytest.MonkeyPatch) -> Binning:
    """Our bins as optbinning weighs them: it adds nothing to empty bins."""
    patch.setattr(bins, "SMOOTHING", 0.0)
    return ours(values, bad, kept)


@pytest.mark.parametrize("name", NAMES)
def test_our_bins_weigh_what_optbinning_says(
    name: str, german: tuple[dict[str, Any], Flags], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, bad = german
    kept = GERMAN[name]
    found = plain(read[name], bad, kept, monkeypatch)

    assert list(found.woe) == pytest.approx(kept.woe, abs=1e-6)
    assert found.information_value == pytest.approx(kept.of_ours, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_our_bins_tell_nearly_all_that_the_best_bins_tell(
    name: str, german: tuple[dict[str, Any], Flags]
) -> None:
    read, bad = german
    kept = GERMAN[name]

    assert ours(read[name], bad, kept).information_value >= LEAST * kept.best


@pytest.mark.filterwarnings("ignore")  # what it is warned of is not ours
@pytest.mark.parametrize("name", NAMES)
def test_optbinning_finds_again_what_is_kept(
    name: str, german: tuple[dict[str, Any], Flags], monkeypatch: pytest.MonkeyPatch
) -> None:
    optbinning = pytest.importorskip("optbinning", reason="run by `make crosscheck`")
    read, bad = german
    kept, values = GERMAN[name], read[name]
    found = plain(values, bad, kept, monkeypatch)
    best, of_ours = (
        table_of(optbinning, values, bad, kept.direction, splits)
        for splits in (None, list(found.cuts))
    )

    assert optbinning.__version__ == bin_figures.VERSION
    assert best.iv == pytest.approx(kept.best, abs=1e-6)
    assert of_ours.iv == pytest.approx(kept.of_ours, abs=1e-6)
    weights = of_ours.build(add_totals=False)["WoE"].to_numpy()[: len(found.bins)]
    assert list(np.asarray(weights, dtype=float)) == pytest.approx(kept.woe, abs=1e-6)


def table_of(
    optbinning: Any, values: Numbers, bad: Flags, direction: str, splits: list[float] | None
) -> Any:
    """Bin by optbinning: by itself, or at splits that are given to it."""
    trend = "descending" if direction == Direction.UP else "ascending"
    asked: dict[str, Any] = {"dtype": "numerical", "solver": "cp", "monotonic_trend": trend}
    asked |= {"max_n_bins": 6, "min_bin_size": 0.05}
    if splits is not None:
        asked |= {"user_splits": splits, "user_splits_fixed": [True] * len(splits)}
    fitted = optbinning.OptimalBinning(**asked).fit(values, bad.astype(int))
    assert fitted.status == "OPTIMAL"
    table = fitted.binning_table
    table.build()
    return table
