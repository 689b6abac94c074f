"""Which running loans are scored together, and what of a loan's facts was known on a day?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from shared.errors import Kind, RafidError


class GradingMonthTold(RafidError):
    """The month is graded by another day"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Loans of {month} are graded by what was known on {as_of}; a month has one such day."
    month: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A loan that runs on a day; `group_id` is the group or household it is lent within."""

    contract_id: UUID
    branch_id: UUID
    group_id: UUID | None


def last_month_end(today: date) -> date:
    """Return the last day of the month before. Worked: of 22 November 2026 it is 31 October."""
    return today.replace(day=1) - timedelta(days=1)


def parts_of(running: Iterable[Running], *, most: int) -> list[tuple[Running, ...]]:
    """Divide loans into parts of at most `most`, groups whole: a signal is of a group's others.

    Colours are ruled over all parts together, so who else stands in a part changes none. A group
    larger than a part is cut. The order in which loans come changes nothing. Worked: of groups
    with 3, 3 and 2 loans and `most` 5 the parts have 3, 3 + 2 loans.
    """
    groups: defaultdict[UUID, list[Running]] = defaultdict(list)
    for loan in sorted(running, key=lambda loan: loan.contract_id):
        groups[loan.group_id or loan.contract_id].append(loan)
    parts: list[list[Running]] = []
    for _, members in sorted(groups.items()):
        for start in range(0, len(members), most):
            unit = members[start : start + most]
            if not parts or len(parts[-1]) + len(unit) > most:
                parts.append([])
            parts[-1] += unit
    return [tuple(sorted(part, key=lambda loan: loan.contract_id)) for part in parts]


def bounds_of(
    running: Iterable[Running], *, officers: Mapping[UUID, int], per_officer: int
) -> dict[UUID, int]:
    """Return how many loans of each branch its officers can look after in a month.

    A branch that nobody is named for has no bound. Worked: 2 officers of 15 loans each: 30.
    """
    branches = {loan.branch_id for loan in running} & officers.keys()
    return {branch: officers[branch] * per_officer for branch in sorted(branches)}


def netted(moved: Iterable[tuple[date, int]]) -> list[tuple[date, int]]:
    """Return what came in by day, what went back again taken off the newest before it.

    Minor units; days on which nothing is left are no payments. Worked: 100 on the 1st, 50 on
    the 5th, 70 back on the 6th: 80 on the 1st.
    """
    kept: list[tuple[date, int]] = []
    for day, minor in sorted(moved, key=lambda item: (item[0], -item[1])):
        owed_back = -minor
        if minor > 0:
            kept.append((day, minor))
        while owed_back > 0 and kept:
            came_on, came = kept.pop()
            if came > owed_back:
                kept.append((came_on, came - owed_back))
            owed_back -= min(came, owed_back)
    by_day: defaultdict[date, int] = defaultdict(int)
    for day, minor in kept:
        by_day[day] += minor
    return sorted(by_day.items())
