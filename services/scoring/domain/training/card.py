"""How does what was learned become a card of whole points, the form that every card has?"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from services.scoring.domain.scorecard import (
    ANY_OTHER_LEVEL,
    Characteristic,
    Direction,
    Scorecard,
)
from services.scoring.domain.training.bins import Binning, Levels, Numbers
from services.scoring.domain.training.fitting import Columns, Fitted
from services.scoring.domain.training.spec import Spec

Json = dict[str, Any]


def document_of(fitted: Fitted, *, spec: Spec, training: Mapping[str, object]) -> Json:
    """Write what was learned as a card's document.

    points_jb = -(b_j WoE_jb + b0/n) f + o/n, rounded half to even; f and o of the ladder, n the
    number of characteristics. `training` (window, rows, hashes, code) is kept in the card, so
    its hash covers it.
    """
    ladder = spec.ladder
    factor, offset = float(ladder.factor), float(ladder.offset)
    share = (offset - factor * fitted.intercept) / len(fitted.binnings)
    characteristics = []
    for binning, slope in zip(fitted.binnings, fitted.slopes, strict=True):

        def points_of(woe: float, weight: float = factor * slope) -> int:
            return round(share - weight * woe)

        characteristics.append(_characteristic(binning, spec, points_of))
    groups: dict[str, int] = {}
    for item in characteristics:
        best = max(part["points"] for part in item["bins"])
        groups[item["group"]] = groups.get(item["group"], 0) + best
    return {
        "form": 1,
        "card_id": spec.card_id,
        "version": spec.version,
        "basis": "statistical",
        "statement": dict(spec.statement),
        "groups": groups,
        "grades": [dict(grade) for grade in spec.grades],
        "pd": {
            "basis": "calibrated",
            "event": spec.event,
            "double_every": ladder.double_every,
            "points": ladder.points,
            "odds": f"{ladder.odds:f}",
        },
        "unknown_reason": dict(spec.unknown_reason),
        "characteristics": characteristics,
        "training": dict(training),
    }


def totals(card: Scorecard, columns: Columns) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the points of many loans at once, the same as `scorecard.score` one by one.

    A column holds floats (not a number: unknown) or texts (empty: unknown); a level that the card
    does not know weighs as `*`, or as unknown where the card has no such bin.
    """
    points = np.zeros(len(next(iter(columns.values()))), dtype=np.int64)
    for item in card.characteristics:
        points += _points(item, columns[item.id])
    return points


def _points(item: Characteristic, values: Numbers | Levels) -> Any:
    if item.levels is None:
        numbers = np.asarray(values, dtype=np.float64)
        table = np.array([*item.points, item.missing], dtype=np.int64)
        cuts = np.array([float(cut) for cut in item.cuts])
        places = np.searchsorted(cuts, numbers, side="right")
        return table[np.where(np.isnan(numbers), len(item.points), places)]
    unique, places = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    other = item.levels.get(ANY_OTHER_LEVEL, item.missing)
    table = np.array(
        [item.levels.get(str(level), other) if level else item.missing for level in unique],
        dtype=np.int64,
    )
    return table[places]


def _characteristic(binning: Binning, spec: Spec, points_of: Callable[[float], int]) -> Json:
    said = spec.characteristic(binning.id)
    points = [points_of(woe) for woe in binning.woe]
    if binning.groups:
        parts = [
            {"levels": list(group), "points": value}
            for group, value in zip(binning.groups, points, strict=True)
        ]
    else:
        bounds = [_decimal(cut) for cut in binning.cuts]
        parts = [
            {
                **({"lower": bounds[i - 1]} if i else {}),
                **({"upper": bounds[i]} if i < len(bounds) else {}),
                "points": value,
            }
            for i, value in enumerate(points)
        ]
    return {
        "id": binning.id,
        "group": said.group,
        "source": said.source,
        "known_at": said.known_at,
        "direction": "none" if binning.groups else Direction(binning.direction).value,
        "bins": parts,
        "missing": points_of(binning.missing),
        "label": dict(said.label),
        "reason": dict(said.reason),
        "hint": dict(said.hint),
    }


def _decimal(value: float) -> str:
    """Write a bound in full, as a decimal number that reads back to the same float."""
    return f"{Decimal(repr(value)):f}"
