"""On which days is an adopted review held against what became of it?"""

from collections.abc import Collection
from datetime import date

from shared.periods import add_months


def due_marks(adopted_on: date, *, months: int, over: date, kept: Collection[date]) -> list[date]:
    """Return the marks that are past and were not looked at yet, the earliest first.

    A mark is the day of adoption some whole months later, up to `months`; `over` is the newest
    day that is over everywhere. Worked: adopted on 31 January and asked when 30 April is over,
    the marks are the ends of February, March and April; of 12 months, and none kept, three.
    """
    marks = [add_months(adopted_on, month) for month in range(1, months + 1)]
    return [mark for mark in marks if mark <= over and mark not in kept]
