"""What time is it, and which day is it where the institution stands?"""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from shared.errors import InvalidValue


class UnknownTimeZone(InvalidValue):
    """No such time zone"""

    detail = "{timezone} is not the name of a time zone, such as Africa/Casablanca."
    timezone: str


class Clock(Protocol):
    """Tells the time; every other part of Rafid is given one."""

    def now(self) -> datetime:
        """Give this instant in UTC."""

    def today(self, timezone: str) -> date:
        """Give the day it is now in a time zone, such as "Asia/Amman"."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Give this instant in UTC."""
        return datetime.now(UTC)

    def today(self, timezone: str) -> date:
        """Give the day it is now in a time zone. Raises `UnknownTimeZone`."""
        return self.now().astimezone(zone(timezone)).date()


class FixedClock:
    """A clock that stands still until it is moved: for tests, replays and made history."""

    def __init__(self, at: datetime) -> None:
        self.move_to(at)

    def move_to(self, at: datetime) -> None:
        """Set the clock to an instant, which must carry its offset from UTC."""
        if at.utcoffset() is None:
            raise ValueError("an instant needs its offset from UTC")
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move the clock by a span."""
        self._at += by

    def now(self) -> datetime:
        """Give the instant at which the clock stands, in UTC."""
        return self._at

    def today(self, timezone: str) -> date:
        """Give the day it is then in a time zone. Raises `UnknownTimeZone`."""
        return self._at.astimezone(zone(timezone)).date()


FARTHEST_EAST, FARTHEST_WEST = timedelta(hours=14), timedelta(hours=-12)


def latest_day(at: datetime) -> date:
    """Return the day that it is already somewhere: no later one can have come anywhere.

    For whoever is told days of places whose time zone they do not know. Worked: 22:00 UTC on
    1 April is 2 April in Amman, and the latest day is 2 April.
    """
    return (at + FARTHEST_EAST).date()


def last_day_over(at: datetime) -> date:
    """Return the newest day that has ended everywhere: nothing more can happen on it.

    Worked: at 11:00 UTC on 3 April it is still 2 April west of Alaska, and 1 April is over.
    """
    return (at + FARTHEST_WEST).date() - timedelta(days=1)


def zone(timezone: str) -> ZoneInfo:
    """Give a time zone by its name in the IANA database. Raises `UnknownTimeZone`."""
    try:
        return ZoneInfo(timezone)
    except (KeyError, OSError, ValueError):  # not found; a folder's name; not a relative path
        raise UnknownTimeZone(timezone=timezone[:64]) from None
