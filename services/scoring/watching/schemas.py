"""What do the bodies of watched cards look like?"""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.scoring.domain.replaying import Difference
from services.scoring.domain.watching import (
    Calibration,
    Comparison,
    Overrides,
    Ranking,
    Shift,
)
from shared.clients.scoring_requests import AssessmentRequest
from shared.schemas import Body, Day, Figure

REPLAY_MAX = 100


class IntervalOut(Body):
    """A difference with the bounds that hold it 95 times of 100."""

    value: Figure
    low: Figure
    high: Figure


class FairRatioOut(Body):
    """Least over greatest share of a trait's groups that a card would offer to."""

    trait: str
    champion: Figure | None
    challenger: Figure | None
    is_broken: bool


class ComparisonOut(Body):
    """A challenger beside the champion, on loans that both scored six months ago or earlier."""

    champion: str
    challenger: str
    on: Day
    loans: int
    bad: int
    months_matured: int
    champion_auc: Figure | None
    challenger_auc: Figure | None
    difference: IntervalOut | None
    fairness: list[FairRatioOut]
    is_proven: bool

    @classmethod
    def of(
        cls,
        found: Comparison,
        *,
        champion: str,
        challenger: str,
        on: Day,
        fairness: list[FairRatioOut],
    ) -> Self:
        """Write a comparison; proven: the interval is above zero and no group is put behind."""
        difference = found.difference
        return cls(
            champion=champion,
            challenger=challenger,
            on=on,
            loans=found.loans,
            bad=found.bad,
            months_matured=found.months_matured,
            champion_auc=found.champion_auc,
            challenger_auc=found.challenger_auc,
            difference=None
            if difference is None
            else IntervalOut(value=difference.value, low=difference.low, high=difference.high),
            fairness=fairness,
            is_proven=found.is_better and not any(item.is_broken for item in fairness),
        )


class ShiftOut(Body):
    """How far scores or one characteristic moved: an alarm beyond 0.10 and the 99 % point."""

    of: str
    rows: int
    reference_rows: int
    bins: int
    psi: Figure
    limit: Figure
    is_alarm: bool

    @classmethod
    def of_shift(cls, found: Shift) -> Self:
        """Write a shift."""
        return cls(
            of=found.of,
            rows=found.rows,
            reference_rows=found.reference_rows,
            bins=found.bins,
            psi=found.psi,
            limit=found.limit,
            is_alarm=found.is_alarm,
        )


class CalibrationOut(Body):
    """One grade: stated chance beside what happened, with its interval."""

    grade: str
    loans: int
    bad: int
    stated: Figure
    observed: Figure
    low: Figure
    high: Figure
    is_alarm: bool

    @classmethod
    def of(cls, found: Calibration) -> Self:
        """Write a grade."""
        return cls(
            grade=found.grade,
            loans=found.loans,
            bad=found.bad,
            stated=found.stated,
            observed=found.observed,
            low=found.low,
            high=found.high,
            is_alarm=found.is_alarm,
        )


class RankingOut(Body):
    """The Gini of recent loans beside that of earlier ones; an alarm where a fifth is lost."""

    gini: Figure | None
    loans: int
    reference_gini: Figure | None
    reference_loans: int
    is_alarm: bool

    @classmethod
    def of(cls, found: Ranking) -> Self:
        """Write a ranking."""
        return cls(
            gini=found.gini,
            loans=found.loans,
            reference_gini=found.reference_gini,
            reference_loans=found.reference_loans,
            is_alarm=found.is_alarm,
        )


class OverridesOut(Body):
    """What one officer decided against the advice, and how it ended."""

    officer: UUID
    decided: int
    rate: Figure
    high_side: int
    high_side_known: int
    high_side_bad: int
    low_side: int
    followed_known: int
    followed_bad: int
    is_alarm: bool

    @classmethod
    def of(cls, found: Overrides) -> Self:
        """Write an officer's."""
        return cls(
            officer=UUID(found.officer),
            decided=found.decided,
            rate=found.rate,
            high_side=found.high_side,
            high_side_known=found.high_side_known,
            high_side_bad=found.high_side_bad,
            low_side=found.low_side,
            followed_known=found.followed_known,
            followed_bad=found.followed_bad,
            is_alarm=found.is_alarm,
        )


class ReplayIn(Body):
    """Past files, of this programme or handed over by another, as they would be sent to judge."""

    files: Annotated[list[AssessmentRequest], Field(min_length=1, max_length=REPLAY_MAX)]


class ReplayedOut(Body):
    """One file: what the grade of each card advises; None beside a fault of the tried card."""

    assessment_id: UUID
    champion_points: int
    champion_advice: str
    points: int | None
    advice: str | None
    fault: str | None

    @classmethod
    def of(cls, assessment_id: UUID, found: Difference) -> Self:
        """Write a difference."""
        return cls(
            assessment_id=assessment_id,
            champion_points=found.points_before,
            champion_advice=found.advice_before,
            points=found.points,
            advice=found.advice,
            fault=found.fault,
        )


class ReplayOut(Body):
    """What would differ if a version had judged these files; nothing of them is kept."""

    champion: str
    tried: str
    files: int
    moved: int
    replayed: list[ReplayedOut]


Alarm = Literal["drift", "characteristic", "calibration", "ranking", "overrides"]


class WatchOut(Body):
    """A version on a day: its last 90 days beside everything it scored before them."""

    card_id: str
    version: str
    on: Day
    drift: ShiftOut | None
    characteristics: list[ShiftOut]
    calibration: list[CalibrationOut]
    ranking: RankingOut
    overrides: list[OverridesOut]
    alarms: list[Alarm]
