"""How do a committee's card and a learned one become one card, while bad loans are few?"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np

from services.scoring.domain import card_form
from services.scoring.domain.scorecard import (
    ANY_OTHER_LEVEL,
    Characteristic,
    Direction,
    Scorecard,
)
from services.scoring.domain.training import card as cards
from services.scoring.domain.training import fitting, logistic
from services.scoring.domain.training.bins import Flags
from services.scoring.domain.training.fitting import Columns
from services.scoring.domain.training.spec import Spec
from shared.errors import Filled, Kind, RafidError, Sentence

Json = dict[str, Any]

WEIGHT = 60
STATISTICAL_FROM = 500


class CardsUnlike(RafidError):
    """The two cards cannot be blended"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{characteristic}: {fault}."
    characteristic: str
    fault: Sentence


class ExpertContradicted(RafidError):
    """The expert card contradicts the loans"""

    kind = Kind.RULE
    service = "scoring"
    detail = (
        "On these loans more points of {card_id} mean more risk; the committee has to look at it "
        "first."
    )
    card_id: str


class Stage(StrEnum):
    """Where a card's points come from."""

    EXPERT = "expert"
    BLEND = "blend"
    STATISTICAL = "statistical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How far the expert's word goes: weight k/(k + bads), alone under k bads, not at all from
    `statistical_from` bads on.
    """

    k: int = WEIGHT
    statistical_from: int = STATISTICAL_FROM

    def stage(self, bads: int) -> Stage:
        """Return the stage that a number of bad loans allows: 59 expert, 60 blend, 500 beyond."""
        if bads < self.k:
            return Stage.EXPERT
        return Stage.BLEND if bads < self.statistical_from else Stage.STATISTICAL

    def weight(self, bads: int) -> float:
        """Return the expert's part: 60 bads of k 60 give 0.5."""
        return self.k / (self.k + bads)


def document_of(
    columns: Columns,
    *,
    bad: Flags,
    spec: Spec,
    training: Mapping[str, object],
    expert: Mapping[str, object],
    mix: Mix,
) -> Json:
    """Learn a card and blend it with the expert's: z = w z_expert + (1 - w) z_learned.

    z are ln(odds of good). z_expert = a + c x points, fitted to the same loans, because an
    expert's points have no odds of their own; z_learned = (points - offset) / factor. Each bin
    has w c f points_expert + (1 - w) points_learned and its part of w (a f + offset), rounded:
    sums of points that run one way run that way. Worked: 60 bad loans of k 60: w is 0.5.

    Raises CardsUnlike (a characteristic runs up in one card and down in the other),
    ExpertContradicted, and what `fitting.fit` raises.
    """
    fitted = fitting.fit(columns, bad=bad, questions=spec.questions, method=spec.method)
    learned = cards.document_of(fitted, spec=spec, training=training)
    by_expert, by_loans = card_form.scorecard_of(expert), card_form.scorecard_of(learned)
    intercept, slope = _expert_odds(by_expert, columns, bad)
    weight = mix.weight(int(bad.sum()))
    factor, offset = float(spec.ladder.factor), float(spec.ladder.offset)
    names = _names(by_expert, by_loans)
    scale = _Scale(
        expert=weight * slope * factor,
        learned=1 - weight,
        constant=weight * (intercept * factor + offset) / len(names),
    )
    said = {item["id"]: item for part in (expert, learned) for item in _characteristics(part)}
    mixed = [_mixed(said[name], _of(by_expert, name), _of(by_loans, name), scale) for name in names]
    groups: dict[str, int] = {}
    for item in mixed:
        best = max(part["points"] for part in item["bins"])
        groups[item["group"]] = groups.get(item["group"], 0) + best
    blended = {"weight": f"{weight:.6f}", "expert": by_expert.hash, "k": mix.k}
    return {
        **learned,
        "basis": Stage.BLEND.value,
        "groups": groups,
        "characteristics": mixed,
        "training": {**training, "blend": blended},
    }


def with_blanks(columns: Columns, *, expert: Mapping[str, object]) -> tuple[Columns, list[str]]:
    """Add a blank column for what the expert asks and the file lacks; return their names too."""
    rows = len(next(iter(columns.values())))
    absent = [
        item for item in card_form.scorecard_of(expert).characteristics if item.id not in columns
    ]
    blanks = {
        item.id: np.full(rows, np.nan) if item.levels is None else np.full(rows, "", dtype="<U1")
        for item in absent
    }
    return {**columns, **blanks}, [item.id for item in absent]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    expert: float
    learned: float
    constant: float

    def points(self, by_expert: int | None, by_loans: int | None) -> int:
        return round(
            self.expert * (by_expert or 0) + self.learned * (by_loans or 0) + self.constant
        )


def _expert_odds(card: Scorecard, columns: Columns, bad: Flags) -> tuple[float, float]:
    for item in card.characteristics:
        if (item.levels is None) != (np.asarray(columns[item.id]).dtype.kind == "f"):
            fault = Sentence("numbers in one card, levels in the other")
            raise CardsUnlike(characteristic=item.id, fault=fault)
    points = cards.totals(card, columns).astype(np.float64)
    spread = float(points.std())
    if spread == 0:
        raise ExpertContradicted(card_id=card.card_id)
    standard = (points - points.mean()) / spread
    intercept, slopes = logistic.fit(standard[:, None], bad=bad, ridge=1.0)
    slope = -float(slopes[0]) / spread
    if slope <= 0:
        raise ExpertContradicted(card_id=card.card_id)
    return -intercept - slope * float(points.mean()), slope


def _names(by_expert: Scorecard, by_loans: Scorecard) -> list[str]:
    names = [item.id for item in by_expert.characteristics]
    for item in by_loans.characteristics:
        other = _of(by_expert, item.id)
        if other is None:
            names.append(item.id)
        elif other.direction is not item.direction:
            fault = Sentence("runs {expert} by the expert and {loans} by the loans")
            told = Filled(fault, expert=other.direction.value, loans=item.direction.value)
            raise CardsUnlike(characteristic=item.id, fault=told)
    return names


def _of(card: Scorecard, name: str) -> Characteristic | None:
    return next((item for item in card.characteristics if item.id == name), None)


def _characteristics(document: Mapping[str, object]) -> list[Json]:
    found = document["characteristics"]
    return [dict(item) for item in found] if isinstance(found, list) else []


def _mixed(
    said: Json, by_expert: Characteristic | None, by_loans: Characteristic | None, scale: _Scale
) -> Json:
    both = [item for item in (by_expert, by_loans) if item is not None]
    missing = scale.points(
        by_expert.missing if by_expert else None, by_loans.missing if by_loans else None
    )
    if said["direction"] == Direction.NONE.value:
        bins = _levels(both, by_expert, by_loans, scale)
    else:
        cuts = sorted({cut for item in both for cut in item.cuts})
        bins = _numbers(cuts, by_expert, by_loans, scale)
    best = max(part["points"] for part in bins)
    return {**said, "bins": bins, "missing": min(missing, best)}


def _numbers(
    cuts: list[Decimal],
    by_expert: Characteristic | None,
    by_loans: Characteristic | None,
    scale: _Scale,
) -> list[Json]:
    """One bin between all the cuts of both; a bin holds its lower bound, so it speaks for all."""
    below = (cuts[0] - 1) if cuts else Decimal(0)
    return [
        {
            **({"lower": f"{cuts[i - 1]:f}"} if i else {}),
            **({"upper": f"{cuts[i]:f}"} if i < len(cuts) else {}),
            "points": scale.points(
                by_expert.points_of(value) if by_expert else None,
                by_loans.points_of(value) if by_loans else None,
            ),
        }
        for i, value in enumerate([below, *cuts])
    ]


def _levels(
    both: list[Characteristic],
    by_expert: Characteristic | None,
    by_loans: Characteristic | None,
    scale: _Scale,
) -> list[Json]:
    names = sorted({level for item in both for level in item.levels or {}})
    if any(ANY_OTHER_LEVEL not in (item.levels or {}) for item in both) and len(both) > 1:
        names = [name for name in names if name != ANY_OTHER_LEVEL]
        names.append(ANY_OTHER_LEVEL)
    return [
        {
            "levels": [name],
            "points": scale.points(_level(by_expert, name), _level(by_loans, name)),
        }
        for name in names
    ]


def _level(item: Characteristic | None, name: str) -> int | None:
    """A level's points; one that the card does not know weighs as any other, or as unknown."""
    if item is None or item.levels is None:
        return None
    return item.levels.get(name, item.levels.get(ANY_OTHER_LEVEL, item.missing))
