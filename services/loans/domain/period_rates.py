"""Which share of what is outstanding does each period cost?"""

from calendar import isleap
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from services.loans.domain.charging import ChargeBasis, LeapRule, OddPeriodRule, RateKind
from services.loans.domain.due_dates import DAYS, MONTHS, Span, regular_days
from services.loans.domain.terms import Frequency, Terms
from shared import periods

YEAR_MONTHS = 12
HALVES_OF_YEAR = 24
LEAP_YEAR, COMMON_YEAR = 366, 365
PRECISION = 60
PLACES = Decimal(1).scaleb(-40)
MONTH_DAYS = 30
YEARS_OF_DAYS = {"30/360": 360, "30u/360": 360, "act/360": 360, "act/364": 364, "act/365": 365}


def of(terms: Terms, spans: Sequence[Span]) -> list[Fraction]:
    """The rate of each period, exactly; nothing in the profit-free ones.

    12 % a year by 30/360 is 1/100 a month; by act/365 a month of 31 days bears 93/9125. An
    effective rate of 12 % is 1.12^(1/12) - 1 a month, to 40 places.
    """
    free = terms.charging.profit_free
    none = [Fraction(0)] * min(free, len(spans))
    return none + [rate_within(terms, span, start=span.start) for span in spans[free:]]


def assumed(terms: Terms, spans: Sequence[Span], *, first: int) -> list[Fraction]:
    """The rates from a period on as they look while in it: later changes are not known yet.

    The period itself bears what it really bears; those after it the rate that holds at its end.
    """
    annual = annual_rate(terms, on=spans[first].end)
    free = terms.charging.profit_free
    return [
        Fraction(0)
        if number < free
        else rate_within(terms, span, start=span.start)
        if number == first
        else _compound(terms, [(annual, fraction(terms, span))])
        for number, span in enumerate(spans[first:], start=first)
    ]


def regular(terms: Terms, *, on: date) -> Fraction:
    """The rate of a regular period, a month being 30 days of the year of the day count."""
    year = YEARS_OF_DAYS.get(terms.day_count, COMMON_YEAR)
    if terms.frequency in DAYS:
        days = DAYS[terms.frequency]
    else:
        days = MONTH_DAYS * YEAR_MONTHS // _a_year(terms.frequency)
    part = Fraction(days * terms.dating.every, year)
    if _is_per_period(terms):
        part = _regular_fraction(terms)
    return _compound(terms, [(annual_rate(terms, on=on), part)])


def rate_within(terms: Terms, span: Span, *, start: date) -> Fraction:
    """What the days of a period after `start` bear, each part at the rate that holds in it."""
    cuts = _cuts(terms, span, start=start)
    found = [
        (annual_rate(terms, on=end), _fraction_of_part(terms, span, one, end))
        for one, end in pairwise(cuts)
    ]
    return _compound(terms, found)


def parts(terms: Terms, span: Span) -> tuple[tuple[date, date, Fraction], ...]:
    """The parts of a period at one rate each: start, end and length in years; none where it is one.

    12 % until 10 March and 9 % from then on, of 15 February to 15 March by act/365: to 9 March
    22/365, after it 6/365. A tranche within a period parts it too, by the days that it bears.
    """
    days = {one.on for one in terms.drawing.tranches if span.start < one.on < span.end}
    cuts = sorted({*_cuts(terms, span, start=span.start), *days})
    found = [(one, end, _fraction_of_part(terms, span, one, end)) for one, end in pairwise(cuts)]
    if days and len(cuts) == len(days) + 2:
        rest = sum((years for _, _, years in found[1:]), Fraction(0))
        found[0] = (span.start, found[0][1], fraction(terms, span) - rest)
    return tuple(found) if len(found) > 1 else ()


def _cuts(terms: Terms, span: Span, *, start: date) -> list[date]:
    """The last days of the rates that hold in a period after `start`, between its ends."""
    changes = (change.on - timedelta(days=1) for change in terms.charging.rate_changes)
    return [start, *(day for day in changes if start < day < span.end), span.end]


def annual_rate(terms: Terms, *, on: date) -> Decimal:
    """The year's rate that holds on a day."""
    rate = terms.annual_rate
    for change in terms.charging.rate_changes:
        if change.on <= on:
            rate = change.annual_rate
    return rate


def fraction(terms: Terms, span: Span) -> Fraction:
    """The length of a period in years, by the day count and basis of the terms."""
    odd = terms.charging.odd_period
    if not _is_per_period(terms) or (span.is_odd and odd is OddPeriodRule.DAY_COUNT):
        return _by_days(terms, span, span.start, span.end)
    whole = _regular_fraction(terms) * span.steps
    if span.is_odd and odd is OddPeriodRule.SHARE:
        return whole * Fraction(span.days, regular_days(terms, span))
    return whole


def _fraction_of_part(terms: Terms, span: Span, start: date, end: date) -> Fraction:
    if start == span.start and end == span.end:
        return fraction(terms, span)
    if _is_per_period(terms):
        return fraction(terms, span) * Fraction((end - start).days, span.days)
    return _by_days(terms, span, start, end)


def _is_per_period(terms: Terms) -> bool:
    basis = terms.charging.basis
    if basis is ChargeBasis.USUAL:
        return terms.day_count.startswith("30")
    return basis is ChargeBasis.PER_PERIOD


def _a_year(frequency: Frequency) -> int:
    if frequency is Frequency.TWICE_A_MONTH:
        return HALVES_OF_YEAR
    return YEAR_MONTHS // MONTHS[frequency]


def _regular_fraction(terms: Terms) -> Fraction:
    """A regular period in years: a month 1/12, be it a Hijri one; days and weeks of their year."""
    every = terms.dating.every
    if terms.frequency in DAYS:
        return Fraction(DAYS[terms.frequency] * every, terms.charging.year_of_days)
    return Fraction(every, _a_year(terms.frequency))


def _by_days(terms: Terms, span: Span, start: date, end: date) -> Fraction:
    if terms.day_count == "act/act":
        return _ACTUAL[terms.charging.leap_rule](span, start, end)
    days = periods.days_between(start, end, day_count=terms.day_count)
    return Fraction(days, YEARS_OF_DAYS[terms.day_count])


def _by_calendar_year(_span: Span, start: date, end: date) -> Fraction:
    years = Fraction(0)
    while start.year < end.year:
        next_year = date(start.year + 1, 1, 1)
        years += Fraction((next_year - start).days, _days_in(start.year))
        start = next_year
    return years + Fraction((end - start).days, _days_in(start.year))


def _by_calendar_year_end(span: Span, start: date, end: date) -> Fraction:
    day = timedelta(days=1)
    return _by_calendar_year(span, start + day, end + day)


def _february_29_only(span: Span, start: date, end: date) -> Fraction:
    leaps = [
        date(year, 2, 29) for year in range(span.start.year, span.end.year + 1) if isleap(year)
    ]
    holds = any(span.start < leap <= span.end for leap in leaps)
    return Fraction((end - start).days, LEAP_YEAR if holds else COMMON_YEAR)


def _year_of_start(span: Span, start: date, end: date) -> Fraction:
    return Fraction((end - start).days, _days_in(span.start.year))


def _never(_span: Span, start: date, end: date) -> Fraction:
    return Fraction((end - start).days, COMMON_YEAR)


_ACTUAL: dict[LeapRule, Callable[[Span, date, date], Fraction]] = {
    LeapRule.BY_CALENDAR_YEAR: _by_calendar_year,
    LeapRule.BY_CALENDAR_YEAR_END: _by_calendar_year_end,
    LeapRule.FEBRUARY_29_ONLY: _february_29_only,
    LeapRule.YEAR_OF_START: _year_of_start,
    LeapRule.NEVER: _never,
}


def _days_in(year: int) -> int:
    return LEAP_YEAR if isleap(year) else COMMON_YEAR


def _compound(terms: Terms, parts: Sequence[tuple[Decimal, Fraction]]) -> Fraction:
    """A period's rate from the parts of it: added where nominal, multiplied where effective."""
    if terms.charging.rate_kind is RateKind.NOMINAL:
        return sum((Fraction(annual) * years for annual, years in parts), Fraction(0))
    with localcontext(prec=PRECISION):
        grown = Decimal(0)
        for annual, years in parts:
            grown += (1 + annual).ln() * years.numerator / years.denominator
        return Fraction((grown.exp() - 1).quantize(PLACES))
