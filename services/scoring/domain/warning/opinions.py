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
class Opinion:
    """A loan with its signals and what the card says of it."""

    loan: LoanFacts
    values: Values
    score: Score

    @property
    def scored(self) -> Scored:
        """What of it decides on its place and its colour."""
        return Scored(
            loan_id=self.loan.loan_id,
            branch_id=self.loan.branch_id,
            points=self.score.points,
            is_told=_is_told(self.score),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """What a card says of loans on a day; those out of risk stand apart.

    `fallen` were already as late as a warning warns of, `settled` are paid in full.
    """

    loans: tuple[Opinion, ...]
    fallen: tuple[UUID, ...]
    settled: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A loan with what is said of it, and its place among all that are graded with it."""

    opinion: Opinion
    rank: int
    grade: Grade


def check_card(card: Scorecard) -> None:
    """Raise SignalUnknown unless every characteristic of a card is a signal of a loan."""
    for item in card.characteristics:
        if item.source is not Source.LOAN or item.id not in SIGNALS:
            raise SignalUnknown(characteristic=item.id, source=item.source.value, signals=SIGNALS)


def opinions_of(loans: Sequence[LoanFacts], *, card: Scorecard, as_of: date) -> Opinions:
    """Score loans by what was known on a day.

    Raises LoanTwiceInMonth, LoanOfFuture, SignalUnknown.
    """
    check_card(card)
    facts.check_loans(loans, as_of=as_of)
    knowns = [signals.known_of(loan, as_of=as_of) for loan in loans]
    shares = signals.group_late_shares(knowns)
    settled = [known.loan.loan_id for known in knowns if known.is_settled]
    fallen = [k.loan.loan_id for k in knowns if k.has_fallen and not k.is_settled]
    left_out = {*settled, *fallen}
    found = []
    for known in knowns:
        loan_id = known.loan.loan_id
        if loan_id not in left_out:
            values = signals.signals_of(known, group_late_share=shares[loan_id])
            score = scorecard.score(card, values=values)
            found.append(Opinion(loan=known.loan, values=values, score=score))
    return Opinions(
        loans=tuple(found), fallen=tuple(sorted(fallen)), settled=tuple(sorted(settled))
    )


def graded(found: Opinions, *, capacity: Capacity, as_of: date) -> tuple[Warned, ...]:
    """Grade loans among themselves, the worst first."""
    by_id = {opinion.loan.loan_id: opinion for opinion in found.loans}
    scored = [opinion.scored for opinion in found.loans]
    return tuple(
        Warned(opinion=by_id[placed.loan_id], rank=placed.rank, grade=placed.grade)
        for placed in grading.graded(scored, capacity=capacity, as_of=as_of)
    )


def _is_told(score: Score) -> bool:
    """Whether something that is known cost points; nobody is alerted for what is not known."""
    return any(
        item.value is not None and item.points < item.points_max for item in score.contributions
    )
