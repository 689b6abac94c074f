"""May a day be named that has not come yet?"""

from datetime import date

from shared.errors import Kind, RafidError


class DayNotYet(RafidError):
    """This day has not come yet"""

    kind = Kind.RULE
    service = "loans"
    detail = "{member} is {day}; where the institution works it is {today}."
    member: str
    day: date
    today: date


def require_come(day: date, *, member: str, today: date) -> None:
    """Raise `DayNotYet` for a day after today: money cannot have moved tomorrow."""
    if day > today:
        raise DayNotYet(member=member, day=day, today=today)
