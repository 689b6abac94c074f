"""A date moves off the days on which nobody works there, by the rule that was agreed."""

from datetime import date
from typing import cast

import pytest

from shared import calendar
from shared.calendar import HijriDate, MovingRule
from shared.errors import JsonValue
from shared.periods import MonthEndRule
from shared.rulebook import Fact, NoRule, Source

SATURDAY, SUNDAY = 5, 6


def make_holiday(
    value: dict[str, JsonValue],
    *,
    name: str = "own",
    country: str = "MA",
    since: date | None = None,
    until: date | None = None,
) -> Fact:
    return Fact(
        id=name,
        topic="holiday",
        value=value,
        country=country,
        in_force_from=since,
        in_force_until=until,
        source=Source(title="Decision of the institution"),
    )


def names(country: str, year: int, *overrides: Fact) -> dict[date, str]:
    found = calendar.holidays(country, year=year, overrides=overrides)
    return {holiday.on: holiday.name for holiday in found}


@pytest.mark.parametrize(
    ("day", "hijri"),
    [
        (date(2026, 3, 20), (1447, 10, 1)),
        (date(2024, 7, 7), (1446, 1, 1)),
        (date(2077, 11, 16), (1500, 12, 30)),
        (date(1924, 8, 1), (1343, 1, 1)),
    ],
)
def test_a_day_has_its_hijri_date(day: date, hijri: tuple[int, int, int]) -> None:
    found = HijriDate.of(day)

    assert (found.year, found.month, found.day) == hijri


@pytest.mark.parametrize("day", [date(1924, 7, 31), date(2077, 11, 17)])
def test_outside_the_tables_there_is_no_hijri_date(day: date) -> None:
    with pytest.raises(ValueError, match="tables"):
        HijriDate.of(day)


def test_the_months_have_names() -> None:
    assert HijriDate.of(date(2026, 3, 20)).month_name == "Shawwal"
    assert HijriDate(year=1447, month=1, day=1).month_name == "Muharram"
    assert HijriDate(year=1447, month=12, day=1).month_name == "Dhu al-Hijjah"


def test_the_weekend_is_that_of_the_day() -> None:
    assert calendar.weekend("AE", on=date(2021, 12, 31)) == {4, SATURDAY}
    assert calendar.weekend("AE", on=date(2022, 1, 1)) == {SATURDAY, SUNDAY}
    assert calendar.weekend("SA", on=date(2013, 6, 1)) == {3, 4}


def test_a_country_we_do_not_know_has_no_calendar() -> None:
    with pytest.raises(NoRule):
        calendar.is_working_day(date(2026, 1, 5), country="XX")


def test_fixed_days_and_feasts_of_the_moon_are_holidays() -> None:
    found = names("MA", 2026)

    assert found[date(2026, 1, 11)] == "Proclamation of Independence"
    assert found[date(2026, 3, 20)] == found[date(2026, 3, 21)] == "Eid al-Fitr"
    assert found[date(2026, 5, 27)] == found[date(2026, 5, 28)] == "Eid al-Adha"
    assert list(found) == sorted(found)


def test_only_feasts_of_the_moon_are_marked_as_calculated() -> None:
    marked = {
        holiday.name for holiday in calendar.holidays("SA", year=2026) if holiday.is_calculated
    }

    assert marked == {"Eid al-Fitr", "Day of Arafah", "Eid al-Adha"}


def test_a_feast_can_come_twice_in_a_year() -> None:
    # The Hijri years 1429 and 1430 both begin in 2008.
    new_years = [
        holiday.on
        for holiday in calendar.holidays("MA", year=2008)
        if holiday.name == "Hijri New Year"
    ]

    assert new_years == [date(2008, 1, 10), date(2008, 12, 29)]


def test_a_holiday_begins_with_its_law() -> None:
    assert date(2023, 1, 14) not in names("MA", 2023)
    assert names("MA", 2024)[date(2024, 1, 14)] == "Amazigh New Year"
    assert date(2021, 1, 14) in names("TN", 2021)
    assert date(2022, 1, 14) not in names("TN", 2022)


def test_a_law_can_change_the_length_of_a_feast() -> None:
    fitr = [
        sum(name == "Eid al-Fitr" for name in names("DZ", year).values()) for year in (2022, 2024)
    ]

    assert fitr == [2, 3]


def test_listed_days_are_holidays() -> None:
    assert names("EG", 2027)[date(2027, 5, 3)] == "Spring Festival"


def test_beyond_the_tables_only_fixed_days_are_known() -> None:
    assert {holiday.is_calculated for holiday in calendar.holidays("MA", year=2090)} == {False}


def test_the_sighting_of_the_moon_replaces_the_calculated_day() -> None:
    seen = make_holiday(
        {"name": "Eid al-Fitr", "rule": "dates", "dates": ["2026-03-21", "2026-03-22"]},
        name="holiday-MA-eid-al-fitr",
        since=date(2026, 1, 1),
        until=date(2027, 1, 1),
    )
    found = names("MA", 2026, seen)

    assert date(2026, 3, 20) not in found
    assert found[date(2026, 3, 21)] == found[date(2026, 3, 22)] == "Eid al-Fitr"
    assert date(2027, 3, 9) in names("MA", 2027, seen)
    assert not calendar.is_working_day(date(2026, 3, 20), country="MA")
    assert calendar.is_working_day(date(2026, 3, 20), country="MA", overrides=[seen])


def test_an_institution_can_close_on_days_of_its_own() -> None:
    own = make_holiday({"name": "Inventory", "rule": "fixed", "month": 12, "day": 30, "days": 4})

    assert sorted(day for day, name in names("MA", 2026, own).items() if name == "Inventory") == [
        date(2026, 12, 30),
        date(2026, 12, 31),
    ]
    assert names("DZ", 2026, own) == names("DZ", 2026)


def test_a_holiday_says_when_it_is() -> None:
    with pytest.raises(ValueError, match="own does not say when"):
        calendar.holidays("MA", year=2026, overrides=[make_holiday({"name": "?", "rule": "moon"})])


def test_neither_weekend_nor_holiday_is_a_working_day() -> None:
    assert calendar.is_working_day(date(2026, 1, 12), country="MA")
    assert not calendar.is_working_day(date(2026, 1, 10), country="MA")
    assert not calendar.is_working_day(date(2026, 5, 1), country="MA")


@pytest.mark.parametrize(
    ("day", "rule", "moved"),
    [
        (date(2026, 1, 31), "none", date(2026, 1, 31)),
        (date(2026, 1, 31), "next", date(2026, 2, 2)),
        (date(2026, 1, 31), "extend", date(2026, 2, 2)),
        (date(2026, 1, 31), "previous", date(2026, 1, 30)),
        (date(2026, 1, 31), "modified_following", date(2026, 1, 30)),
        (date(2026, 1, 10), "modified_following", date(2026, 1, 12)),
        (date(2026, 1, 12), "next", date(2026, 1, 12)),
        (date(2026, 1, 12), "previous", date(2026, 1, 12)),
        # Eid al-Fitr falls on Friday and Saturday before a Sunday.
        (date(2026, 3, 20), "next", date(2026, 3, 23)),
    ],
)
def test_a_date_moves_by_its_rule(day: date, rule: MovingRule, moved: date) -> None:
    assert calendar.move_date(day, rule=rule, country="MA") == moved


def test_a_whole_schedule_is_moved_date_by_date() -> None:
    days = [date(2026, 1, 9), date(2026, 1, 10), date(2026, 1, 11)]

    assert calendar.move_dates(days, rule="next", country="MA") == (
        date(2026, 1, 9),
        date(2026, 1, 12),
        date(2026, 1, 12),
    )


def test_a_schedule_that_extends_pushes_the_later_dates_along() -> None:
    days = [date(2026, 1, 9), date(2026, 1, 10), date(2026, 1, 11), date(2026, 1, 12)]

    assert calendar.move_dates(days, rule="extend", country="MA") == (
        date(2026, 1, 9),
        date(2026, 1, 12),
        date(2026, 1, 13),
        date(2026, 1, 15),
    )


def test_a_country_that_never_works_is_told_instead_of_searched_for_ever() -> None:
    never = Fact(
        id="never",
        topic="weekend",
        value="mon tue wed thu fri sat sun",
        country="MA",
        source=Source(title="A mistake in an override"),
    )

    with pytest.raises(ValueError, match="no working day"):
        calendar.move_date(date(2026, 1, 5), rule="next", country="MA", overrides=[never])


def test_a_weekend_of_unknown_days_is_refused() -> None:
    wrong = Fact(
        id="wrong", topic="weekend", value="funday", country="MA", source=Source(title="A slip")
    )

    with pytest.raises(ValueError, match="not in tuple"):
        calendar.weekend("MA", on=date(2026, 1, 5), overrides=[wrong])


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="sideways"):
        calendar.move_date(date(2026, 1, 31), rule=cast("MovingRule", "sideways"), country="MA")


@pytest.mark.parametrize(
    ("start", "months", "rule", "expected"),
    [
        (date(2026, 3, 1), 1, "clamp", date(2026, 3, 31)),  # 12 Ramadan to 12 Shawwal 1447
        (date(2026, 3, 31), -1, "clamp", date(2026, 3, 1)),
        (date(2026, 6, 16), 12, "clamp", date(2027, 6, 6)),  # a lunar year of 355 days
        (date(2026, 3, 19), 1, "clamp", date(2026, 4, 17)),  # 30 Ramadan; Shawwal has 29 days
        (date(2026, 3, 19), 1, "next_month", date(2026, 4, 18)),
        (date(2026, 4, 17), 1, "end_of_month", date(2026, 5, 17)),  # 29 Shawwal is its last
        (date(2026, 4, 17), 1, "clamp", date(2026, 5, 16)),
    ],
)
def test_hijri_months_are_stepped_by_the_tables(
    start: date, months: int, rule: MonthEndRule, expected: date
) -> None:
    assert calendar.add_hijri_months(start, months, rule) == expected


def test_a_hijri_step_out_of_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="tables"):
        calendar.add_hijri_months(date(2077, 1, 1), 24)


def test_a_hijri_day_is_written_as_a_day_is() -> None:
    assert calendar.hijri(date(2026, 3, 1)).to_text() == "1447-09-12"
