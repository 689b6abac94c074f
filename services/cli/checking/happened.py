"""What had happened up to an event of a case, and up to which day was it worked out?"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict

from services.cli.checking.plans import Scale
from services.cli.checking.reading import Malformed, Node, Unsupported
from services.loans.domain.course.events import Event, Reversed
from services.loans.domain.course.plan import Plan


class Head(TypedDict):
    """What every event of ours begins with: identity, value date, day of entry."""

    key: Hashable
    on: date
    entered_on: date | None


@dataclass(frozen=True, slots=True)
class Entered:
    """An event of ours with the kind of the case's event that it stands for."""

    kind: str
    event: Event


@dataclass(slots=True)
class Happened:
    """The events of a case as ours, in the order of entry, with the day of the last working out."""

    plan: Plan
    scale: Scale
    entered: list[Entered] = field(default_factory=list)
    today: date | None = None
    as_of: date | None = None
    quote: date | None = None
    hidden: set[Hashable] = field(default_factory=set)
    unproven_order: str = ""

    @property
    def events(self) -> tuple[Event, ...]:
        """Our events in the order of entry."""
        return tuple(entry.event for entry in self.entered)

    def add(self, kind: str, event: Event) -> None:
        """Enter an event of ours."""
        self.entered.append(Entered(kind, event))

    def head(self, stated: Node, *, dated: str = "date") -> Head:
        """Give the head of an event whose value date is a member of the case's event."""
        day = stated.get(dated)
        on = day.day() if day else self.today
        if on is None:
            raise Malformed(f"{stated.place} has no {dated}")
        return Head(key=stated["seq"].whole(), on=on, entered_on=self.today)

    def work_out(self, stated: Node) -> None:
        """Note that everything is worked out anew on the day of an event."""
        day = stated.get("date")
        self.as_of = self.today or (day.day() if day else self.as_of)

    def standing(self, kinds: frozenset[str]) -> list[Entered]:
        """Give the events of some kinds that were not undone, in the order of entry."""
        undone = {entry.event.of for entry in self.entered if isinstance(entry.event, Reversed)}
        return [
            entry for entry in self.entered if entry.kind in kinds and entry.event.key not in undone
        ]

    def undo(self, head: Head, found: Sequence[Entered], *, what: str) -> None:
        """Enter the reversal of the last of the events found."""
        if not found:
            raise Unsupported(f"undoing {what} that is no event of its own")
        self.add("undo", Reversed(**head, of=found[-1].event.key))
