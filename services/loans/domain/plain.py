"""How does the usual loan run: equal parts, or equal instalments on a declining balance?

The same figures as `spreading` gives, in whole numbers only: rates are numerators over one
denominator, so that sixty instalments are found in the time of sixty divisions.
"""

from calendar import isleap
from collections.abc import Sequence
from datetime import date
from math import gcd, lcm

from services.loans.domain import annuity, due_dates, period_rates, shares
from services.loans.domain.amortisation import Amortisation
from services.loans.domain.charging import Charging
from services.loans.domain.dating import Dating
from services.loans.domain.drawing import Drawing
from services.loans.domain.terms import ChargeMethod, ModeOfFinance, ResidueRule, Terms
from shared.money import Rounding

USUAL, USUALLY_CHARGED, PAID_AT_ONCE, USUALLY_DATED = (
    Amortisation(),
    Charging(),
    Drawing(),
    Dating(),
)
MONTHS_IN_YEAR = 12
ACTUAL_YEAR = 365 * 366
YEARS_OF_DAYS = {"act/360": 360, "act/364": 364, "act/365": 365}


def applies(terms: Terms) -> bool:
    """Whether terms are of this kind: no seasons, tranches, changes, deferral or own amounts."""
    return (
        terms.charge_method is not ChargeMethod.FLAT
        and terms.amortisation == USUAL
        and terms.drawing == PAID_AT_ONCE
        and not terms.dating.seasons
        and not terms.charging.rate_changes
        and not terms.charging.profit_grace
    )


def split(terms: Terms, *, nominal: Sequence[date]) -> tuple[list[int], list[int]]:
    """The principals and profits in minor units.

    1,000.00 at 12 % in 3 months: 330.02, 333.32, 336.66 and 10.00, 6.70, 3.37. During grace on
    principal the profit alone. Without profit equal parts, those of a qard floored. Amounts may
    come out below nothing, which the caller refuses.
    """
    if terms.charge_method is ChargeMethod.NONE:
        return _free(terms), [0] * terms.instalments
    numerators, denominator = _rates(terms, nominal)
    grace, principal, rounding = terms.principal_grace, terms.principal.minor, terms.rounding
    bearing = numerators[grace:] if grace else numerators
    top, bottom = annuity.equal_level(principal, numerators=bearing, denominator=denominator)
    level = shares.whole(top, bottom, rounding)
    run = _run_half_even if rounding == "half_even" else _run
    if terms.residue_rule is ResidueRule.LEVELLED:

        def last_of(tried: int) -> int:
            principals, profits = run(principal, bearing, denominator, tried, rounding)
            falls_short = min(principals[:-1], default=0) < 0
            return shares.UNPAYABLE if falls_short else principals[-1] + profits[-1]

        level = shares.levelled(level, count=len(bearing), last_of=last_of)
    principals, profits = run(principal, bearing, denominator, level, rounding)
    if not grace:
        return principals, profits
    eased = [
        shares.whole(principal * numerator, denominator, rounding)
        for numerator in numerators[:grace]
    ]
    return [0] * grace + principals, eased + profits


def _free(terms: Terms) -> list[int]:
    is_qard = terms.mode_of_finance is ModeOfFinance.QARD
    return shares.equal(
        terms.principal.minor,
        terms.instalments,
        rule=terms.residue_rule,
        rounding="down" if is_qard else terms.rounding,
    )


def _run_half_even(
    outstanding: int, numerators: Sequence[int], denominator: int, level: int, _: Rounding
) -> tuple[list[int], list[int]]:
    principals, profits = [], []
    for numerator in numerators:
        profit, rest = divmod(outstanding * numerator, denominator)
        twice = rest + rest
        if twice > denominator or (twice == denominator and profit & 1):
            profit += 1
        principal = level - profit
        outstanding -= principal
        profits.append(profit)
        principals.append(principal)
    principals[-1] += outstanding
    return principals, profits


def _run(
    outstanding: int, numerators: Sequence[int], denominator: int, level: int, rounding: Rounding
) -> tuple[list[int], list[int]]:
    principals, profits = [], []
    for numerator in numerators:
        profit = shares.whole(outstanding * numerator, denominator, rounding)
        principal = level - profit
        outstanding -= principal
        profits.append(profit)
        principals.append(principal)
    principals[-1] += outstanding
    return principals, profits


def _rates(terms: Terms, nominal: Sequence[date]) -> tuple[list[int], int]:
    """The rate of each period as a numerator, and their common denominator."""
    top, bottom = terms.annual_rate.as_integer_ratio()
    if terms.charging == USUALLY_CHARGED and terms.dating == USUALLY_DATED:
        year = YEARS_OF_DAYS.get(terms.day_count)
        if year is not None:
            starts = (terms.disbursed_on, *nominal[:-1])
            days = [(end - start).days for start, end in zip(starts, nominal, strict=True)]
            return [top * each for each in days], bottom * year
        if terms.day_count == "act/act":
            starts = (terms.disbursed_on, *nominal[:-1])
            parts = [
                _of_actual_year(start, end) for start, end in zip(starts, nominal, strict=True)
            ]
            return [top * each for each in parts], bottom * ACTUAL_YEAR
        months = due_dates.MONTHS.get(terms.frequency)
        if months and terms.day_count.startswith("30") and due_dates.is_regular(terms):
            top, bottom = top * months, bottom * MONTHS_IN_YEAR
            common = gcd(top, bottom)
            return [top // common] * len(nominal), bottom // common
    rates = period_rates.of(terms, due_dates.spans(terms))
    denominator = lcm(*(rate.denominator for rate in rates))
    return [int(rate * denominator) for rate in rates], denominator


def _of_actual_year(start: date, end: date) -> int:
    """The days of a span in parts of a year of 365 · 366: one of them has 366 or 365."""
    parts = 0
    while start.year < end.year:
        following = date(start.year + 1, 1, 1)
        parts += (following - start).days * (365 if isleap(start.year) else 366)
        start = following
    return parts + (end - start).days * (365 if isleap(start.year) else 366)
