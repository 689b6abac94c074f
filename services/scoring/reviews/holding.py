"""How does what was observed, mark after mark, stand beside what was predicted?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.scoring.reviews import telling

Json = Mapping[str, Any]
TOGETHER: Final = 4  # figures in one table


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Figures observed on a day, with where they come from; none where nothing was lent since."""

    as_of: date
    source: str
    figures: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A figure as it was observed on a day; outside, if not between the low and high case."""

    as_of: date
    value: float
    is_outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A figure predicted, in its range, and each time that it was observed."""

    name: str
    predicted: float
    low: float
    high: float
    seen: Sequence[Seen]

    def on(self, day: date) -> Seen | None:
        """What was observed on a day; None where this figure was not."""
        return next((one for one in self.seen if one.as_of == day), None)


def held(result: Json, *, policy: str, observed: Sequence[Observed]) -> list[Held]:
    """Gather by figure what was observed of the adopted policy, in the order of the page.

    Worked: a loss of 2 % predicted between 1 and 3 %, and 4 % observed a month later: one seen,
    outside.
    """
    found: dict[str, list[tuple[date, telling.Compared]]] = {}
    for item in sorted(observed, key=lambda one: one.as_of):
        for row in telling.beside(result, policy=policy, observed=item.figures):
            found.setdefault(row.name, []).append((item.as_of, row))
    return [
        Held(
            name=name,
            predicted=found[name][0][1].predicted,
            low=found[name][0][1].low,
            high=found[name][0][1].high,
            seen=[
                Seen(as_of=day, value=row.observed, is_outside=row.is_outside)
                for day, row in found[name]
            ],
        )
        for name in telling.FIGURES
        if name in found
    ]


def tables(rows: Sequence[Held]) -> list[Sequence[Held]]:
    """Part figures into tables that a page has room for."""
    return [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
