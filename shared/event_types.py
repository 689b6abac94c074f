"""Which events does a service tell?"""

from collections.abc import Iterator
from functools import cache

from shared import quiet_events, scoring_events
from shared.events import Event

__all__ = ["of_service", "quiet_events", "scoring_events"]


@cache
def of_service(service: str) -> dict[str, type[Event]]:
    """Give every event of a service ("loans") by its type, in the order of the types."""
    found = {
        event.type: event
        for event in _below(Event)
        if hasattr(event, "type") and event.type.startswith(f"{service}.")
    }
    return dict(sorted(found.items()))


def _below(parent: type[Event]) -> Iterator[type[Event]]:
    for event in parent.__subclasses__():
        yield event
        yield from _below(event)
