"""When may a borrower be reminded of what is due, of which days, and in which words?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final

from shared.errors import Kind, RafidError
from shared.money import Money

LATEST_AFTER: Final = timedelta(days=7)
"""How long after its day a reminder still makes sense, where nobody could send it then."""

Say = Callable[[str], str]


class ReminderStep(StrEnum):
    """On which side of the due date a message is."""

    BEFORE = "before"
    AFTER = "after"


class ReminderChannel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    EMAIL = "email"


class ReminderState(StrEnum):
    """What became of a message; one that may have gone out is `unknown`, never sent again."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


class NobodyReminded(RafidError):
    """A policy that reminds nobody"""

    kind = Kind.RULE
    service = "loans"
    detail = "Say how many days before a due date, or after it, borrowers are reminded."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPolicy:
    """Days before and after a due date (None: not on that side), and the quiet hours of a day.

    Quiet from 20:00 until 08:00 spans midnight; from and until alike is never quiet.
    """

    before_days: int | None
    after_days: int | None
    quiet_from: time
    quiet_until: time

    def __post_init__(self) -> None:
        if self.before_days is None and self.after_days is None:
            raise NobodyReminded

    def is_quiet(self, at: time) -> bool:
        """Whether nobody is written to at a local time. Worked: 20:00 to 08:00 holds 07:59."""
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= at < self.quiet_until
        return at >= self.quiet_from or at < self.quiet_until

    def spans(self, today: date) -> dict[ReminderStep, tuple[date, date]]:
        """Give the first and last due date to remind of today, by step.

        What should have been told on an earlier day is told today, as nobody is told twice.
        Worked: three days before and one after on 10 June: from 10 to 13 June, 2 to 9 June.
        """
        spans = {}
        if self.before_days is not None:
            spans[ReminderStep.BEFORE] = (today, today + timedelta(days=self.before_days))
        if self.after_days is not None:
            last = today - timedelta(days=self.after_days)
            spans[ReminderStep.AFTER] = (last - LATEST_AFTER, last)
        return spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a borrower wants to be reminded: at which address, in which language (ar, fr, en)."""

    channel: ReminderChannel
    address: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePart:
    """What is open of one contract up to a due date."""

    reference: str
    open: Money


SENTENCES: Final = {
    ReminderStep.BEFORE: (
        "{name}: {parts} is to be paid by {day}. If you have paid already, thank you. {institution}"
    ),
    ReminderStep.AFTER: (
        "{name}: {parts} was to be paid by {day} and has not come in yet. If you have paid,"
        " forgive us; if you cannot pay, come and talk to us. {institution}"
    ),
}
SUBJECTS: Final = {
    ReminderStep.BEFORE: "What is to be paid by {day}",
    ReminderStep.AFTER: "What was to be paid by {day}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as it is handed over: where to, and in which words."""

    address: str
    subject: str
    text: str


def letter(
    step: ReminderStep,
    parts: Sequence[DuePart],
    *,
    address: str,
    names: dict[str, str],
    day: str,
    say: Say,
) -> Letter:
    """Write a message; `names` are those of the borrower ("name") and the institution.

    `day` is the due date as it is read, `say` gives a sentence in the reader's language. Worked:
    100.000 JOD of L-1 before 2026-06-13 reads "Souad: 100.000 JOD of loan L-1 is to be paid by
    2026-06-13. If you have paid already, thank you. Rizq".
    """
    told = say(", ").join(
        say("{amount} of loan {reference}").format(
            amount=f"{part.open} {part.open.currency}", reference=part.reference
        )
        for part in parts
    )
    return Letter(
        address=address,
        subject=say(SUBJECTS[step]).format(day=day),
        text=say(SENTENCES[step]).format(parts=told, day=day, **names),
    )
