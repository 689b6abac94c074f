"""How is a version watched, and a challenger set beside the champion?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assessments import queries as assessments
from services.scoring.assessments.queries import Scored
from services.scoring.domain import equity, watching
from services.scoring.domain.scorecard import Advice, Scorecard
from services.scoring.domain.training.fairness import GROUP_MIN, RATIO_LIMIT
from services.scoring.domain.watching import (
    Calibration,
    Comparison,
    Judged,
    Overrides,
    Pair,
    Ranking,
    Shift,
)
from services.scoring.fairness import queries as traits
from services.scoring.models import queries as models
from services.scoring.models.tables import ScorecardVersionRow
from services.scoring.outcomes import queries as outcomes
from services.scoring.outcomes.tables import LoanOutcomeRow
from shared.errors import Kind, RafidError

RECENT_DAYS = 90


class ChallengerIsChampion(RafidError):
    """The champion cannot be compared with itself"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{card_id} {version} is the champion; name the version that shall be tried against it."
    card_id: str
    version: str


class PromotionUnproven(RafidError):
    """A challenger that has not proved better is promoted for a stated reason only"""

    kind = Kind.RULE
    service = "scoring"
    detail = (
        "{card_id} {version} has not proved better on {loans} loans, {bad} of them bad; state a "
        "reason, which is kept with the comparison."
    )
    card_id: str
    version: str
    loans: int
    bad: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a card said and what became of it, read at one moment."""

    on: date
    scores: Sequence[Scored]
    decided: Mapping[UUID, LoanOutcomeRow]
    opinions: Mapping[UUID, Scored]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A challenger and the champion, with all that both said."""

    on: date
    champion: ScorecardVersionRow
    challenger: ScorecardVersionRow
    pairs: Sequence[tuple[Scored, Scored]]
    decided: Mapping[UUID, LoanOutcomeRow]
    groups: Mapping[str, Mapping[UUID, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FairRatio:
    """Least over greatest share that a card would offer to, by the groups of a trait."""

    trait: str
    champion: float | None
    challenger: float | None

    @property
    def is_broken(self) -> bool:
        """Whether the challenger puts a group behind by more than the limit."""
        return self.challenger is not None and self.challenger < RATIO_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """All that is watched of a version."""

    drift: Shift | None
    characteristics: Sequence[Shift]
    calibration: Sequence[Calibration]
    ranking: Ranking
    overrides: Sequence[Overrides]

    @property
    def alarms(self) -> list[str]:
        """What a person has to look into."""
        found = {
            "drift": self.drift is not None and self.drift.is_alarm,
            "characteristic": any(item.is_alarm for item in self.characteristics),
            "calibration": any(item.is_alarm for item in self.calibration),
            "ranking": self.ranking.is_alarm,
            "overrides": any(item.is_alarm for item in self.overrides),
        }
        return [name for name, is_alarm in found.items() if is_alarm]


async def material(session: AsyncSession, *, card_id: str, version: str, on: date) -> Material:
    """Read what a version said until a day and what became of it. Raises ScorecardNotFound."""
    await models.scorecard_version(session, card_id=card_id, version=version)
    end = _end_of(on)
    return Material(
        on=on,
        scores=await assessments.scores_of(session, card_id=card_id, version=version, until=end),
        decided=await outcomes.outcomes_until(session, on),
        opinions=await assessments.opinions_until(session, end),
    )


async def contest(
    session: AsyncSession,
    *,
    card_id: str,
    version: str,
    on: date,
    promoter_id: UUID | None = None,
) -> Contest:
    """Read what a version and the champion said of the same applications until a day.

    For a promotion, ends of loans that were told by its registrar or its promoter are left out, and
    all where one of them told traits: nobody proves a card, or its fairness, by figures of their
    own. Raises ScorecardNotFound, ChallengerIsChampion.
    """
    challenger = await models.scorecard_version(session, card_id=card_id, version=version)
    champion = await models.champion(session)
    if champion is challenger:
        raise ChallengerIsChampion(card_id=card_id, version=version)
    end = _end_of(on)
    said, by_champion = [
        await assessments.scores_of(session, card_id=row.card_id, version=row.version, until=end)
        for row in (challenger, champion)
    ]
    of_champion = {item.assessment_id: item for item in by_champion}
    newest = {
        item.application_id: (of_champion[item.assessment_id], item)
        for item in said
        if item.assessment_id in of_champion
    }
    decided: Mapping[UUID, LoanOutcomeRow] = await outcomes.outcomes_until(session, on)
    if promoter_id is not None:
        own = {promoter_id, challenger.registered_by}
        is_own = await traits.is_told_by(session, own)
        decided = {k: row for k, row in decided.items() if not is_own and row.actor_id not in own}
    return Contest(
        on=on,
        champion=champion,
        challenger=challenger,
        pairs=list(newest.values()),
        decided=decided,
        groups=await traits.groups(session),
    )


def compare(found: Contest) -> tuple[Comparison, list[FairRatio]]:
    """Compare by paired bootstrap, and each trait by whom either card would offer to."""
    pairs = [
        Pair(champion=one.points, challenger=other.points, is_bad=is_bad, lent_on=row.lent_on)
        for one, other in found.pairs
        for row in [found.decided.get(one.application_id)]
        for is_bad in [outcomes.is_bad(row, on=found.on)]
        if row is not None and row.lent_on is not None and is_bad is not None
    ]
    cards = [models.scorecard_of(row) for row in (found.champion, found.challenger)]
    ratios = []
    for trait, groups in found.groups.items():
        champion, challenger = [
            _offered(groups, card, [pair[place] for pair in found.pairs])
            for place, card in enumerate(cards)
        ]
        ratios.append(FairRatio(trait=trait, champion=champion, challenger=challenger))
    return watching.compare(pairs, on=found.on), ratios


def watch(found: Material) -> Watch:
    """Look at drift, calibration, ranking and overrides of one version."""
    start = _end_of(found.on) - timedelta(days=RECENT_DAYS)
    now = [item for item in found.scores if item.assessed_at >= start]
    then = [item for item in found.scores if item.assessed_at < start]
    parts, parts_then = [
        watching.points_by_part([item.breakdown for item in items]) for items in (now, then)
    ]
    shifts = [
        watching.part_shift(name, points, reference=parts_then.get(name, []))
        for name, points in parts.items()
    ]
    ended = _ended(found)
    return Watch(
        drift=watching.score_shift(
            [item.points for item in now], reference=[item.points for item in then]
        ),
        characteristics=[shift for shift in shifts if shift is not None],
        calibration=watching.calibration(
            [item.grade for item, _, _ in ended],
            pd=[float(item.pd) for item, _, _ in ended],
            bad=[is_bad for _, _, is_bad in ended],
        ),
        ranking=_ranking(ended, on=found.on),
        overrides=watching.overrides(_judged(found)),
    )


def _ended(found: Material) -> list[tuple[Scored, date, bool]]:
    """The newest score of each loan whose end is known, with the day it was seen."""
    newest = {item.application_id: item for item in found.scores}
    return [
        (item, row.observed_on, is_bad)
        for key, item in newest.items()
        for row in [found.decided.get(key)]
        for is_bad in [outcomes.is_bad(row, on=found.on)]
        if row is not None and row.observed_on is not None and is_bad is not None
    ]


def _ranking(ended: Sequence[tuple[Scored, date, bool]], *, on: date) -> Ranking:
    start = on - timedelta(days=RECENT_DAYS)
    now = [(item.points, is_bad) for item, seen, is_bad in ended if seen > start]
    then = [(item.points, is_bad) for item, seen, is_bad in ended if seen <= start]
    gini, reference = [
        watching.gini([points for points, _ in of], bad=[is_bad for _, is_bad in of])
        for of in (now, then)
    ]
    return Ranking(gini=gini, loans=len(now), reference_gini=reference, reference_loans=len(then))


def _judged(found: Material) -> list[Judged]:
    """Decisions on applications that this version scored, where the officer is known."""
    scored = {item.application_id for item in found.scores}
    return [
        Judged(
            officer=str(row.decided_by),
            advice=found.opinions[key].advice,
            is_lent=row.decision == "lent",
            is_bad=outcomes.is_bad(row, on=found.on),
        )
        for key, row in found.decided.items()
        if key in scored and row.decided_by is not None
    ]


def _offered(groups: Mapping[UUID, str], card: Scorecard, scores: Sequence[Scored]) -> float | None:
    offers = {grade.name for grade in card.grades if grade.advice is Advice.OFFER}
    cases = [
        (groups[item.application_id], item.grade in offers)
        for item in scores
        if item.application_id in groups
    ]
    return equity.approval_ratio(cases, least=GROUP_MIN)[0]


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=UTC)
