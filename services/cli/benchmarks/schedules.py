"""How fast are exact schedules found, beside the vectors of a library of floats?

Three ways go over the same loans: (a) a loop of one `numpy_financial.ipmt` and one `ppmt` over the
vector of periods per loan, which gives floats of interest and principal and no dates; (b) the
columns of our schedule: due dates, principal and profit, exact to the minor unit; (c) the same with
a value for each instalment. They alternate within one run, so that their ratios hold when the
machine's speed drifts.
"""

import gc
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy_financial

from services.loans.domain import due_dates, schedule
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, Terms
from shared.money import Money
from shared.periods import DayCount

MONTHS_IN_YEAR = 12
FIRST_DAY, DAYS = date(2024, 1, 1), 730
LEAST, MOST = 50_000, 5_000_000
LEAST_RATE, MOST_RATE = 400, 3_600
MICRO = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The seconds that each run of a way took, and the instalments of one run."""

    seconds: tuple[float, ...]
    instalments: int

    @property
    def microseconds(self) -> tuple[float, ...]:
        """What one instalment took in each run."""
        return tuple(run / self.instalments * MICRO for run in self.seconds)


def loans(count: int, *, instalments: int, day_count: DayCount = "30/360") -> list[Terms]:
    """Loans that differ in amount, rate and day, the same for the same count."""
    drawn = random.Random(count)  # noqa: S311 - no secret: the same loans in every run
    found = []
    for _ in range(count):
        on = FIRST_DAY + timedelta(days=drawn.randrange(DAYS))
        found.append(
            Terms(
                mode_of_finance=ModeOfFinance.CONVENTIONAL,
                charge_method=ChargeMethod.DECLINING_BALANCE,
                principal=Money(drawn.randrange(LEAST, MOST), "USD"),
                annual_rate=Decimal(drawn.randrange(LEAST_RATE, MOST_RATE)).scaleb(-4),
                instalments=instalments,
                frequency=Frequency.MONTHLY,
                disbursed_on=on,
                first_due_on=due_dates.first_due_on(on, frequency=Frequency.MONTHLY),
                day_count=day_count,
            )
        )
    return found


def measure(terms: Sequence[Terms], *, alternations: int) -> dict[str, Measured]:
    """Go over the loans by each way in turns; the garbage collector rests before each."""
    instalments = terms[0].instalments
    inputs = [
        (float(one.annual_rate) / MONTHS_IN_YEAR, float(one.principal.decimal)) for one in terms
    ]
    periods = np.arange(1, instalments + 1)

    def by_floats() -> None:
        for rate, principal in inputs:
            numpy_financial.ipmt(rate, periods, instalments, principal)
            numpy_financial.ppmt(rate, periods, instalments, principal)

    def by_columns() -> None:
        for one in terms:
            schedule.columns(one)

    def by_values() -> None:
        for one in terms:
            schedule.schedule(one)

    ways = {"a": by_floats, "b": by_columns, "c": by_values}
    runs: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(alternations):
        for way, go in ways.items():
            runs[way].append(_seconds(go))
    total = instalments * len(terms)
    return {
        way: Measured(seconds=tuple(seconds), instalments=total) for way, seconds in runs.items()
    }


def _seconds(go: Callable[[], None]) -> float:
    gc.collect()
    start = time.perf_counter()
    go()
    return time.perf_counter() - start
