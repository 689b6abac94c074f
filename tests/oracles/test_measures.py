"""Measures of a score and the ridge regression agree with scikit-learn's."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

from services.scoring.domain.training import columns, fitting, logistic, measures
from services.scoring.domain.training.spec import spec_of
from tests import trainings

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def scored(seed: int, rows: int = 1500) -> tuple[Numbers, Flags, Numbers]:
    """Scores with many ties, how the loans ended, and a stated chance of each ending badly."""
    random = np.random.default_rng(seed)
    score = random.integers(400, 480, rows).astype(float)
    pd = 1 / (1 + np.exp((score - 430) / 15))
    bad = random.uniform(size=rows) < pd
    return score, bad, pd


@pytest.mark.parametrize("seed", range(5))
def test_a_score_ranks_as_scikit_learn_says(seed: int) -> None:
    score, bad, pd = scored(seed)
    false_alarm, caught, _ = roc_curve(bad, -score, drop_intermediate=False)

    assert measures.auc(score, bad=bad) == pytest.approx(roc_auc_score(bad, -score), abs=1e-12)
    assert measures.ks(score, bad=bad) == pytest.approx((caught - false_alarm).max(), abs=1e-12)
    assert measures.brier(pd, bad=bad) == pytest.approx(brier_score_loss(bad, pd), abs=1e-12)


def test_calibration_is_the_gap_of_scikit_learns_curve() -> None:
    """Without ties and in parts of one size both cut the loans at the same places."""
    random = np.random.default_rng(3)
    pd = random.uniform(0.01, 0.6, 2000)
    bad = random.uniform(size=2000) < pd**1.3
    observed, stated = calibration_curve(bad, pd, n_bins=10, strategy="quantile")

    gap = float(np.abs(observed - stated).mean())
    assert measures.calibration_error(pd, bad=bad) == pytest.approx(gap, abs=1e-12)
    assert gap > 0.01


@pytest.mark.parametrize("ridge", [0.01, 1.0, 50.0])
def test_the_ridge_regression_has_scikit_learns_slopes(ridge: float) -> None:
    random = np.random.default_rng(8)
    design = random.normal(size=(800, 5)) * [1, 0.3, 2, 1, 1]
    odds = 0.8 * design[:, 0] - 0.5 * design[:, 2] - 1
    bad = random.uniform(size=800) < 1 / (1 + np.exp(-odds))
    theirs = LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-10, max_iter=200)
    theirs.fit(design, bad)
    intercept, slopes = logistic.fit(design, bad=bad, ridge=ridge)

    assert intercept == pytest.approx(theirs.intercept_[0], abs=1e-6)
    assert slopes == pytest.approx(theirs.coef_[0], abs=1e-6)
    chance = 1 / (1 + np.exp(-(intercept + design @ slopes)))
    loss = log_loss(bad, chance)
    assert loss == pytest.approx(log_loss(bad, theirs.predict_proba(design)[:, 1]), abs=1e-9)


@pytest.mark.skipif(not trainings.GERMAN.exists(), reason="no data beside the project")
def test_a_card_of_public_loans_weighs_its_bins_as_scikit_learn_does() -> None:
    """German credit: the same weights of evidence under the same ridge, slope by slope."""
    texts = trainings.columns_of(trainings.GERMAN)
    spec = spec_of(trainings.spec_document(trainings.GERMAN_COLUMNS, target="default"))
    read, bad = columns.asked_of(texts, spec=spec), columns.bad_of(texts, spec=spec)
    fitted = fitting.fit(read, bad=bad, questions=spec.questions, method=spec.method)
    design = np.column_stack([item.weights(read[item.id]) for item in fitted.binnings])
    theirs = LogisticRegression(
        C=1 / spec.method.ridge, solver="newton-cholesky", tol=1e-10, max_iter=200
    ).fit(design, bad)

    assert list(fitted.slopes) == pytest.approx(list(theirs.coef_[0]), abs=1e-6)
    odds = fitted.log_odds(read)
    assert measures.auc(-odds, bad=bad) == pytest.approx(roc_auc_score(bad, odds), abs=1e-12)
