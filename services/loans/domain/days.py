"""May a day be named that has not come yet?"""

from datetime import date, timedelta

from shared.errors import Kind, RafidError


class DayNotYet(RafidError):
    """This day has not come yet"""

    kind = Kind.RULE
    service = "loans"
    detail = "{member} is {day}; where the institution works it is {today}."
    member: str
    day: date
    today: date


class SignedBeforeDecided(RafidError):
    """The contract is dated before its approval"""

    kind = Kind.RULE
    service = "loans"
    detail = "signed_on is {signed_on}; the application was approved on {decided_on}."
    signed_on: date
    decided_on: date


def require_decided(signed_on: date, *, decided_on: date) -> None:
    """Raise `SignedBeforeDecided` for a day before the decision: nobody signs what may fail."""
    if signed_on < decided_on:
        raise SignedBeforeDecided(signed_on=signed_on, decided_on=decided_on)


def require_come(day: date, *, member: str, today: date) -> None:
    """Raise `DayNotYet` for a day after today: money cannot have moved tomorrow."""
    if day > today:
        raise DayNotYet(member=member, day=day, today=today)


def open_day(day: date, *, closed_through: date | None) -> date:
    """The day itself, or the first open day of the books where it is closed already."""
    if closed_through is None or day > closed_through:
        return day
    return closed_through + timedelta(days=1)
