"""Does a card still do what it was made for: same people, same risk, same order?

Numbers are counts of loans, shares and AUC; nothing here judges an application.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.training import measures
from services.scoring.domain.training.measures import Flags, Interval, Numbers

DECILES = 10
PSI_LIMIT = 0.10  # usual practice; it has no error rate behind it, so the 99 % point joins it
CHANCE = 0.01
GINI_FALL = 0.20
MONTHS_MATURED = 6
BADS_MIN = 10  # fewer bad loans give an interval of no use
OVERRIDE_LIMIT = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far a distribution moved, and how far chance alone would move it 99 times of 100."""

    of: str
    rows: int
    reference_rows: int
    bins: int
    psi: float
    limit: float

    @property
    def is_alarm(self) -> bool:
        """Whether it moved further than chance explains, and far enough to matter."""
        return self.psi > max(self.limit, PSI_LIMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One grade: stated chance beside what happened, with the interval of the latter."""

    grade: str
    loans: int
    bad: int
    stated: float
    observed: float
    low: float
    high: float

    @property
    def is_alarm(self) -> bool:
        """Whether the stated chance lies outside of the interval."""
        return not self.low <= self.stated <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How well the card ranked loans of two periods; None where a period has too few bad ones."""

    gini: float | None
    loans: int
    reference_gini: float | None
    reference_loans: int

    @property
    def is_alarm(self) -> bool:
        """Whether the Gini fell by a fifth of what it was, or more."""
        if self.gini is None or self.reference_gini is None or self.reference_gini <= 0:
            return False
        return self.gini <= self.reference_gini * (1 - GINI_FALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One application: what scoring advised, what a person decided, how the loan ended."""

    officer: str
    advice: str
    is_lent: bool
    is_bad: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What one officer decided against the advice.

    `high_side`: lent though the advice was to decline, with how many of those ended badly;
    `low_side`: refused though the advice was to offer. `followed` were lent on advice.
    """

    officer: str
    decided: int
    high_side: int
    high_side_known: int
    high_side_bad: int
    low_side: int
    followed_known: int
    followed_bad: int

    @property
    def rate(self) -> float:
        """Overrides over decisions."""
        return (self.high_side + self.low_side) / self.decided

    @property
    def is_alarm(self) -> bool:
        """Whether more than a tenth of the decisions went against the advice."""
        return self.rate > OVERRIDE_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One loan that both cards scored, and how it ended."""

    champion: int
    challenger: int
    is_bad: bool
    lent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A challenger beside the champion on the same loans; no difference where bads are too few."""

    loans: int
    bad: int
    months_matured: int
    champion_auc: float | None
    challenger_auc: float | None
    difference: Interval | None

    @property
    def is_better(self) -> bool:
        """Whether the whole interval lies above zero on loans that had time to end."""
        matured = self.months_matured >= MONTHS_MATURED
        return matured and self.difference is not None and self.difference.low > 0


def psi_limit(bins: int, *, rows: int, reference_rows: int) -> float:
    """Return the 99 % point of PSI where nothing moved: chi2(k-1) x (1/n + 1/m).

    Yurdakul and Naranjo, Journal of Risk Model Validation 14(4), 2020. Worked: 10 bins, 1,000
    against 1,000: 0.043; 100 against 1,000: 0.238.
    """
    from scipy import special  # noqa: PLC0415 - large, and needed for this number only

    return float(special.chdtri(bins - 1, CHANCE) * (1 / rows + 1 / reference_rows))


def score_shift(scores: Sequence[int], *, reference: Sequence[int]) -> Shift | None:
    """Measure how scores moved against those of a reference, by its deciles; None: no rows.

    Worked: the same scores twice: PSI 0.
    """
    if not scores or not reference:
        return None
    then, now = _numbers(reference), _numbers(scores)
    cuts = np.unique(np.quantile(then, np.linspace(0, 1, DECILES + 1)[1:-1]))
    places = [np.searchsorted(cuts, values, side="right") for values in (now, then)]
    return _shift("score", *places)


def part_shift(name: str, points: Sequence[int], *, reference: Sequence[int]) -> Shift | None:
    """Measure how one characteristic moved (CSI): by its points, each a bin; None: no rows."""
    if not points or not reference:
        return None
    every = np.unique([*points, *reference])
    return _shift(name, np.searchsorted(every, points), np.searchsorted(every, reference))


def calibration(
    grades: Sequence[str], *, pd: Sequence[float], bad: Sequence[bool]
) -> list[Calibration]:
    """Set stated chance beside what happened, grade by grade, in the order of their names.

    The interval is Jeffreys': quantiles of Beta(d + 1/2, n - d + 1/2). Worked: 5 bad of 100 and a
    stated 0.05: 0.0193 to 0.1061, no alarm.
    """
    found = []
    for grade in sorted(set(grades)):
        of = [i for i, name in enumerate(grades) if name == grade]
        bads = sum(bad[i] for i in of)
        low, high = measures.jeffreys(bads, len(of))
        found.append(
            Calibration(
                grade=grade,
                loans=len(of),
                bad=bads,
                stated=sum(pd[i] for i in of) / len(of),
                observed=bads / len(of),
                low=low,
                high=high,
            )
        )
    return found


def gini(scores: Sequence[int], *, bad: Sequence[bool]) -> float | None:
    """Return 2 AUC - 1; None with fewer than ten bad loans, or fewer than ten good ones.

    Worked: every bad loan below every good one: 1.
    """
    ill = np.array(bad, dtype=bool)
    if not _is_enough(ill):
        return None
    return 2 * measures.auc(_numbers(scores), bad=ill) - 1


def overrides(judged: Sequence[Judged]) -> list[Overrides]:
    """Count what each officer decided against the advice, and how it ended; by officer.

    Worked: one loan lent against "decline" that ended badly: high side 1, of it bad 1, rate 1.
    """
    found = []
    for officer in sorted({item.officer for item in judged}):
        of = [item for item in judged if item.officer == officer]
        high = [item for item in of if item.is_lent and item.advice == "decline"]
        followed = [item for item in of if item.is_lent and item.advice == "offer"]
        found.append(
            Overrides(
                officer=officer,
                decided=len(of),
                high_side=len(high),
                high_side_known=sum(item.is_bad is not None for item in high),
                high_side_bad=sum(item.is_bad is True for item in high),
                low_side=sum(not item.is_lent and item.advice == "offer" for item in of),
                followed_known=sum(item.is_bad is not None for item in followed),
                followed_bad=sum(item.is_bad is True for item in followed),
            )
        )
    return found


def compare(pairs: Sequence[Pair], *, on: date, seed: int = 0) -> Comparison:
    """Compare two cards on the loans lent six months or more before a day, by paired bootstrap.

    Younger loans are left out: those that ended early would stand for all. The same loans and
    seed give the same interval. Months matured are those of the youngest loan that counts.
    """
    old = sorted(
        (pair for pair in pairs if months_between(pair.lent_on, on) >= MONTHS_MATURED),
        key=lambda pair: (pair.lent_on, pair.champion, pair.challenger, pair.is_bad),
    )
    ill = np.array([pair.is_bad for pair in old], dtype=bool)
    months = min((months_between(pair.lent_on, on) for pair in old), default=0)
    if not _is_enough(ill):
        return Comparison(
            loans=len(old),
            bad=int(ill.sum()),
            months_matured=months,
            champion_auc=None,
            challenger_auc=None,
            difference=None,
        )
    champion = _numbers([pair.champion for pair in old])
    challenger = _numbers([pair.challenger for pair in old])
    return Comparison(
        loans=len(old),
        bad=int(ill.sum()),
        months_matured=months,
        champion_auc=measures.auc(champion, bad=ill),
        challenger_auc=measures.auc(challenger, bad=ill),
        difference=measures.auc_difference(challenger, champion, bad=ill, seed=seed),
    )


def months_between(start: date, end: date) -> int:
    """Return the whole months from one day to another: 15 January to 14 July are 5."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (end.day < start.day)


def points_by_part(breakdowns: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, list[int]]:
    """Gather the points of many applications characteristic by characteristic."""
    found: dict[str, list[int]] = {}
    for breakdown in breakdowns:
        for item in breakdown:
            found.setdefault(item["characteristic"], []).append(item["points"])
    return found


def _shift(of: str, places: NDArray[np.intp], reference: NDArray[np.intp]) -> Shift:
    bins = int(max(places.max(), reference.max())) + 1
    now, then = (
        np.bincount(values, minlength=bins).astype(np.float64) for values in (places, reference)
    )
    rows, reference_rows = len(places), len(reference)
    limit = psi_limit(bins, rows=rows, reference_rows=reference_rows) if bins > 1 else 0.0
    return Shift(
        of=of,
        rows=rows,
        reference_rows=reference_rows,
        bins=bins,
        psi=measures.psi(now, then),
        limit=limit,
    )


def _is_enough(ill: Flags) -> bool:
    return bool(min(ill.sum(), (~ill).sum()) >= BADS_MIN)


def _numbers(values: Sequence[int]) -> Numbers:
    return np.array(values, dtype=np.float64)
