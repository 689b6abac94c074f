"""On which days do instalments fall due, and how long is each period?"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext

from services.loans.domain.terms import Frequency, Terms
from shared import calendar, periods
from shared.rulebook import Fact

PERIODS: Mapping[Frequency, periods.Frequency] = {
    Frequency.WEEKLY: "weekly",
    Frequency.BIWEEKLY: "biweekly",
    Frequency.MONTHLY: "monthly",
    Frequency.QUARTERLY: "quarterly",
}
DAYS_OF_30_360 = {
    Frequency.WEEKLY: 7,
    Frequency.BIWEEKLY: 14,
    Frequency.MONTHLY: 30,
    Frequency.QUARTERLY: 90,
}
PRECISION = 40


def first_due_on(
    disbursed_on: date,
    *,
    frequency: Frequency,
    periods_of_grace: int = 0,
    month_end_rule: periods.MonthEndRule = "clamp",
) -> date:
    """The first due date one period after disbursement, later by the periods of full grace.

    Monthly from 31 January 2026: 28 February; with two periods of grace 30 April.
    """
    return periods.add_periods(
        disbursed_on,
        periods_of_grace + 1,
        frequency=PERIODS[frequency],
        month_end_rule=month_end_rule,
    )


def nominal(terms: Terms) -> tuple[date, ...]:
    """The due dates before any is moved off a holiday.

    A first period of regular length keeps the day of disbursement: 31 January, 28 February,
    31 March. Otherwise the day of the first due date is kept.
    """
    rule, frequency = terms.month_end_rule, PERIODS[terms.frequency]
    regular = _first_is_regular(terms)
    anchor, first = (terms.disbursed_on, 1) if regular else (terms.first_due_on, 0)
    return tuple(
        periods.add_periods(anchor, number, frequency=frequency, month_end_rule=rule)
        for number in range(first, first + terms.instalments)
    )


def fractions(terms: Terms, *, nominal: Sequence[date]) -> tuple[Decimal, ...]:
    """The length of each period in years, by the day count of the terms."""
    starts = (terms.disbursed_on, *nominal[:-1])
    if not terms.day_count.startswith("30"):
        return tuple(
            periods.year_fraction(start, end, day_count=terms.day_count)
            for start, end in zip(starts, nominal, strict=True)
        )
    regular = _regular_fraction(terms.frequency)
    first = (
        regular
        if _first_is_regular(terms)
        else periods.year_fraction(terms.disbursed_on, nominal[0], day_count=terms.day_count)
    )
    return (first, *([regular] * (len(nominal) - 1)))


def moved(terms: Terms, *, nominal: Sequence[date], overrides: Sequence[Fact]) -> Sequence[date]:
    """Dates moved off holidays that still follow one another strictly, however long the feast."""
    if terms.moving_rule == "none":
        return nominal
    place = terms.country
    tried = calendar.move_dates(nominal, rule=terms.moving_rule, country=place, overrides=overrides)
    found: list[date] = []
    before = terms.disbursed_on
    for day in tried:
        due_on = day
        if due_on <= before:
            due_on = calendar.move_date(
                before + timedelta(days=1), rule="next", country=place, overrides=overrides
            )
        found.append(due_on)
        before = due_on
    return found


def _first_is_regular(terms: Terms) -> bool:
    regular = first_due_on(
        terms.disbursed_on, frequency=terms.frequency, month_end_rule=terms.month_end_rule
    )
    return terms.first_due_on == regular


def _regular_fraction(frequency: Frequency) -> Decimal:
    with localcontext(prec=PRECISION):
        return Decimal(DAYS_OF_30_360[frequency]) / 360
