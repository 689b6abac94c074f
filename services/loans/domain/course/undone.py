"""Which movements were taken back, and what had they paid until then?"""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from services.loans.domain.course import replay, tables
from services.loans.domain.course.events import Event, Reversed
from services.loans.domain.course.plan import Plan
from services.loans.domain.course.results import Transaction


def with_undone(
    plan: Plan, events: Sequence[Event], told: Sequence[Transaction]
) -> tuple[Transaction, ...]:
    """Every movement in the order of its day and entry, those taken back as they last stood.

    What a reversed movement had paid is what the course before the reversal says of it. Worked: a
    repayment of 27.01 taken back on the same day stays in the list, marked, with its 16.43 of
    principal and the balance of 83.57 that it had led to.
    """
    places = {event.key: place for place, event in enumerate(events)}
    found = list(told)
    for place, event in enumerate(events):
        if isinstance(event, Reversed):
            for moved in _as_it_stood(plan, events[:place], event.of):
                found.insert(_position(found, moved, places), moved)
    return tuple(found)


def _as_it_stood(plan: Plan, before: Sequence[Event], key: Hashable) -> list[Transaction]:
    standing = replay.replay(plan, before)
    return [
        replace(moved, is_reversed=True)
        for moved in tables.course_of(standing, before).transactions
        if _cause(moved.key) == key
    ]


def _position(found: Sequence[Transaction], moved: Transaction, places: dict[Hashable, int]) -> int:
    entered = places.get(_cause(moved.key), 0)
    for position, other in enumerate(found):
        later = places.get(_cause(other.key), 0) > entered
        if other.on > moved.on or (other.on == moved.on and later):
            return position
    return len(found)


def _cause(key: Hashable) -> Hashable:
    """The event that a movement comes from; what an event does besides has a key of two parts."""
    return key[0] if isinstance(key, tuple) else key
