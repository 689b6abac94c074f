"""The audits of fairness agree with fairlearn's figures, group by group."""

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_ratio,
    equal_opportunity_difference,
    selection_rate,
)
from sklearn.metrics import roc_auc_score

from services.scoring.domain import equity
from services.scoring.domain.equity import Case
from services.scoring.domain.training import columns, fairness, fitting
from services.scoring.domain.training.fairness import Audit
from services.scoring.domain.training.spec import spec_of
from tests import trainings

FLOOR = 0.0


def agree(audit: Audit, *, groups: object, score: object, bad: object, floor: float) -> None:
    """Hold every figure of an audit against fairlearn's; approved are scores from the floor on."""
    good, approved = ~np.asarray(bad), np.asarray(score) >= floor
    by = {"sensitive_features": groups}
    ratio = demographic_parity_ratio(good, approved, **by)
    gap = equal_opportunity_difference(good, approved, **by)
    rates = MetricFrame(metrics=selection_rate, y_true=good, y_pred=approved, **by).by_group
    areas = MetricFrame(metrics=roc_auc_score, y_true=good, y_pred=score, **by).by_group

    assert audit.approval_ratio == pytest.approx(ratio, abs=1e-12)
    assert audit.opportunity_gap == pytest.approx(gap, abs=1e-12)
    assert {g.name: g.approval_rate for g in audit.groups} == pytest.approx(dict(rates))
    assert {g.name: g.auc for g in audit.groups} == pytest.approx(dict(areas))
    assert 0 < gap < 1 and 0 < ratio < 1  # noqa: PT018 - one sentence: something is compared


@pytest.mark.parametrize("seed", range(4))
def test_made_up_groups_are_judged_as_fairlearn_judges_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = random.choice(["f", "m", "rural"], 2400, p=[0.5, 0.3, 0.2])
    score = random.normal(size=2400) + (groups == "m") * 0.3
    bad = random.uniform(size=2400) < 1 / (1 + np.exp(score + 1))
    pd = 1 / (1 + np.exp(score + 1))
    audit = fairness.audit("group", groups=groups, score=score, pd=pd, bad=bad, floor=FLOOR)

    agree(audit, groups=groups, score=score, bad=bad, floor=FLOOR)


@pytest.mark.parametrize("seed", range(4))
def test_decisions_are_judged_as_fairlearn_judges_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = random.choice(["f", "m"], 900)
    approved = random.uniform(size=900) < np.where(groups == "f", 0.5, 0.75)
    favoured = random.uniform(size=900) < 0.6
    bad = random.uniform(size=900) < 0.2
    cases = [
        Case(group=g, month="2026-03", is_approved=bool(a), is_favoured=bool(f), is_bad=bool(b))
        for g, a, f, b in zip(groups, approved, favoured, bad, strict=True)
    ]
    found = equity.audit("sex", cases=cases)

    ratio = demographic_parity_ratio(~bad, approved, sensitive_features=groups)
    gap = equal_opportunity_difference(~bad, favoured, sensitive_features=groups)
    assert found.ratio == pytest.approx(ratio, abs=1e-12)
    assert found.opportunity_gap == pytest.approx(gap, abs=1e-12)
    assert ("approval_ratio" in found.flags) == (ratio < 0.8)


@pytest.mark.skipif(not trainings.UCI.exists(), reason="no data beside the project")
@pytest.mark.parametrize(("trait", "cuts"), [("SEX", ()), ("AGE", (30.0,))])
def test_a_card_of_public_loans_is_judged_as_fairlearn_judges_it(
    trait: str, cuts: tuple[float, ...]
) -> None:
    """Taiwan cards, 70 of 100 approved: by sex, and by age under thirty."""
    texts = trainings.columns_of(trainings.UCI)
    spec = spec_of(trainings.spec_document(trainings.UCI_COLUMNS, target="default_next_month"))
    read, bad = columns.asked_of(texts, spec=spec), columns.bad_of(texts, spec=spec)
    fitted = fitting.fit(read, bad=bad, questions=spec.questions, method=spec.method)
    score = -fitted.log_odds(read)
    pd = 1 / (1 + np.exp(score))
    floor = float(np.quantile(score, 0.3))
    values = np.array([float(text) for text in texts[trait]])
    groups = fairness.groups_of(values if cuts else np.array(texts[trait]), cuts=cuts)
    audit = fairness.audit(trait, groups=groups, score=score, pd=pd, bad=bad, floor=floor)

    agree(audit, groups=groups, score=score, bad=bad, floor=floor)
    assert audit.approval_ratio is not None
    assert audit.approval_ratio > 0.9
