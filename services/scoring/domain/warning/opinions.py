"""What does a card say of every running loan on a day, and which are looked after?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.scoring.domain import scorecard
from services.scoring.domain.scorecard import Score, Scorecard, Source
from services.scoring.domain.warning import facts, grading, signals
from services.scoring.domain.warning.facts import LoanFacts
from services.scoring.domain.warning.grading import Capacity, Grade, Scored
from services.scoring.domain.warning.signals import SIGNALS, Values
from shared.errors import Kind, RafidError


class SignalUnknown(RafidError):
    """A card of warnings asks for something that is no signal of a running loan"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{characteristic} of source {source} is no signal; from a loan come {signals}."
    characteristic: str
    source: str
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A loan with its signals, its score and its place."""

    loan: LoanFacts
    values: Values
    score: Score
    rank: int
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All loans graded on a day, the worst first; those out of risk stand apart.

    `fallen` were already as late as a warning warns of, `settled` are paid in full.
    """

    warned: tuple[Warned, ...]
    fallen: tuple[UUID, ...]
    settled: tuple[UUID, ...]


def check_card(card: Scorecard) -> None:
    """Raise SignalUnknown unless every characteristic of a card is a signal of a loan."""
    for item in card.characteristics:
        if item.source is not Source.LOAN or item.id not in SIGNALS:
            raise SignalUnknown(characteristic=item.id, source=item.source.value, signals=SIGNALS)


def batch_of(
    loans: Sequence[LoanFacts], *, card: Scorecard, capacity: Capacity, as_of: date
) -> Batch:
    """Grade loans by what was known on a day.

    Raises LoanTwiceInMonth, LoanOfFuture, SignalUnknown.
    """
    check_card(card)
    facts.check_loans(loans, as_of=as_of)
    knowns = [signals.known_of(loan, as_of=as_of) for loan in loans]
    shares = signals.group_late_shares(knowns)
    settled = [known.loan.loan_id for known in knowns if known.is_settled]
    fallen = [k.loan.loan_id for k in knowns if k.has_fallen and not k.is_settled]
    left_out = {*settled, *fallen}
    at_risk = {k.loan.loan_id: k for k in knowns if k.loan.loan_id not in left_out}
    values = {
        loan_id: signals.signals_of(known, group_late_share=shares[loan_id])
        for loan_id, known in at_risk.items()
    }
    scores = {loan_id: scorecard.score(card, values=of) for loan_id, of in values.items()}
    scored = [
        Scored(
            loan_id=loan_id,
            branch_id=known.loan.branch_id,
            points=scores[loan_id].points,
            is_told=_is_told(scores[loan_id]),
        )
        for loan_id, known in at_risk.items()
    ]
    warned = tuple(
        Warned(
            loan=at_risk[placed.loan_id].loan,
            values=values[placed.loan_id],
            score=scores[placed.loan_id],
            rank=placed.rank,
            grade=placed.grade,
        )
        for placed in grading.graded(scored, capacity=capacity, as_of=as_of)
    )
    return Batch(warned=warned, fallen=tuple(sorted(fallen)), settled=tuple(sorted(settled)))


def _is_told(score: Score) -> bool:
    """Whether something that is known cost points; nobody is alerted for what is not known."""
    return any(
        item.value is not None and item.points < item.points_max for item in score.contributions
    )
