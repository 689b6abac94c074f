"""Which rate of what is outstanding asks the instalments that a flat rate asks?"""

from decimal import Decimal
from fractions import Fraction

from shared import rates

PERIODS_A_YEAR = {
    "daily": 360,
    "weekly": 52,
    "biweekly": 26,
    "twice_a_month": 24,
    "monthly": 12,
    "quarterly": 4,
    "half_yearly": 2,
    "yearly": 1,
}


def declining_rate(
    flat_rate: Decimal, *, instalments: int, grace: int, frequency: str, every: int = 1
) -> Decimal:
    """Give the rate a year, of what is outstanding, at which a flat-charged loan costs the same.

    Every instalment asks its part of the flat profit, those after `grace` their part of the
    principal too; a year has the periods of `PERIODS_A_YEAR`. The rate is the internal rate of
    these instalments times the periods. Worked: 12 % flat in twelve months asks 1.12 / 12 of the
    principal a month, which is 21.4572 % a year of what is outstanding. To six decimals.
    """
    periods = Fraction(PERIODS_A_YEAR[frequency], every)
    profit = flat_rate * periods.denominator / periods.numerator
    paid = Decimal(1) / (instalments - grace)
    flows = [Decimal(-1)]
    flows += [profit if number <= grace else profit + paid for number in range(1, instalments + 1)]
    a_year = rates.irr(flows) * periods.numerator / periods.denominator
    return round(a_year, 6)
