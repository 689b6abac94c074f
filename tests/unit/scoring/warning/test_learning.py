"""A card learned from loan-months finds the hazard that made them, on loans it has not seen."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.scoring.domain.scorecard import Direction
from services.scoring.domain.training import fitting, measures
from services.scoring.domain.training.fitting import Method, Question
from services.scoring.domain.training.spec import spec_of
from services.scoring.domain.training.validation import Trained
from services.scoring.domain.warning import figures, learning
from services.scoring.domain.warning.facts import LoanTwiceInMonth
from services.scoring.domain.warning.grading import Capacity
from services.scoring.domain.warning.learning import (
    Panel,
    PanelMonthsMissing,
    PanelMonthUnreadable,
    PanelRowOfFuture,
)
from services.scoring.domain.warning.opinions import SignalUnknown
from tests import trainings
from tests.trainings import DOWN

MONTHS = 8
FIRST = learning.month_number("2025-01", row=0)
# What one more adds to the log odds of a fall: the rank is days late, promises, visits, noise.
TRUTH = {
    "days_late": 0.30,
    "broken_promises": 0.9,
    "visits_missed_by_borrower": 0.4,
    "milestones_behind": 0.0,
}


def simulated(loans: int = 2500, *, seed: int = 3) -> tuple[Panel, Any]:
    """Loans month by month until they fall, by a known hazard."""
    random = np.random.default_rng(seed)
    shape = (loans, MONTHS)
    values = {
        "days_late": random.poisson(3, shape).astype(float),
        "broken_promises": random.poisson(0.6, shape).astype(float),
        "visits_missed_by_borrower": random.poisson(0.6, shape).astype(float),
        "milestones_behind": random.poisson(0.6, shape).astype(float),
    }
    odds = -4.8 + sum(weight * values[name] for name, weight in TRUTH.items())
    hazard = 1 / (1 + np.exp(-odds))
    fell = random.uniform(size=shape) < hazard
    alive: NDArray[np.bool_] = np.cumsum(fell, axis=1) - fell == 0
    month = np.broadcast_to(np.arange(MONTHS) + FIRST, shape)
    loan = np.broadcast_to(np.arange(loans)[:, None], shape)
    panel = Panel(
        loans=loan[alive].astype(str),
        months=month[alive],
        columns={name: of[alive] for name, of in values.items()},
        fell=fell[alive],
        lead=np.where(fell[alive], 45.0, np.nan),
    )
    return panel, hazard[alive]


def fitted(panel: Panel) -> fitting.Fitted:
    questions = [Question(id=name, direction=Direction.DOWN, is_reviewed=True) for name in TRUTH]
    return fitting.fit(
        panel.columns, bad=panel.fell, questions=questions, method=Method(iv_min=0.01)
    )


def trained(panel: Panel, **changes: Any) -> Trained:
    items = [trainings.asked(name, DOWN, source="loan", known_at="assessment") for name in TRUTH]
    document = trainings.spec_document({}, target="fell") | {"characteristics": items} | changes
    return learning.train(
        panel,
        spec=spec_of(document),
        training={"rows": len(panel.fell)},
        test_from="2025-07",
        capacity=Capacity(),
        step=lambda _: None,
    )


def test_the_hazard_that_made_the_panel_is_found_again() -> None:
    panel, hazard = simulated()
    found = fitted(panel)
    moved = {
        item.id: slope * item.weights(panel.columns[item.id])
        for item, slope in zip(found.binnings, found.slopes, strict=True)
    }

    assert "milestones_behind" not in moved, "noise makes no card"
    for name, odds in moved.items():
        of = np.asarray(panel.columns[name], dtype=np.float64)
        assert np.corrcoef(odds, of)[0, 1] > 0.8, "more of each is worse"
        assert odds.std() == pytest.approx(TRUTH[name] * of.std(), rel=0.25)
    assert sorted(moved, key=lambda name: -moved[name].std()) == [
        "broken_promises",
        "days_late",
        "visits_missed_by_borrower",
    ]
    chance = 1 / (1 + np.exp(-found.log_odds(panel.columns)))
    for part in np.array_split(np.argsort(chance), 4):
        assert chance[part].mean() == pytest.approx(hazard[part].mean(), rel=0.10)


def test_the_proof_is_of_later_months_of_other_loans() -> None:
    panel, hazard = simulated(1500)
    proof = trained(panel).validation["held_out"]
    later = panel.months >= learning.month_number("2025-07", row=0)

    assert proof["rows"] == int(later.sum())
    best = measures.auc(-hazard[later], bad=panel.fell[later])
    assert best - 0.04 < proof["auc"] < best + 0.01
    assert proof["at_capacity"]["precision"] > proof["rule_late"]["precision"]
    assert proof["at_capacity"]["lead_days"] == 45.0
    assert proof["at_capacity"]["alerts"] <= 0.1 * proof["rows"]


def test_what_happens_later_does_not_move_the_proof_of_earlier_learning() -> None:
    """The scores of a fold are of cards that never saw its loans nor any later month."""
    panel, _ = simulated(600)
    later = panel.months >= learning.month_number("2025-07", row=0)
    of = learning.loan_folds(panel)

    for loan in np.unique(panel.loans)[:50]:
        assert len(set(of[panel.loans == loan])) == 1
    shares = [panel.fell[of == part].mean() for part in range(learning.FOLDS)]
    assert max(shares) < 1.5 * min(shares)
    assert later.any()


def test_a_card_that_asks_for_no_signal_is_refused() -> None:
    panel, _ = simulated(600)
    items = [trainings.asked(name, DOWN, known_at="assessment") for name in TRUTH]

    with pytest.raises(SignalUnknown):
        trained(panel, characteristics=items)


def test_a_panel_without_earlier_or_later_months_is_refused() -> None:
    panel, _ = simulated(200)
    only = panel.part(panel.months == FIRST)

    with pytest.raises(PanelMonthsMissing):
        trained(only)


UNTIL = date(2026, 6, 30)


def months_of(*rows: tuple[str, str]) -> list[int]:
    loans, months = zip(*rows, strict=True)
    return [int(m) for m in learning.months_of(months, loans=loans, horizon=3, until=UNTIL)]


def test_months_are_counted() -> None:
    assert months_of(("a", "2026-03"), ("b", "2026-03"), ("a", "2025-12")) == [
        24314,
        24314,
        24311,
    ]


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "March", "2026-03-01"])
def test_a_row_without_a_month_is_named(text: str) -> None:
    with pytest.raises(PanelMonthUnreadable):
        months_of(("a", "2026-01"), ("b", text))


def test_a_row_of_the_future_is_named() -> None:
    with pytest.raises(PanelRowOfFuture) as refused:
        months_of(("a", "2026-03"), ("a", "2026-04"))

    assert (refused.value.row, refused.value.month) == (2, "2026-04")


def test_a_loan_twice_in_a_month_is_named() -> None:
    with pytest.raises(LoanTwiceInMonth):
        months_of(("a", "2026-03"), ("b", "2026-03"), ("a", "2026-03"))


def test_the_worth_of_alerts_is_counted() -> None:
    fell = np.array([True, False, False, True])
    lead = np.array([40, np.nan, np.nan, 20.0])
    worth = figures.at_capacity(np.arange(4.0), fell=fell, lead=lead, load=2)
    rule = figures.by_rule(np.array([7.0, 8.0, 0.0, 30.0]), fell=fell, lead=lead)

    assert (worth.precision, worth.caught, worth.lead_days) == (0.5, 0.5, 40.0)
    assert (rule.alerts, rule.precision, rule.lead_days) == (2, 0.5, 20.0)


def test_alerts_that_catch_nothing_have_no_lead() -> None:
    nothing = np.zeros(3, dtype=bool)
    worth = figures.at_capacity(np.arange(3.0), fell=nothing, lead=np.full(3, np.nan), load=0)

    assert (worth.precision, worth.caught, worth.lead_days) == (0.0, 0.0, None)


def test_hazards_are_falls_a_thousand_months_at_risk() -> None:
    assert figures.hazards_by_age([1, 2], fell=[True, False], bounds=[0, 1, 2, 3]) == [0, 500, 0]
