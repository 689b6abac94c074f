"""By which steps and calendars do due dates follow, and which seasons are spared?"""

from datetime import date
from typing import Any

import pytest

from services.loans.domain import dating, due_dates, schedule
from services.loans.domain.charging import Charging
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.dating import CalendarKind, Dating, Season
from services.loans.domain.terms import Frequency, Terms
from shared.calendar import HijriDate
from tests.builders import make_loan


def days_of(terms: Terms) -> list[str]:
    return [day.isoformat() for day in due_dates.nominal(terms)]


def loan(day: str = "2026-01-15", **changes: Any) -> Terms:
    """Three monthly instalments from a day, the first a regular step after it."""
    members = {"disbursed_on": date.fromisoformat(day)} | changes
    if "first_due_on" in members:
        return make_loan(**members)
    terms = make_loan(**members, first_due_on=date(2040, 1, 1))
    return make_loan(**members, first_due_on=due_dates.usual_first(terms))


@pytest.mark.parametrize(
    ("frequency", "dated", "expected"),
    [
        (Frequency.DAILY, Dating(), ["2026-01-16", "2026-01-17", "2026-01-18"]),
        (Frequency.DAILY, Dating(every=6), ["2026-01-21", "2026-01-27", "2026-02-02"]),
        (Frequency.WEEKLY, Dating(every=3), ["2026-02-05", "2026-02-26", "2026-03-19"]),
        (Frequency.TWICE_A_MONTH, Dating(days=(1, 15)), ["2026-02-01", "2026-02-15", "2026-03-01"]),
        (
            Frequency.TWICE_A_MONTH,
            Dating(days=(15, 31)),
            ["2026-01-31", "2026-02-15", "2026-02-28"],
        ),
        (Frequency.MONTHLY, Dating(every=2), ["2026-03-15", "2026-05-15", "2026-07-15"]),
        (Frequency.HALF_YEARLY, Dating(), ["2026-07-15", "2027-01-15", "2027-07-15"]),
        (Frequency.YEARLY, Dating(), ["2027-01-15", "2028-01-15", "2029-01-15"]),
    ],
)
def test_due_dates_follow_by_steps_of_every_kind(
    frequency: Frequency, dated: Dating, expected: list[str]
) -> None:
    assert days_of(loan(frequency=frequency, dating=dated)) == expected


def test_hijri_months_are_counted_by_the_moon() -> None:
    terms = loan("2026-02-18", dating=Dating(calendar=CalendarKind.HIJRI))

    assert days_of(terms) == ["2026-03-20", "2026-04-18", "2026-05-18"]
    assert {HijriDate.of(day).day for day in due_dates.nominal(terms)} == {1}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("clamp", ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("end_of_month", ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("next_month", ["2026-03-01", "2026-03-31", "2026-05-01"]),
    ],
)
def test_a_day_that_a_month_lacks_goes_where_its_rule_says(rule: str, expected: list[str]) -> None:
    assert days_of(loan("2026-01-31", month_end_rule=rule)) == expected


def test_all_dates_fall_on_the_last_day_of_the_month() -> None:
    terms = loan("2022-10-17", first_due_on=date(2022, 10, 31), month_end_rule="end_of_month")

    assert days_of(terms) == ["2022-10-31", "2022-11-30", "2022-12-31"]


def test_steps_are_counted_from_an_anchor() -> None:
    anchored = Dating(anchor_on=date(2025, 12, 31))
    terms = loan("2026-01-15", first_due_on=date(2026, 2, 20), dating=anchored)

    assert days_of(terms) == ["2026-02-28", "2026-03-31", "2026-04-30"]


def test_an_anchor_after_the_first_due_date_is_refused() -> None:
    with pytest.raises(TermsInvalid):
        loan(first_due_on=date(2026, 2, 15), dating=Dating(anchor_on=date(2026, 2, 16)))


def test_a_date_in_ramadan_is_left_out_and_the_period_grows() -> None:
    terms = loan(instalments=4, dating=Dating(seasons=dating.template("no_instalment_in_ramadan")))
    spans = due_dates.spans(terms)

    # Ramadan 1447 is 18 February to 19 March 2026: 15 March lies in it.
    assert days_of(terms) == ["2026-02-15", "2026-04-15", "2026-05-15", "2026-06-15"]
    assert [span.steps for span in spans] == [1, 2, 1, 1]
    assert schedule.columns(terms).profit[1] == 1_504  # 2 % of the 752.02 that is left


def test_half_an_instalment_falls_due_in_ramadan() -> None:
    terms = loan(dating=Dating(seasons=dating.template("half_instalment_in_ramadan")))
    found = schedule.columns(terms)

    totals = [one + other for one, other in zip(found.principal, found.profit, strict=True)]
    assert days_of(terms)[1] == "2026-03-15"
    assert abs(2 * totals[1] - totals[0]) <= 2
    assert sum(found.principal) == 100_000


def test_after_an_olive_harvest_only_three_months_are_due() -> None:
    terms = loan(
        "2026-06-15", instalments=6, dating=Dating(seasons=dating.template("olive_harvest"))
    )

    months = [day.month for day in due_dates.nominal(terms)]
    assert months == [11, 12, 1, 11, 12, 1]


def test_a_season_may_run_over_the_turn_of_the_year() -> None:
    winter = Season(calendar=CalendarKind.GREGORIAN, first=(12, 20), last=(1, 10), weight=50)

    assert [winter.holds(date(2026, *day)) for day in ((12, 19), (12, 20), (1, 10), (1, 11))] == [
        False,
        True,
        True,
        False,
    ]


def test_of_two_seasons_the_lighter_counts() -> None:
    def season(weight: int) -> Season:
        return Season(calendar=CalendarKind.GREGORIAN, first=(3, 1), last=(3, 31), weight=weight)

    dated = Dating(seasons=(season(80), season(30)))
    assert dated.weight(date(2026, 3, 5)) == 30
    assert dated.weight(date(2026, 4, 5)) == 100


def test_seasons_that_leave_no_day_are_refused() -> None:
    always = Season(calendar=CalendarKind.GREGORIAN, first=(1, 1), last=(12, 31), weight=0)

    with pytest.raises(TermsInvalid) as refusal:
        due_dates.spans(loan(dating=Dating(seasons=(always,))))
    assert refusal.value.member == "dating.seasons"


def test_a_loan_longer_than_the_hijri_tables_is_refused() -> None:
    terms = loan(instalments=600, principal=make_loan().principal * 10_000, dating=HIJRI_YEARS)

    with pytest.raises(TermsInvalid) as refusal:
        due_dates.nominal(terms)
    assert refusal.value.member == "instalments"


HIJRI_YEARS = Dating(calendar=CalendarKind.HIJRI, every=12)


def test_a_moratorium_starts_the_first_period_later() -> None:
    terms = loan("2026-01-31", charging=Charging(moratorium=2))

    assert due_dates.period_start(terms) == date(2026, 3, 31)
    assert days_of(terms) == ["2026-04-30", "2026-05-31", "2026-06-30"]
    assert due_dates.is_regular(terms)


def test_a_moratorium_of_half_months_counts_half_months() -> None:
    terms = loan(
        frequency=Frequency.TWICE_A_MONTH,
        dating=Dating(days=(1, 15)),
        charging=Charging(moratorium=1),
    )

    assert due_dates.period_start(terms) == date(2026, 2, 1)
    assert days_of(terms)[0] == "2026-02-15"
    assert due_dates.is_regular(terms)


@pytest.mark.parametrize(
    "changes",
    [
        {"every": 0},
        {"every": 367},
        {"days": (15,)},
        {"days": (15, 1)},
        {"days": (0, 15)},
        {"seasons": (dating.template("wheat_harvest")[0],) * 13},
    ],
)
def test_dating_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TermsInvalid) as refusal:
        Dating(**changes)

    assert refusal.value.member == f"dating.{next(iter(changes))}"


@pytest.mark.parametrize(
    "changes",
    [{"first": (13, 1)}, {"first": (1,)}, {"last": (1, 32)}, {"weight": -1}, {"weight": 1_001}],
)
def test_a_season_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    lawful: dict[str, Any] = {"first": (1, 1), "last": (1, 31), "weight": 50}
    with pytest.raises(TermsInvalid):
        Season(calendar=CalendarKind.GREGORIAN, **lawful | changes)


def test_a_template_that_there_is_not_is_refused() -> None:
    with pytest.raises(TermsInvalid):
        dating.template("never")


@pytest.mark.parametrize(
    "changes",
    [
        {"frequency": Frequency.TWICE_A_MONTH},
        {"dating": Dating(days=(1, 15))},
        {"frequency": Frequency.TWICE_A_MONTH, "dating": Dating(days=(1, 15), every=2)},
        {"frequency": Frequency.WEEKLY, "dating": Dating(calendar=CalendarKind.HIJRI)},
    ],
)
def test_steps_that_no_calendar_has_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TermsInvalid):
        make_loan(**changes)
