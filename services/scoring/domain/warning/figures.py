"""What would the warnings have been worth, and what the simple rule 'late over 7 days'?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from services.scoring.domain.training.bins import Flags, Numbers
from services.scoring.domain.warning.signals import TOLERANCE_DAYS

PER_MILLE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Of `alerts`, the share that fell; the share of all falls among them; the days won.

    `lead_days` is the median from the alert to the fall, None where nothing was caught.
    """

    alerts: int
    precision: float
    caught: float
    lead_days: float | None


def at_capacity(score: Numbers, *, fell: Flags, lead: Numbers, load: int) -> Worth:
    """Return what alerting the `load` lowest scores would have been worth.

    `lead` are the days from each row to its fall, not a number where it did not fall. Ties are
    taken in the order of the rows. Worked: scores 1 to 4, the first and last fell after 40 and 20
    days, two alerts: precision 0.5, caught 0.5, lead 40.
    """
    order = np.argsort(score, kind="stable")[:load]
    chosen = np.zeros(len(score), dtype=bool)
    chosen[order] = True
    return _worth(chosen, fell, lead)


def by_rule(days_late: Numbers, *, fell: Flags, lead: Numbers) -> Worth:
    """Return what alerting every loan over 7 days late would have been worth."""
    return _worth(days_late > TOLERANCE_DAYS, fell, lead)


def hazards_by_age(
    ages: Sequence[int], *, fell: Sequence[bool], bounds: Sequence[int]
) -> list[float]:
    """Return for each span of ages how many of a thousand loans fall in a month of it.

    `ages` are the whole months at which a loan fell or left, `bounds` the spans' edges. A loan is
    at risk in every month before it left, and in the one it fell in. Worked: two loans, one falls
    in its month 1, one leaves after 2 months; spans 0-1 and 1-2: 0 and 500.
    """
    found = []
    for low, high in pairwise(bounds):
        risk = falls = 0
        for age, has_fallen in zip(ages, fell, strict=True):
            risk += max(0, min(age + has_fallen, high) - low)
            falls += has_fallen and low <= age < high
        found.append(PER_MILLE * falls / risk if risk else 0.0)
    return found


def _worth(chosen: Flags, fell: Flags, lead: Numbers) -> Worth:
    alerts, caught = int(chosen.sum()), chosen & fell
    days = [float(value) for value in lead[caught]]
    return Worth(
        alerts=alerts,
        precision=float(caught.sum() / alerts) if alerts else 0.0,
        caught=float(caught.sum() / fell.sum()) if fell.any() else 0.0,
        lead_days=median(days) if days else None,
    )
