"""How are rates or amounts spread over the loans of a group? Counts in narrow bins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.domain.simulation.kernel import Floats

QUANTILES = (0.1, 0.5, 0.9)
RATE_BINS, RATE_STEP = 4_000, 0.001  # 0 to 400 %
AMOUNT_BINS, AMOUNT_STEP = 6_000, 0.005  # each half of a hundredth above the one before
AMOUNT_LEAST = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Loans by bin: a row a group. `is_amount` bins grow, others are equal."""

    counts: np.ndarray
    is_amount: bool

    @classmethod
    def of_rates(
        cls, values: Floats, weights: Floats, codes: np.ndarray | None, groups: int
    ) -> "Spread":
        """Count rates or shares, in steps of a thousandth."""
        most = (RATE_BINS - 1) * RATE_STEP  # before the cast: a larger one has no whole number
        places = (np.minimum(values, most) * (1 / RATE_STEP)).astype(np.int32)
        return cls(counts=_counted(places, weights, codes, (groups, RATE_BINS)), is_amount=False)

    @classmethod
    def of_amounts(
        cls, values: Floats, weights: Floats, codes: np.ndarray | None, groups: int
    ) -> "Spread":
        """Count amounts, in steps of half a hundredth of themselves."""
        scale = 1 / np.log1p(AMOUNT_STEP)
        places = (np.log(np.maximum(values, AMOUNT_LEAST) / AMOUNT_LEAST) * scale).astype(np.int32)
        np.minimum(places, AMOUNT_BINS - 1, out=places)
        return cls(counts=_counted(places, weights, codes, (groups, AMOUNT_BINS)), is_amount=True)

    @classmethod
    def joined(cls, parts: Sequence["Spread"]) -> "Spread":
        """Add up the counts of blocks, in their order."""
        counts = parts[0].counts.copy()
        for part in parts[1:]:
            counts += part.counts
        return cls(counts=counts, is_amount=parts[0].is_amount)

    def quantiles(self, group: int) -> tuple[float, float, float]:
        """Return where a tenth, half and nine tenths of the loans lie; zeros for none."""
        below = np.cumsum(self.counts[group])
        if not below[-1] > 0:
            return (0.0, 0.0, 0.0)
        low, middle, high = (self._at(below, share * below[-1]) for share in QUANTILES)
        return low, middle, high

    def _at(self, below: Floats, wanted: float) -> float:
        place = int(np.searchsorted(below, wanted))
        before = below[place - 1] if place else 0.0
        inside = (wanted - before) / (below[place] - before)
        if self.is_amount:
            return float(AMOUNT_LEAST * (1 + AMOUNT_STEP) ** (place + inside))
        return float(RATE_STEP * (place + inside))


def _counted(
    places: np.ndarray, weights: Floats, codes: np.ndarray | None, shape: tuple[int, int]
) -> np.ndarray:
    keys = places if codes is None else codes * shape[1] + places
    return np.bincount(keys, weights=weights, minlength=shape[0] * shape[1]).reshape(shape)
