"""Which tables hold when borrowers are reminded, how, and every message?"""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import DateTime, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base
from shared.texts import Language

NOW = func.clock_timestamp()
INSTANT = DateTime(timezone=True)


class ReminderPolicyRow(Base):
    """When borrowers are reminded; the newest counts."""

    __tablename__ = "reminder_policy"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    policy_id: Mapped[UUID] = mapped_column(primary_key=True)
    before_days: Mapped[int | None]
    after_days: Mapped[int | None]
    quiet_from: Mapped[time]
    quiet_until: Mapped[time]
    language: Mapped[Language] = mapped_column(Text)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(INSTANT, server_default=NOW)


class ReminderContactRow(Base):
    """How a borrower wants to be reminded; the newest counts."""

    __tablename__ = "reminder_contact"
    __table_args__ = (
        Index("ix_reminder_contact_borrower", "institution_id", "borrower_id", "recorded_at"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID]
    channel: Mapped[str]
    address_sealed: Mapped[bytes]
    language: Mapped[Language] = mapped_column(Text)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(INSTANT, server_default=NOW)


class ReminderDayRow(Base):
    """A day whose messages were planned, and how many borrowers were left out for want of what."""

    __tablename__ = "reminder_day"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    planned: Mapped[int]
    without_consent: Mapped[int]
    without_address: Mapped[int]
    planned_at: Mapped[datetime] = mapped_column(INSTANT)


class ReminderRow(Base):
    """One message to one borrower about one due date, before or after it."""

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("institution_id", "borrower_id", "due_on", "step"),
        Index(
            "ix_reminder_open",
            *("institution_id", "day", "reminder_id"),
            postgresql_where=text("state in ('planned', 'sending')"),
        ),
        Index("ix_reminder_day", "institution_id", "day", "reminder_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    reminder_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID]
    due_on: Mapped[date]
    step: Mapped[str]
    day: Mapped[date]
    channel: Mapped[str]
    language: Mapped[Language] = mapped_column(Text)
    letter_sealed: Mapped[bytes]
    state: Mapped[str]
    fault: Mapped[str | None]
    tried_at: Mapped[datetime | None] = mapped_column(INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
