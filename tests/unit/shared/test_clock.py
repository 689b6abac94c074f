"""The clock tells instants in UTC, and the day where the institution stands."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shared.clock import (
    FixedClock,
    SystemClock,
    UnknownTimeZone,
    last_day_over,
    latest_day,
    zone,
)

LATE = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)


def test_the_clock_of_the_machine_moves_on_in_utc() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()

    assert first <= second
    assert first.utcoffset() == timedelta(0)


def test_the_machine_knows_the_day_of_a_zone() -> None:
    clock = SystemClock()
    before = clock.now().astimezone(zone("Asia/Amman")).date()

    assert before <= clock.today("Asia/Amman") <= before + timedelta(days=1)


def test_the_day_depends_on_the_zone() -> None:
    clock = FixedClock(LATE)

    assert clock.today("Africa/Nouakchott") == date(2026, 3, 31)
    assert clock.today("Asia/Amman") == date(2026, 4, 1)


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = FixedClock(LATE)
    assert clock.now() == clock.now() == LATE

    clock.advance(timedelta(hours=2))
    assert clock.now() == datetime(2026, 4, 1, 0, 30, tzinfo=UTC)

    clock.move_to(LATE)
    assert clock.now() == LATE


def test_an_instant_of_another_offset_is_told_in_utc() -> None:
    clock = FixedClock(datetime(2026, 4, 1, 1, 30, tzinfo=timezone(timedelta(hours=3))))

    assert clock.now() == LATE
    assert clock.now().tzinfo is UTC


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        FixedClock(datetime(2026, 4, 1))  # noqa: DTZ001 - the naive instant is what is refused


@pytest.mark.parametrize(
    "name", ["Asia/Nowhere", "", "/etc/passwd", "../Asia/Amman", "Africa", "a\0"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownTimeZone) as refused:
        zone(name)
    assert refused.value.timezone == name


def test_no_place_on_earth_is_further_than_the_latest_day() -> None:
    assert latest_day(LATE) == date(2026, 4, 1) == LATE.astimezone(zone("Asia/Amman")).date()
    assert latest_day(LATE.replace(hour=9, minute=59)) == date(2026, 3, 31)
    kiritimati = LATE.replace(hour=10).astimezone(zone("Pacific/Kiritimati")).date()
    assert latest_day(LATE.replace(hour=10)) == kiritimati == date(2026, 4, 1)


@pytest.mark.parametrize(("hour", "day"), [(11, 1), (12, 2), (23, 2)])
def test_a_day_is_over_when_it_has_ended_in_the_farthest_west(hour: int, day: int) -> None:
    at = datetime(2026, 4, 3, hour, tzinfo=UTC)

    assert last_day_over(at) == date(2026, 4, day)
    west = at.astimezone(timezone(timedelta(hours=-12))).date()
    assert last_day_over(at) < west <= latest_day(at)
