"""How often is a loan paid: how many instalments does its term hold, and what is one a month?"""

import re
from typing import Final

import numpy as np

from services.scoring.domain.simulation.kernel import MONTHS_A_YEAR, Floats

FREQUENCY: Final = "frequency"  # the label of a loan's rhythm
USUAL: Final = "monthly"
PER_YEAR: Final = {
    "daily": 360.0,
    "weekly": 52.0,
    "biweekly": 26.0,
    "twice_a_month": 24.0,
    "monthly": 12.0,
    "quarterly": 4.0,
    "half_yearly": 2.0,
    "yearly": 1.0,
}
"""Instalments of a year, as products of loans count them: a year is 52 weeks, or 360 days."""

BURDEN_SOURCE: Final = "Fannie Mae Selling Guide B3-3.1-03"
"""Who brings to a month what comes weekly by 52 / 12, every two weeks by 26 / 12."""

_STEPS = re.compile(r"(?P<name>[a-z_]+)(?: x (?P<every>[1-9][0-9]{0,2}))?")
_NEAR = 1e-4  # of an instalment: months are written with six decimals
_HALVES = 24


def per_year_of(label: str) -> float | None:
    """Return the instalments a year of a rhythm; None for a word that is none.

    Worked: "weekly" is 52, "monthly x 2", every second month, is 6, "daily x 180" is 2.
    """
    found = _STEPS.fullmatch(label)
    if found is None or found["name"] not in PER_YEAR:
        return None
    return PER_YEAR[found["name"]] / int(found["every"] or 1)


def instalments(months: Floats, per_year: Floats) -> Floats:
    """Return how many whole instalments lie in so many months.

    Worked: 12 months hold 52 weekly ones, 7 months 30 (as products of loans count), and 10 weeks,
    2.307692 months, hold 10.
    """
    return np.asarray(np.floor(months * per_year / MONTHS_A_YEAR + _NEAR))


def is_whole(months: Floats, per_year: Floats) -> np.ndarray:
    """Whether so many months are whole instalments: by weeks and days a rest is left out.

    Worked: 7 months by quarters are not.
    """
    by_days = (_HALVES / per_year) % 1 != 0
    rest = months * per_year / MONTHS_A_YEAR - instalments(months, per_year)
    return np.asarray(by_days | (np.abs(rest) <= _NEAR))


def rounded(months: Floats, per_year: Floats) -> Floats:
    """Round months to whole ones, and to whole instalments where these lie months apart.

    Worked: 13.5 months are 14, by quarters 15.
    """
    step = np.maximum(np.round(MONTHS_A_YEAR / per_year), 1)
    return np.asarray(np.round(months / step) * step)


def a_month(instalment: Floats, per_year: Floats) -> Floats:
    """Return what instalments weigh in an average month, as their burden is reckoned.

    Worked: 30 a week are 130 a month (see `BURDEN_SOURCE`); 300 a quarter are 100.
    """
    return np.asarray(instalment * per_year / MONTHS_A_YEAR)
