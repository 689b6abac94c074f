"""How well does a score rank, and how sure are we of it?

Everywhere `score` is higher for the better loan and `bad` tells how it ended.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

BOOTSTRAPS = 500
WORST_SHARE = 0.10
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with the bounds that hold it 95 times of 100."""

    value: float
    low: float
    high: float


def auc(score: Numbers, *, bad: Flags) -> float:
    """Return the chance that a good loan scores above a bad one, a tie counting half.

    Worked: good 3 and 1, bad 2: of two pairs one is right, 0.5.
    """
    _, places, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[places]
    goods, bads = int((~bad).sum()), int(bad.sum())
    above = ranks[~bad].sum() - goods * (goods + 1) / 2
    return float(above / (goods * bads))


def ks(score: Numbers, *, bad: Flags) -> float:
    """Return the largest distance between the two distributions of scores (Kolmogorov-Smirnov).

    Worked: good 3 and 1, bad 2: at scores up to 1 half of the good and none of the bad: 0.5.
    """
    _, places = np.unique(score, return_inverse=True)
    size = int(places.max()) + 1
    good = np.cumsum(np.bincount(places[~bad], minlength=size)) / (~bad).sum()
    ill = np.cumsum(np.bincount(places[bad], minlength=size)) / bad.sum()
    return float(np.abs(ill - good).max())


def capture(score: Numbers, *, bad: Flags, share: float = WORST_SHARE) -> float:
    """Return the share of all bad loans among the worst-scored `share` of all loans.

    Loans of the same score at the edge count by their part. Worked: scores 1 to 10, the bad
    ones 1 and 7, the worst tenth holds one of two: 0.5.
    """
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    wanted = share * len(score)
    edge = ordered[min(int(np.ceil(wanted)) - 1, len(score) - 1)]
    below, at = score < edge, score == edge
    part = (wanted - below.sum()) / at.sum()
    return float((bad[below].sum() + part * bad[at].sum()) / bad.sum())


def bootstrapped_auc(score: Numbers, *, bad: Flags, seed: int) -> Interval:
    """Return the AUC with its bootstrap interval: loans drawn with replacement, good and bad apart.

    The same seed gives the same bounds.
    """
    draws = _draws(bad, seed)
    found = [auc(score[rows], bad=bad[rows]) for rows in draws]
    low, high = _bounds(found)
    return Interval(value=auc(score, bad=bad), low=low, high=high)


def auc_difference(one: Numbers, other: Numbers, *, bad: Flags, seed: int) -> Interval:
    """Return AUC of `one` less AUC of `other` on the same loans, with its paired interval.

    Both scores are drawn with the same loans, so what they share falls out. A challenger is
    better where the whole interval lies above zero.
    """
    found = [
        auc(one[rows], bad=bad[rows]) - auc(other[rows], bad=bad[rows])
        for rows in _draws(bad, seed)
    ]
    low, high = _bounds(found)
    return Interval(value=auc(one, bad=bad) - auc(other, bad=bad), low=low, high=high)


def psi(actual: Numbers, expected: Numbers) -> float:
    """Return the population stability index of two distributions over the same bins.

    sum (a - e) ln(a/e) over shares; an empty bin counts as half a loan of its side. Worked: ten
    bins of 0.1 against .08 .09 .1 .1 .1 .1 .1 .1 .11 .12 give 0.010116.
    """
    a, e = _shares(actual), _shares(expected)
    return float(((a - e) * np.log(a / e)).sum())


def brier(pd: Numbers, *, bad: Flags) -> float:
    """Return the mean squared distance of the stated chance from what happened; less is better."""
    return float(((pd - bad) ** 2).mean())


def calibration_error(pd: Numbers, *, bad: Flags, bins: int = 10) -> float:
    """Return the expected calibration error: |stated - observed|, by equal parts of the loans.

    Worked: ten loans of a stated 0.2 of which two end badly: 0.
    """
    order = np.argsort(pd, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    errors = [len(part) * abs(pd[part].mean() - bad[part].mean()) for part in parts]
    return float(sum(errors) / len(pd))


def jeffreys(count: int, rows: int) -> tuple[float, float]:
    """Return the bounds of a default rate, 95 of 100: quantiles of Beta(d + 1/2, n - d + 1/2).

    0 of n has the lower bound 0, n of n the upper 1. Worked: 5 of 100: 0.0193 to 0.1061.
    """
    from scipy import special  # noqa: PLC0415 - large, and needed for these two numbers only

    low, high = special.betaincinv(
        count + 0.5, rows - count + 0.5, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    )
    return (float(low) if count else 0.0, float(high) if count < rows else 1.0)


def _shares(counts: Numbers) -> Numbers:
    filled = np.where(counts == 0, 0.5 if counts.sum() > 1 else 1e-6, counts)
    return np.asarray(filled / filled.sum(), dtype=np.float64)


def _draws(bad: Flags, seed: int) -> list[NDArray[np.intp]]:
    random = np.random.default_rng(seed)
    goods, bads = np.flatnonzero(~bad), np.flatnonzero(bad)
    return [
        np.concatenate([random.choice(goods, len(goods)), random.choice(bads, len(bads))])
        for _ in range(BOOTSTRAPS)
    ]


def _bounds(found: list[float]) -> tuple[float, float]:
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
