"""How hard does a fund's money work: multiplier, velocity, utilisation, absorption, zakat lag?

Each measure is a fraction of amounts in minor units, or of days, None where there is nothing to
divide by, and goes by the formula whose version it names. Definitions: revolving funds practice
(multiplier, velocity), donors' practice (utilisation, absorption), Core Principles for Effective
Zakat Supervision (BNM, BAZNAS and IRTI, 2016) for allocation to collection and the zakat lag.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import accumulate

VERSION = "fund-measures.1"
PLACES = Decimal("0.000001")
DAYS_OF_YEAR = 365
ZAKAT_PERIOD_DAYS = 354
"""A lunar year: zakat is passed on within the year in which it was collected."""

Lags = Sequence[tuple[int, int]]
"""Days from receipt to the beneficiary, and how many minor units took so long."""


def multiplier(*, disbursed: int, paid_in: int) -> Decimal | None:
    """Sum of all that was lent since the start / capital paid in.

    10,000.000 paid in, 25,000.000 lent since: 2.5.
    """
    return _ratio(disbursed, paid_in)


def velocity(*, disbursed: int, opening: int, closing: int, days: int) -> Decimal | None:
    """What is lent in a year / average capital, here of `days` days brought to 365.

    Capital is what is at hand and with borrowers, at the start and at the end. 3,000.000 lent in
    73 days out of 10,000.000 and then 11,000.000: 3,000 x 365/73 / 10,500 = 1.428571.
    """
    return _ratio(disbursed * DAYS_OF_YEAR * 2, (opening + closing) * days)


def utilisation(*, disbursed: int, at_hand: int, came: int) -> Decimal | None:
    """Lent in the period / what was there to lend in it: at hand at the start, and what came.

    3,000.000 lent, 1,000.000 at hand before, 4,000.000 received and repaid: 0.6.
    """
    return _ratio(disbursed, at_hand + came)


def absorption(*, disbursed: int, committed: int) -> Decimal | None:
    """Lent since the start / what donors have committed by agreement.

    25,000.000 lent, 40,000.000 committed: 0.625.
    """
    return _ratio(disbursed, committed)


def allocation_to_collection(*, disbursed: int, received: int) -> Decimal | None:
    """Passed on in the period / received in it. 900.000 of 1,000.000: 0.9."""
    return _ratio(disbursed, received)


def lag_percentile(lags: Lags, *, percent: int) -> int | None:
    """Days within which so many percent of the money had reached its beneficiary.

    The least number of days whose money, with all that took less, is at least that share (nearest
    rank, by amount). 300.000 after 10 days, 600.000 after 40, 100.000 after 400: p50 40, p90 40.
    """
    whole = sum(units for _, units in lags)
    if whole <= 0:
        return None
    ordered = sorted(lags)
    arrived = accumulate(units for _, units in ordered)
    return next(
        days
        for (days, _), done in zip(ordered, arrived, strict=True)
        if done * 100 >= whole * percent
    )


def share_over_period(lags: Lags, *, period_days: int = ZAKAT_PERIOD_DAYS) -> Decimal | None:
    """The share of the money that took longer than its period to reach a beneficiary.

    Of the example of `lag_percentile`: 0.1.
    """
    late = sum(units for days, units in lags if days > period_days)
    return _ratio(late, sum(units for _, units in lags))


def _ratio(part: int, whole: int) -> Decimal | None:
    if whole <= 0:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(PLACES, ROUND_HALF_EVEN)
