"""What did lending change, beside what would have been without it?

The intention to treat: what offering loans in an area did to everybody there, takers or not,
beside areas that were not offered them. Weighted least squares of the outcome on the offer and
what was known before; the error counts whole areas, because whom an area lends to is like.
Source: Banerjee, Duflo, Glennerster & Kinnan (2015), The Miracle of Microfinance?, American
Economic Journal: Applied 7(1); errors by Liang & Zeger (1986) with the usual correction for few
areas, bounds by Student's t with one degree less than areas.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.errors import Kind, RafidError

Numbers = NDArray[np.float64]
AREAS_MIN = 10
LEVEL = 0.95


class NoComparison(RafidError):
    """There is nobody to compare with

    A change before and after without a comparison is gross: it is no effect.
    """

    kind = Kind.RULE
    service = "scoring"
    detail = "Of {rows} rows {treated} are treated; an effect needs both treated and others."
    rows: int
    treated: int


class AreasTooFew(RafidError):
    """There are too few areas to say how sure an effect is"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{areas} areas are compared; at least {least} are needed."
    areas: int
    least: int = AREAS_MIN


class ControlsEntangled(RafidError):
    """What is held equal cannot be told apart"""

    kind = Kind.RULE
    service = "scoring"
    detail = "A column that is held equal follows from the others or from the offer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An effect in the outcome's units, with its error and the bounds of 95 times of 100.

    `control_mean` is the weighted mean of those not treated. Where `low` < 0 < `high`, chance
    alone may have made it.
    """

    value: float
    error: float
    low: float
    high: float
    control_mean: float
    rows: int
    areas: int

    @property
    def is_told_from_chance(self) -> bool:
        """Whether the bounds leave nothing out on one side."""
        return self.low > 0 or self.high < 0


def intention_to_treat(
    outcome: Numbers,
    *,
    treated: Numbers,
    area: Numbers,
    held_equal: Numbers | None = None,
    weight: Numbers | None = None,
) -> Effect:
    """Return the effect of an offer on an outcome; rows in which anything is missing are left out.

    `held_equal` has a column for each thing known before. Raises NoComparison, AreasTooFew,
    ControlsEntangled. Worked, without controls and weights: of 12 areas of one household each six
    are offered loans; profits there are 3, 5, 4, 6, 4, 2 and elsewhere 1, 3, 2, 2, 4, 0: the
    effect is 4 - 2 = 2, its error 0.816497, its bounds 0.202903 and 3.797097.
    """
    rows = len(outcome)
    held = np.empty((rows, 0)) if held_equal is None else held_equal
    given = np.ones(rows) if weight is None else weight
    whole = np.column_stack([outcome, treated, area, given, held])
    whole = whole[np.isfinite(whole).all(axis=1) & (given > 0)]
    y, offer, places, w = whole[:, :4].T
    design = np.column_stack([np.ones(len(y)), offer, whole[:, 4:]])
    _, area_of = np.unique(places, return_inverse=True)
    areas = int(area_of.max(initial=-1)) + 1
    _check(offer, areas=areas, design=design)
    inverse = np.linalg.inv((design.T * w) @ design)
    found = inverse @ (design.T * w) @ y
    pulled = design * (w * (y - design @ found))[:, None]
    by_area = np.zeros((areas, design.shape[1]))
    np.add.at(by_area, area_of, pulled)
    few = areas / (areas - 1) * (len(y) - 1) / (len(y) - design.shape[1])
    error = float(np.sqrt(few * (inverse @ by_area.T @ by_area @ inverse)[1, 1]))
    reach = _student(areas - 1) * error
    value = float(found[1])
    others = offer == 0
    return Effect(
        value=value,
        error=error,
        low=value - reach,
        high=value + reach,
        control_mean=float(np.average(y[others], weights=w[others])),
        rows=len(y),
        areas=areas,
    )


def _check(offer: Numbers, *, areas: int, design: Numbers) -> None:
    told = int((offer == 1).sum())
    if not 0 < told < len(offer) or told + int((offer == 0).sum()) != len(offer):
        raise NoComparison(rows=len(offer), treated=told)
    if areas < AREAS_MIN:
        raise AreasTooFew(areas=areas)
    scale = np.abs(design).max(axis=0)
    if np.linalg.matrix_rank(design / np.where(scale == 0, 1, scale)) < design.shape[1]:
        raise ControlsEntangled


def _student(freedom: int) -> float:
    from scipy import special  # noqa: PLC0415 - large, and needed for this number only

    return float(special.stdtrit(freedom, (1 + LEVEL) / 2))
