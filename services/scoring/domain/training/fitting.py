"""Which characteristics make the card, and what is a loan's chance by it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.scorecard import Direction
from services.scoring.domain.training import bins, logistic
from services.scoring.domain.training.bins import (
    Binning,
    CharacteristicConstant,
    Flags,
    Levels,
    Numbers,
    Rules,
)
from shared.errors import Kind, RafidError

Columns = Mapping[str, Numbers | Levels]


class LeakSuspected(RafidError):
    """A characteristic tells more than anything known at the decision should"""

    kind = Kind.RULE
    service = "scoring"
    detail = (
        "{characteristic} has an information value of {value}, above {limit}: find out when it is "
        "known, and state in the specification who reviewed it and what was found."
    )
    characteristic: str
    value: str
    limit: str


class NothingTells(RafidError):
    """No column of the file tells good loans from bad ones"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Of {count} characteristics none reaches an information value of {limit}."
    count: int
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A column that may enter: `direction` UP or DOWN for a number, NONE for levels.

    `is_reviewed`: a person has looked into what its high information value comes from.
    """

    id: str
    direction: Direction
    is_reviewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How a card is fitted; the values are those of usual practice."""

    rules: Rules = field(default_factory=Rules)
    ridge: float = 1.0
    iv_min: float = 0.02
    iv_leak: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A characteristic that did not make the card, and why."""

    id: str
    reason: str
    information_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What was learned: ln(odds of bad) = intercept + sum of slope x weight of evidence."""

    intercept: float
    slopes: tuple[float, ...]
    binnings: tuple[Binning, ...]
    dropped: tuple[Dropped, ...]

    def log_odds(self, columns: Columns) -> Numbers:
        """Return ln(odds of bad) of each loan."""
        total: NDArray[np.float64] | float = self.intercept
        for slope, binning in zip(self.slopes, self.binnings, strict=True):
            total = total + slope * binning.weights(columns[binning.id])
        return np.asarray(total, dtype=np.float64)


def fit(columns: Columns, *, bad: Flags, questions: Sequence[Question], method: Method) -> Fitted:
    """Bin every column, keep what tells, weigh it, and drop what contradicts itself.

    Raises OneClassOnly, LeakSuspected (an information value above `iv_leak` that nobody
    reviewed), NothingTells. A column that is constant or tells too little is dropped by name.
    """
    bins.check_classes(bad)
    kept: list[Binning] = []
    dropped: list[Dropped] = []
    for question in questions:
        try:
            binning = bin_of(question, columns[question.id], bad=bad, rules=method.rules)
        except CharacteristicConstant:
            dropped.append(Dropped(id=question.id, reason="constant", information_value=0.0))
            continue
        value = binning.information_value
        if value > method.iv_leak and not question.is_reviewed:
            raise LeakSuspected(
                characteristic=question.id, value=f"{value:.2f}", limit=f"{method.iv_leak:g}"
            )
        if value < method.iv_min:
            dropped.append(Dropped(id=question.id, reason="tells_little", information_value=value))
        else:
            kept.append(binning)
    if not kept:
        raise NothingTells(count=len(questions), limit=f"{method.iv_min:g}")
    design = np.column_stack([binning.weights(columns[binning.id]) for binning in kept])
    intercept, slopes, left = logistic.fit_signed(design, bad=bad, ridge=method.ridge)
    dropped += [
        Dropped(id=item.id, reason="contradicts", information_value=item.information_value)
        for i, item in enumerate(kept)
        if i not in left
    ]
    return Fitted(
        intercept=intercept,
        slopes=tuple(float(slope) for slope in slopes),
        binnings=tuple(kept[i] for i in left),
        dropped=tuple(dropped),
    )


def bin_of(question: Question, values: Numbers | Levels, *, bad: Flags, rules: Rules) -> Binning:
    """Bin a column by its kind. Raises OneClassOnly, CharacteristicConstant."""
    if question.direction is Direction.NONE:
        return bins.bin_levels(question.id, np.asarray(values, dtype=str), bad=bad, rules=rules)
    numbers = np.asarray(values, dtype=np.float64)
    return bins.bin_numbers(
        question.id, numbers, bad=bad, direction=question.direction, rules=rules
    )


def folds(bad: Flags, *, parts: int, seed: int) -> list[NDArray[np.intp]]:
    """Part the loans into `parts` of equal size and equal share of bad ones, by a seed."""
    random = np.random.default_rng(seed)
    of: NDArray[np.intp] = np.empty(len(bad), dtype=np.intp)
    for rows in (np.flatnonzero(bad), np.flatnonzero(~bad)):
        of[random.permutation(rows)] = np.arange(len(rows)) % parts
    return [np.flatnonzero(of == part) for part in range(parts)]
