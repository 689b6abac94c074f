"""On which days do instalments fall due?"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.loans.domain import due_dates, schedule
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Frequency
from shared.rulebook import Fact, Source
from tests.builders import make_loan


def dates_of(instalments: Sequence[Instalment]) -> list[str]:
    return [instalment.due_on.isoformat() for instalment in instalments]


def make_fact(topic: str, value: Any) -> Fact:
    return Fact(
        id=f"test {topic}", topic=topic, value=value, country="XX", source=Source(title="t")
    )


WEEKEND = make_fact("weekend", "fri sat")


def closed(*days: str) -> Fact:
    return make_fact("holiday", {"rule": "dates", "dates": list(days), "name": "a feast"})


@pytest.mark.parametrize(
    ("frequency", "first_due_on", "expected"),
    [
        (Frequency.WEEKLY, date(2026, 1, 22), ["2026-01-22", "2026-01-29", "2026-02-05"]),
        (Frequency.BIWEEKLY, date(2026, 1, 29), ["2026-01-29", "2026-02-12", "2026-02-26"]),
        (Frequency.MONTHLY, date(2026, 2, 15), ["2026-02-15", "2026-03-15", "2026-04-15"]),
        (Frequency.MONTHLY, date(2026, 3, 1), ["2026-03-01", "2026-04-01", "2026-05-01"]),
        (Frequency.QUARTERLY, date(2026, 4, 15), ["2026-04-15", "2026-07-15", "2026-10-15"]),
    ],
)
def test_due_dates_step_by_the_frequency(
    frequency: Frequency, first_due_on: date, expected: list[str]
) -> None:
    terms = make_loan(frequency=frequency, first_due_on=first_due_on)

    assert dates_of(schedule.schedule(terms)) == expected


def test_a_day_lost_at_the_end_of_february_comes_back() -> None:
    terms = make_loan(disbursed_on=date(2026, 1, 31), first_due_on=date(2026, 2, 28))

    assert dates_of(schedule.schedule(terms)) == ["2026-02-28", "2026-03-31", "2026-04-30"]


def test_full_grace_moves_the_first_due_date() -> None:
    first = due_dates.first_due_on(
        date(2026, 1, 31), frequency=Frequency.MONTHLY, periods_of_grace=2
    )

    assert first == date(2026, 4, 30)


def test_a_due_date_moves_off_a_holiday_and_profit_does_not() -> None:
    moved = schedule.schedule(
        make_loan(moving_rule="next", country="XX", day_count="act/365"),
        overrides=(WEEKEND, closed("2026-02-15", "2026-02-16")),
    )

    assert dates_of(moved) == ["2026-02-17", "2026-03-15", "2026-04-15"]
    assert [one.profit for one in moved] == [
        one.profit for one in schedule.schedule(make_loan(day_count="act/365"))
    ]


def test_dates_pushed_together_by_a_long_feast_stay_apart() -> None:
    feast = [f"2026-01-{day:02}" for day in range(22, 31)]
    terms = make_loan(
        frequency=Frequency.WEEKLY, first_due_on=date(2026, 1, 22), moving_rule="next", country="XX"
    )

    moved = schedule.schedule(terms, overrides=(WEEKEND, closed(*feast)))

    assert dates_of(moved) == ["2026-02-01", "2026-02-02", "2026-02-05"]


def test_a_date_moved_back_never_reaches_the_disbursement() -> None:
    terms = make_loan(
        disbursed_on=date(2026, 1, 15),
        first_due_on=date(2026, 1, 17),
        moving_rule="previous",
        country="XX",
    )

    moved = schedule.schedule(terms, overrides=(WEEKEND, closed("2026-01-15")))

    assert dates_of(moved)[0] == "2026-01-18"
