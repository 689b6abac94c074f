"""On which days do instalments fall due, and over how many steps does each period run?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from services.loans.domain.contradictions import TermsInvalid, shown
from services.loans.domain.dating import CalendarKind
from services.loans.domain.terms import Frequency, Terms
from shared import calendar, periods
from shared.periods import MAX_DAY, MonthEndRule
from shared.rulebook import Fact

DAYS: Mapping[Frequency, int] = {
    Frequency.DAILY: 1,
    Frequency.WEEKLY: 7,
    Frequency.BIWEEKLY: 14,
}
MONTHS: Mapping[Frequency, int] = {
    Frequency.MONTHLY: 1,
    Frequency.QUARTERLY: 3,
    Frequency.HALF_YEARLY: 6,
    Frequency.YEARLY: 12,
}
HALVES_OF_MONTH = 2
HALF_MONTH_DAYS = 15
# Seasons leave at most a year out; more steps than this in a row mean that nothing is left.
LEFT_OUT_MAX = 400
LATEST = MAX_DAY - timedelta(days=31)
"""The last day on which anything may fall due, also where it is moved off a feast."""

Step = Callable[[int], date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A period as it is charged: after `start`, up to `end`, over so many regular steps.

    `is_odd` marks a first period that is shorter or longer than its steps.
    """

    start: date
    end: date
    steps: int
    is_odd: bool = False

    @property
    def days(self) -> int:
        """The number of its days."""
        return (self.end - self.start).days


def first_due_on(
    disbursed_on: date,
    *,
    frequency: Frequency,
    periods_of_grace: int = 0,
    month_end_rule: MonthEndRule = "clamp",
) -> date:
    """The first due date one period after disbursement, later by the periods of full grace.

    Monthly from 31 January 2026: 28 February; with two periods of grace 30 April.
    """
    if frequency in DAYS:
        return disbursed_on + timedelta(days=DAYS[frequency] * (periods_of_grace + 1))
    if frequency is Frequency.TWICE_A_MONTH:
        return disbursed_on + timedelta(days=HALF_MONTH_DAYS * (periods_of_grace + 1))
    months = MONTHS[frequency] * (periods_of_grace + 1)
    return periods.add_months(disbursed_on, months, month_end_rule)


def usual_first(terms: Terms, *, periods_of_grace: int = 0) -> date:
    """The first due date one step of the terms after their first period starts, or later.

    What `first_due_on` is without calendars, steps of several periods and moratoria; the terms'
    own first due date is not looked at.
    """
    steps = periods_of_grace + 1
    with _within_calendars(terms):
        start = period_start(terms)
        if terms.frequency is Frequency.TWICE_A_MONTH:
            return _half_months(start, terms.dating.days)(steps - 1)
        return step_of(terms, start)(steps)


def nominal(terms: Terms) -> tuple[date, ...]:
    """The due dates before any is moved off a holiday.

    A first period of regular length keeps the day of disbursement: 31 January, 28 February,
    31 March. Otherwise the day of the first due date is kept, or that of the anchor. Raises
    `TermsInvalid` where the calendars do not reach that far.
    """
    dating = terms.dating
    if dating.seasons or dating.anchor_on is not None or terms.frequency not in MONTHS:
        return tuple(span.end for span in spans(terms))
    with _within_calendars(terms):
        anchor, first = _anchor(terms)
        at = step_of(terms, anchor)
        found = tuple([at(number) for number in range(first, first + terms.instalments)])
        _require_reached(found[-1])
        return found


def spans(terms: Terms) -> tuple[Span, ...]:
    """The periods of the loan, one for each instalment, dates not moved off holidays.

    A date in a season of weight nothing is left out and its period joins the next: monthly from
    15 January 2026 with none in Ramadan gives 15 February, 15 April. Raises `TermsInvalid` where
    the seasons leave no day, or the calendars do not reach that far.
    """
    with _within_calendars(terms):
        found = _spans(terms)
        _require_reached(found[-1].end)
        return found


def _spans(terms: Terms) -> tuple[Span, ...]:
    found: list[Span] = []
    start, steps = period_start(terms), 0
    regular = is_regular(terms)
    days = _days(terms)
    while len(found) < terms.instalments:
        day = next(days)
        steps += 1
        if steps > LEFT_OUT_MAX:
            raise TermsInvalid(member="dating.seasons", value=shown(terms.dating.seasons))
        if terms.dating.seasons and terms.dating.weight(day) == 0:
            continue
        odd = not found and not regular
        found.append(Span(start=start, end=day, steps=steps, is_odd=odd))
        start, steps = day, 0
    return tuple(found)


def period_start(terms: Terms) -> date:
    """The day from which the first period runs: the disbursement, later by the moratorium."""
    moratorium = terms.charging.moratorium
    if not moratorium:
        return terms.disbursed_on
    if terms.frequency is Frequency.TWICE_A_MONTH:
        return _half_months(terms.disbursed_on, terms.dating.days)(moratorium - 1)
    return step_of(terms, terms.disbursed_on)(moratorium)


def is_regular(terms: Terms) -> bool:
    """Whether the first due date lies one step after the start of the first period."""
    start = period_start(terms)
    if terms.frequency is Frequency.TWICE_A_MONTH:
        halves = _half_months(start - timedelta(days=1), terms.dating.days)
        return halves(0) == start and halves(1) == terms.first_due_on
    return step_of(terms, start)(1) == terms.first_due_on


def regular_days(terms: Terms, span: Span) -> int:
    """The days that a period of as many steps would have, ending on the same day."""
    if terms.frequency is Frequency.TWICE_A_MONTH:
        return HALF_MONTH_DAYS * span.steps
    return (span.end - step_of(terms, span.end)(-span.steps)).days


def step_of(terms: Terms, anchor: date) -> Step:
    """The day so many steps of the terms after a day."""
    frequency, dating, rule = terms.frequency, terms.dating, terms.month_end_rule
    if frequency in DAYS:
        days = DAYS[frequency] * dating.every
        return lambda steps: anchor + timedelta(days=days * steps)
    months = MONTHS[frequency] * dating.every
    if dating.calendar is CalendarKind.HIJRI:
        return lambda steps: calendar.add_hijri_months(anchor, months * steps, rule)
    if anchor.day <= periods.SHORTEST_MONTH and rule != "end_of_month":
        return _plain_months(anchor, months)
    return lambda steps: periods.add_months(anchor, months * steps, rule)


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


@contextmanager
def _within_calendars(terms: Terms) -> Iterator[None]:
    """The Hijri tables end in November 2077, our years with 2200: told as a refusal."""
    try:
        yield
    except (ValueError, OverflowError):
        value = f"{terms.instalments} {terms.frequency} {terms.dating.calendar}"
        raise TermsInvalid(member="instalments", value=value) from None


def _require_reached(last: date) -> None:
    if last > LATEST:
        raise OverflowError(last)


def _days(terms: Terms) -> Iterator[date]:
    """Every day on which an instalment could fall due, from the first on."""
    if terms.frequency is Frequency.TWICE_A_MONTH:
        yield terms.first_due_on
        following = _half_months(terms.first_due_on, terms.dating.days)
        yield from (following(number) for number in count())
    anchor, first = _anchor(terms)
    at = step_of(terms, anchor)
    yield from (at(number) for number in count(first))


def _anchor(terms: Terms) -> tuple[date, int]:
    """The day that steps are counted from, and the step of the first due date."""
    anchor_on = terms.dating.anchor_on
    if anchor_on is None:
        start = period_start(terms)
        return (start, 1) if is_regular(terms) else (terms.first_due_on, 0)
    at = step_of(terms, anchor_on)
    return anchor_on, next(step for step in count() if at(step) >= terms.first_due_on)


def _half_months(after: date, days: tuple[int, ...]) -> Step:
    """The days of two in each month that follow a day, from 0."""
    first = after.replace(day=1)

    def at(number: int) -> date:
        month = periods.add_months(first, number // HALVES_OF_MONTH)
        day = min(days[number % HALVES_OF_MONTH], periods.days_in_month(month))
        return month.replace(day=day)

    skipped = next(number for number in count() if at(number) > after)
    return lambda number: at(number + skipped)


def _plain_months(anchor: date, months: int) -> Step:
    """Steps of months from a day that every month has."""
    year, month, day = anchor.year, anchor.month - 1, anchor.day

    def at(steps: int) -> date:
        years, index = divmod(month + months * steps, 12)
        return date(year + years, index + 1, day)

    return at
