"""A hazard card on public panels: trained on earlier months, measured on later ones.

Taiwan cards (Yeh & Lien 2009, UCI, CC BY 4.0): who was not two months late in June or July and
fell in the month after teaches; August tells who fell in September. Small business loans (U.S.
SBA, public record; Li, Mickel & Taylor 2018): charge-offs by age of the loan.
"""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from services.scoring.domain.scorecard import Direction
from services.scoring.domain.training import fitting, measures
from services.scoring.domain.training.bins import Flags, Levels, Numbers, Rules
from services.scoring.domain.training.fitting import Method, Question
from services.scoring.domain.warning import figures
from tests import trainings

# April to September: the code of how late a card was, what was billed, and what was paid.
STATUS = ("PAY_6", "PAY_5", "PAY_4", "PAY_3", "PAY_2", "PAY_0")
BILLED = tuple(f"BILL_AMT{n}" for n in range(6, 0, -1))
PAID = tuple(f"PAY_AMT{n}" for n in range(6, 0, -1))
JUNE, JULY, AUGUST = 2, 3, 4
FALLEN = 2  # code 1 is used in September alone

QUESTIONS = (
    Question(id="last_two_states", direction=Direction.NONE, is_reviewed=True),
    Question(id="months_late_of_three", direction=Direction.DOWN, is_reviewed=True),
    Question(id="paid", direction=Direction.UP),
    Question(id="use_of_limit", direction=Direction.DOWN),
    Question(id="limit", direction=Direction.UP),
)
# Falls are rare: finer bins tell more. Found on June and July alone (AUC 0.723 against 0.697).
METHOD = Method(rules=Rules(prebins=20, bins_max=8, share_min=0.02), iv_min=0.0)

Rows = tuple[dict[str, Numbers | Levels], Flags]


def month(read: Callable[[str], Numbers], at: int) -> Rows:
    """Who was at risk in a month, what was known by its end, and who fell in the next."""
    now, before = read(STATUS[at]), read(STATUS[at - 1])
    limit = read("LIMIT_BAL")
    late = sum((read(STATUS[back]) >= FALLEN).astype(float) for back in range(at - 2, at + 1))
    pairs = [f"{int(a)} {int(b)}" for a, b in zip(before, now, strict=True)]
    columns: dict[str, Numbers | Levels] = {
        "last_two_states": np.array(pairs, dtype=str),
        "months_late_of_three": np.asarray(late),
        "paid": read(PAID[at]),
        "use_of_limit": read(BILLED[at]) / limit,
        "limit": limit,
    }
    rows = now < FALLEN
    return {name: values[rows] for name, values in columns.items()}, read(STATUS[at + 1])[
        rows
    ] >= FALLEN


@pytest.mark.skipif(not trainings.UCI.exists(), reason="no data beside the project")
def test_a_hazard_card_warns_of_falls_in_the_month_to_come() -> None:
    texts = trainings.columns_of(trainings.UCI)

    def read(name: str) -> Numbers:
        return np.array([float(value) for value in texts[name]])

    (june, fell_in_july), (july, fell_in_august) = month(read, JUNE), month(read, JULY)
    august, fell = month(read, AUGUST)
    learned = fitting.fit(
        {name: np.concatenate([june[name], july[name]]) for name in june},
        bad=np.concatenate([fell_in_july, fell_in_august]),
        questions=QUESTIONS,
        method=METHOD,
    )
    score = -learned.log_odds(august)

    assert len(fell) == 25_590
    assert fell.mean() == pytest.approx(0.0387, abs=0.0001)
    rule = measures.auc(
        -np.array([float(s.split()[1]) for s in august["last_two_states"]]), bad=fell
    )
    assert rule == pytest.approx(0.643, abs=0.001)
    assert len(learned.binnings) == len(QUESTIONS)
    measured = measures.auc(score, bad=fell)
    assert measured == pytest.approx(0.750, abs=0.005)
    assert measured >= 0.72
    assert measures.capture(score, bad=fell) == pytest.approx(0.305, abs=0.01)


SBA_BOUNDS = (0, 6, 12, 18, 24, 30, 36, 42, 48, 60, 72)
SBA_HAZARDS = (0.05, 0.25, 2.0, 2.8, 2.7, 3.3, 4.2, 5.2, 4.6, 7.3)  # of a thousand, a month
DAYS_A_MONTH = 30.4375


@pytest.mark.skipif(not trainings.SBA.exists(), reason="no data beside the project")
def test_small_business_loans_fall_by_age_as_is_known() -> None:
    texts = trainings.columns_of(trainings.SBA)
    names = ("ApprovalDate", "DisbursementDate", "ChgOffDate", "Term", "default")
    ages: list[int] = []
    fell: list[bool] = []
    for approved, paid_out, charged_off, term, bad in zip(*(texts[n] for n in names), strict=True):
        if not paid_out or not "2003" <= approved[:4] <= "2006":
            continue
        has_fallen = bad == "1"
        if has_fallen and not charged_off:
            continue
        age = int(term)
        if has_fallen:
            days = date.fromisoformat(charged_off) - date.fromisoformat(paid_out)
            age = int(days.days // DAYS_A_MONTH)
        ages.append(age)
        fell.append(has_fallen)

    found = figures.hazards_by_age(ages, fell=fell, bounds=SBA_BOUNDS)
    assert found == pytest.approx(SBA_HAZARDS, rel=0.10)
