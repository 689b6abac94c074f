"""How is a card of warnings learned from loan-months, and proved on loans and months not seen?

One row a loan and month in which it was at risk, with whether it fell within the months after.
The logistic on weights of evidence over such rows is a hazard in discrete time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain import card_form
from services.scoring.domain.training import card as cards
from services.scoring.domain.training import fitting, measures, validation
from services.scoring.domain.training.bins import Flags, Numbers
from services.scoring.domain.training.fitting import Columns
from services.scoring.domain.training.spec import Spec
from services.scoring.domain.training.validation import Trained
from services.scoring.domain.warning import figures, opinions
from services.scoring.domain.warning.facts import LoanTwiceInMonth
from services.scoring.domain.warning.grading import Capacity
from services.scoring.domain.warning.signals import MONTHS_A_YEAR
from shared.errors import Kind, RafidError

Json = dict[str, Any]
Months = NDArray[np.int64]
FOLDS = 5


class PanelMonthUnreadable(RafidError):
    """A row of the panel names no month"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Row {row}: {value} is not a month written as 2026-11."
    row: int
    value: str


class PanelRowOfFuture(RafidError):
    """How a row of the panel ended cannot be known yet"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Row {row}: how {month} ended after {horizon} months is not known by {until}."
    row: int
    month: str
    horizon: int
    until: date


class PanelMonthsMissing(RafidError):
    """The panel has no earlier months to learn from, or no later ones to prove by"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Months before {test_from} are learned from, the others prove; both have to be there."
    test_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Loan-months: the loan and month of each row, its signals, and whether it fell.

    `lead` are the days to the fall, not a number where it did not fall or is not known.
    """

    loans: NDArray[np.str_]
    months: Months
    columns: Columns
    fell: Flags
    lead: Numbers

    def part(self, rows: Flags) -> "Panel":
        """Return some of the rows."""
        return Panel(
            loans=self.loans[rows],
            months=self.months[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
            fell=self.fell[rows],
            lead=self.lead[rows],
        )


def month_number(text: str, *, row: int) -> int:
    """Count the months of the calendar. Raises PanelMonthUnreadable. Worked: 2026-11 is 24322."""
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise PanelMonthUnreadable(row=row, value=text) from None
    return day.year * MONTHS_A_YEAR + day.month - 1


def months_of(texts: Sequence[str], *, loans: Sequence[str], horizon: int, until: date) -> Months:
    """Read and check the months of a panel's rows.

    Raises PanelMonthUnreadable, PanelRowOfFuture (the `horizon` months after it are not over by
    `until`), LoanTwiceInMonth.
    """
    last = until.year * MONTHS_A_YEAR + until.month - 1
    seen: set[tuple[str, int]] = set()
    months = np.empty(len(texts), dtype=np.int64)
    for i, (text, loan) in enumerate(zip(texts, loans, strict=True)):
        months[i] = month_number(text.strip(), row=i + 1)
        if months[i] + horizon > last:
            raise PanelRowOfFuture(row=i + 1, month=text, horizon=horizon, until=until)
        if (loan, int(months[i])) in seen:
            raise LoanTwiceInMonth(loan_id=loan, month=text)
        seen.add((loan, int(months[i])))
    return months


def train(
    panel: Panel,
    *,
    spec: Spec,
    training: Mapping[str, object],
    test_from: str,
    capacity: Capacity,
    step: Callable[[str], None],
) -> Trained:
    """Fit a card on all loan-months, and prove the same recipe on loans and months not seen.

    Each later month of a loan is scored by a card fitted to the earlier months of other loans.
    Raises what `fitting.fit` raises, SignalUnknown, PanelMonthsMissing.
    """
    later = panel.months >= month_number(test_from, row=0)
    if not later.any() or later.all():
        raise PanelMonthsMissing(test_from=test_from)
    step("whole")
    document = _document(panel, spec, training)
    card = card_form.scorecard_of(document)
    opinions.check_card(card)
    score = _held_out(panel, later, spec, step)
    step("figures")
    tested = panel.part(later)
    pd = validation.pd_of(card, score)
    held_out: Json = {
        "rows": len(tested.fell),
        "fell": int(tested.fell.sum()),
        "auc": measures.auc(score, bad=tested.fell),
        "capture_worst_tenth": measures.capture(score, bad=tested.fell),
        "calibration_error": measures.calibration_error(pd, bad=tested.fell),
        **_worths(tested, score, capacity),
    }
    validated: Json = {
        "rows": len(panel.fell),
        "fell": int(panel.fell.sum()),
        "loans": len(np.unique(panel.loans)),
        "test_from": test_from,
        "held_out": held_out,
    }
    return Trained(document=document, validation=validated)


def loan_folds(panel: Panel, *, parts: int = FOLDS, seed: int = 0) -> NDArray[np.int64]:
    """Return the fold of each row: whole loans together, those that fell spread evenly."""
    _, places = np.unique(panel.loans, return_inverse=True)
    ever = np.bincount(places, weights=panel.fell) > 0
    of_loan = np.zeros(len(ever), dtype=np.int64)
    for part, rows in enumerate(fitting.folds(ever, parts=parts, seed=seed)):
        of_loan[rows] = part
    return np.asarray(of_loan[places], dtype=np.int64)


def _document(panel: Panel, spec: Spec, training: Mapping[str, object]) -> Json:
    fitted = fitting.fit(
        panel.columns, bad=panel.fell, questions=spec.questions, method=spec.method
    )
    return cards.document_of(fitted, spec=spec, training=training)


def _held_out(panel: Panel, later: Flags, spec: Spec, step: Callable[[str], None]) -> Numbers:
    score = np.full(len(panel.fell), np.nan)
    of = loan_folds(panel)
    for part in range(FOLDS):
        step(f"fold {part + 1}")
        tested = later & (of == part)
        if not tested.any():
            continue
        document = _document(panel.part(~later & (of != part)), spec, {})
        score[tested] = cards.totals(card_form.scorecard_of(document), panel.part(tested).columns)
    return score[later]


def _worths(tested: Panel, score: Numbers, capacity: Capacity) -> Json:
    """Alert in each month by the card, and by the rule where the panel knows the days late."""
    late = tested.columns.get("days_late")
    alerted = np.ones(len(score))
    for month in np.unique(tested.months):
        rows = np.flatnonzero(tested.months == month)
        order = rows[np.argsort(score[rows], kind="stable")]
        alerted[order[: capacity.load(len(rows))]] = 0.0
    load = int((alerted == 0).sum())
    worth = figures.at_capacity(alerted, fell=tested.fell, lead=tested.lead, load=load)
    found: Json = {"at_capacity": asdict(worth)}
    if late is not None:
        days = np.asarray(late, dtype=np.float64)
        found["rule_late"] = asdict(figures.by_rule(days, fell=tested.fell, lead=tested.lead))
    return found
