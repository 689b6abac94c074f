"""What do policies, wishes and messages look like on the wire?"""

from datetime import date, datetime, time
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.domain.reminding import (
    ReminderChannel,
    ReminderPolicy,
    ReminderState,
    ReminderStep,
    Wish,
)
from services.loans.reminders.tables import ReminderDayRow, ReminderPolicyRow, ReminderRow
from shared.schemas import Body
from shared.texts import Language

Hour = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["20:00"])]


class ReminderPolicyBody(Body):
    """Days before and after a due date, left out for none, and when nobody is written to."""

    before_days: Annotated[int, Field(ge=0, le=30)] | None = None
    after_days: Annotated[int, Field(ge=1, le=60)] | None = None
    quiet_from: Hour = "20:00"
    quiet_until: Hour = "08:00"
    language: Language = "ar"

    def policy(self) -> ReminderPolicy:
        """Read it. Raises NobodyReminded."""
        return ReminderPolicy(
            before_days=self.before_days,
            after_days=self.after_days,
            quiet_from=time.fromisoformat(self.quiet_from),
            quiet_until=time.fromisoformat(self.quiet_until),
        )

    @classmethod
    def of(cls, row: ReminderPolicyRow) -> Self:
        """Write a row."""
        return cls(
            before_days=row.before_days,
            after_days=row.after_days,
            quiet_from=row.quiet_from.strftime("%H:%M"),
            quiet_until=row.quiet_until.strftime("%H:%M"),
            language=row.language,
        )


class ReminderPolicyOut(Body):
    """The policy that holds, if there is one."""

    policy: ReminderPolicyBody | None


class ReminderContactIn(Body):
    """By which way, at which address and in which language a borrower wants to be reminded."""

    channel: ReminderChannel
    address: Annotated[str, Field(min_length=3, max_length=254)]
    language: Language

    def wish(self) -> Wish:
        """Read it."""
        return Wish(channel=self.channel, address=self.address, language=self.language)


class ReminderOut(Body):
    """A message without its words: to whom, of which due date, what became of it."""

    reminder_id: UUID
    borrower_id: UUID
    due_on: date
    step: ReminderStep
    day: date
    channel: ReminderChannel
    language: Language
    state: ReminderState
    fault: str | None
    ended_at: datetime | None

    @classmethod
    def of(cls, row: ReminderRow) -> Self:
        """Write a row."""
        return cls(
            reminder_id=row.reminder_id,
            borrower_id=row.borrower_id,
            due_on=row.due_on,
            step=ReminderStep(row.step),
            day=row.day,
            channel=ReminderChannel(row.channel),
            language=row.language,
            state=ReminderState(row.state),
            fault=row.fault,
            ended_at=row.ended_at,
        )


class ReminderDayOut(Body):
    """How many messages a day planned, and how many borrowers it left out, by what was wanting."""

    day: date
    planned: int
    without_consent: int
    without_address: int

    @classmethod
    def of(cls, row: ReminderDayRow) -> Self:
        """Write a row."""
        return cls(
            day=row.day,
            planned=row.planned,
            without_consent=row.without_consent,
            without_address=row.without_address,
        )
