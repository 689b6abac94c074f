"""Into which bins does one characteristic fall, so that risk runs one way through them?

Twenty quantile pre-bins, adjacent violators pooled in the stated direction, then merged until each
bin holds enough loans and there are few of them; levels are put in the order of their risk and
merged the same way. An unknown value is a bin of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.scorecard import ANY_OTHER_LEVEL, Direction
from shared.errors import Kind, RafidError

SMOOTHING = 0.5  # added to the good and the bad of every bin, so that none weighs infinitely
MISSING_ROWS_MIN = 30  # fewer unknown values teach nothing: they weigh as the worst known bin

Numbers = NDArray[np.float64]
Levels = NDArray[np.str_]
Flags = NDArray[np.bool_]


class OneClassOnly(RafidError):
    """The file holds only good loans or only bad ones"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{good} loans ended well and {bad} badly; a card learns from both."
    good: int
    bad: int


class CharacteristicConstant(RafidError):
    """A column has the same value for every loan, or none at all"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{characteristic} is the same for every loan of the file; it tells nothing."
    characteristic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How bins are made: pre-bins, the most bins, and the least share of the loans in one."""

    prebins: int = 20
    bins_max: int = 6
    share_min: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Good and bad loans of one bin."""

    good: int
    bad: int

    def __add__(self, other: "Bin") -> "Bin":
        return Bin(good=self.good + other.good, bad=self.bad + other.bad)

    @property
    def count(self) -> int:
        """All loans of the bin."""
        return self.good + self.bad

    @property
    def bad_rate(self) -> float:
        """The share that ended badly; 0 for an empty bin."""
        return self.bad / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Binning:
    """The bins of one characteristic with their weights of evidence.

    Numbers have `cuts` (a bin holds its lower bound and not its upper), levels have `groups`,
    one tuple of levels a bin, of which the last may hold `*`. `missing` is the weight of an
    unknown value, `missing_bin` its loans.
    """

    id: str
    direction: Direction
    cuts: tuple[float, ...]
    groups: tuple[tuple[str, ...], ...]
    bins: tuple[Bin, ...]
    woe: tuple[float, ...]
    missing_bin: Bin
    missing: float
    information_value: float

    def weights(self, values: Numbers | Levels) -> Numbers:
        """Return the weight of evidence of each value."""
        if self.groups:
            by_level = {
                level: self.woe[i] for i, group in enumerate(self.groups) for level in group
            }
            other = by_level.get(ANY_OTHER_LEVEL, self.missing)
            by_level.setdefault("", self.missing)
            unique, places = np.unique(values, return_inverse=True)
            table = np.array([by_level.get(str(level), other) for level in unique])
            return np.asarray(table[places], dtype=np.float64)
        numbers = np.asarray(values, dtype=np.float64)
        table = np.array([*self.woe, self.missing])
        places = np.searchsorted(np.array(self.cuts), numbers, side="right")
        return np.asarray(table[np.where(np.isnan(numbers), len(self.woe), places)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Binned:
    """Bins as they were merged, without their weights."""

    direction: Direction
    parts: Sequence[Bin]
    cuts: tuple[float, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()


def check_classes(bad: Flags) -> None:
    """Raise OneClassOnly unless the file holds good and bad loans."""
    count = int(bad.sum())
    if count in {0, len(bad)}:
        raise OneClassOnly(good=len(bad) - count, bad=count)


def weight_of_evidence(part: Bin, *, whole: Bin) -> float:
    """Return ln[((good + a)/all good) / ((bad + a)/all bad)], a = 0.5; more is better.

    Worked: 90 good and 10 bad of 700 and 300: ln((90.5/700)/(10.5/300)) = 1.306677.
    """
    good = (part.good + SMOOTHING) / whole.good
    bad = (part.bad + SMOOTHING) / whole.bad
    return float(np.log(good / bad))


def bin_numbers(
    name: str, values: Numbers, *, bad: Flags, direction: Direction, rules: Rules
) -> Binning:
    """Bin a number whose risk falls (`up`: more is better) or rises (`down`) with its value.

    The upper bounds are values of the file. Raises OneClassOnly, CharacteristicConstant.
    """
    check_classes(bad)
    known = ~np.isnan(values)
    if len(np.unique(values[known])) < 2 and not _tells_by_silence(known, rules):  # noqa: PLR2004 - one value is no choice
        raise CharacteristicConstant(characteristic=name)
    shares = np.linspace(0, 1, rules.prebins + 1)[1:-1]
    cuts: list[float] = []
    if known.any():
        found = np.unique(np.quantile(values[known], shares, method="higher"))
        cuts = [float(cut) for cut in found if cut > values[known].min()]
    places = np.searchsorted(np.array(cuts), values[known], side="right")
    parts = _counted(places, bad[known], len(cuts) + 1)
    sign = 1 if direction is Direction.UP else -1
    parts, cuts = _pooled(parts, cuts, sign)
    parts, cuts = _merged(parts, cuts, rules, len(values))
    binned = _Binned(direction=direction, cuts=tuple(cuts), parts=parts)
    return _binning(name, binned, missing=_bin(bad[~known]))


def bin_levels(name: str, values: Levels, *, bad: Flags, rules: Rules) -> Binning:
    """Bin a text by its levels, the safest first; an empty text is unknown.

    Levels that are rarer than a bin may be stand together under `*`, as does any level that the
    file does not hold. Raises OneClassOnly, CharacteristicConstant.
    """
    check_classes(bad)
    known = values != ""
    unique, places = np.unique(values[known], return_inverse=True)
    if len(unique) < 2 and not _tells_by_silence(known, rules):  # noqa: PLR2004 - a choice has two
        raise CharacteristicConstant(characteristic=name)
    counted = _counted(places, bad[known], len(unique))
    least = rules.share_min * len(values)
    common = [i for i, part in enumerate(counted) if part.count >= least]
    rare = [i for i in range(len(unique)) if i not in set(common)]
    entries: list[tuple[tuple[str, ...], Bin]] = [((str(unique[i]),), counted[i]) for i in common]
    if rare:
        names = (*(str(unique[i]) for i in rare), ANY_OTHER_LEVEL)
        entries.append((names, sum((counted[i] for i in rare), Bin(good=0, bad=0))))
    entries.sort(key=lambda entry: (entry[1].bad_rate, entry[0]))
    parts = [part for _, part in entries]
    marks = [float(i) for i in range(1, len(parts))]
    parts, left = _merged(parts, marks, rules, len(values))
    edges = [0, *(int(mark) for mark in left), len(entries)]
    groups = tuple(
        tuple(level for names, _ in entries[low:high] for level in names)
        for low, high in pairwise(edges)
    )
    binned = _Binned(direction=Direction.NONE, groups=groups, parts=parts)
    return _binning(name, binned, missing=_bin(bad[~known]))


def _tells_by_silence(known: Flags, rules: Rules) -> bool:
    silent = int((~known).sum())
    return bool(known.any()) and silent >= max(MISSING_ROWS_MIN, rules.share_min * len(known))


def _counted(places: NDArray[np.intp], bad: Flags, size: int) -> list[Bin]:
    bads = np.bincount(places[bad], minlength=size)
    goods = np.bincount(places[~bad], minlength=size)
    return [Bin(good=int(g), bad=int(b)) for g, b in zip(goods, bads, strict=True)]


def _bin(bad: Flags) -> Bin:
    return Bin(good=int((~bad).sum()), bad=int(bad.sum()))


def _pooled(
    parts: Sequence[Bin], cuts: Sequence[float], sign: int
) -> tuple[list[Bin], list[float]]:
    """Pool adjacent violators: `sign` 1 wants the bad rate to fall, -1 to rise."""
    pooled: list[Bin] = []
    bounds: list[float] = []
    for i, part in enumerate(parts):
        pooled.append(part)
        while len(pooled) > 1 and sign * (pooled[-1].bad_rate - pooled[-2].bad_rate) >= 0:
            last = pooled.pop()
            pooled[-1] += last
            bounds.pop()
        if i < len(cuts):
            bounds.append(cuts[i])
    return pooled, bounds


def _merged(
    parts: Sequence[Bin], cuts: Sequence[float], rules: Rules, rows: int
) -> tuple[list[Bin], list[float]]:
    """Merge the neighbours that lose least until bins are large and few enough."""
    bins, bounds = list(parts), list(cuts)
    least = rules.share_min * rows
    while len(bins) > 1:
        small = min(range(len(bins)), key=lambda i: bins[i].count)
        if bins[small].count < least:
            options = [i for i in (small - 1, small) if 0 <= i < len(bins) - 1]
        elif len(bins) > rules.bins_max:
            options = list(range(len(bins) - 1))
        else:
            break
        at = min(options, key=lambda i: _loss(bins[i], bins[i + 1]))
        bins[at : at + 2] = [bins[at] + bins[at + 1]]
        del bounds[at]
    return bins, bounds


def _loss(one: Bin, other: Bin) -> float:
    """What two bins told apart that one does not: the spread of bad loans between them."""
    both = one + other
    return (
        one.count * (one.bad_rate - both.bad_rate) ** 2
        + other.count * (other.bad_rate - both.bad_rate) ** 2
    )


def _binning(name: str, binned: _Binned, *, missing: Bin) -> Binning:
    parts = binned.parts
    whole = sum(parts, missing)
    woe = tuple(weight_of_evidence(part, whole=whole) for part in parts)
    silent = min(woe)
    if missing.count >= MISSING_ROWS_MIN:
        silent = min(weight_of_evidence(missing, whole=whole), max(woe))
    pairs = [*zip(parts, woe, strict=True), (missing, silent)]
    value = sum((p.good / whole.good - p.bad / whole.bad) * w for p, w in pairs)
    return Binning(
        id=name,
        direction=binned.direction,
        cuts=binned.cuts,
        groups=binned.groups,
        bins=tuple(parts),
        woe=woe,
        missing_bin=missing,
        missing=silent,
        information_value=value,
    )
