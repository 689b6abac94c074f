"""Months and years of the books have names, first and last days, and follow without a gap."""

import itertools
from datetime import date, timedelta

import pytest

from services.loans.domain import book_periods
from services.loans.domain.book_periods import (
    TOLD,
    Check,
    PeriodNameUnknown,
    PeriodNotReady,
)


def test_a_month_and_a_year_by_name() -> None:
    february = book_periods.named("2028-02")
    year = book_periods.named("2026")
    of_july = book_periods.named("2026", year_starts_month=7)

    assert (february.starts_on, february.ends_on) == (date(2028, 2, 1), date(2028, 2, 29))
    assert (year.starts_on, year.ends_on) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (of_july.starts_on, of_july.ends_on) == (date(2026, 7, 1), date(2027, 6, 30))
    assert (february.is_year, year.is_year) == (False, True)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_months_of_a_year_are_the_year(month: int) -> None:
    year = book_periods.named("2026", year_starts_month=month)
    months = book_periods.of_year(year)

    assert len(months) == 12
    assert (months[0].starts_on, months[-1].ends_on) == (year.starts_on, year.ends_on)
    for one, following in itertools.pairwise(months):
        assert one.ends_on + timedelta(days=1) == following.starts_on
        assert book_periods.year_of(one.ends_on, year_starts_month=month) == year


@pytest.mark.parametrize(
    "name",
    ["", "2026-1", "2026-13", "2026-00", "26", "20266", "1899", "2200-01", "٢٠٢٦", "2026-01\n"],
)
def test_what_names_no_period_is_refused(name: str) -> None:
    with pytest.raises(PeriodNameUnknown):
        book_periods.named(name)


def test_a_period_is_ready_when_nothing_stands_against_it() -> None:
    period = book_periods.named("2026-03")
    checks = [Check(code=code, told=told, found=0) for code, told in TOLD.items()]
    book_periods.require_ready(period, checks)

    waiting = Check(code="orders", told=TOLD["orders"], found=2)
    with pytest.raises(PeriodNotReady) as caught:
        book_periods.require_ready(period, [*checks, waiting])

    assert caught.value.checks == (waiting,)
    assert caught.value.reason == TOLD["orders"]
    assert waiting.to_json() == {
        "check": "orders",
        "told": TOLD["orders"],
        "found": 2,
        "holds": False,
    }
