"""Which tables hold where integrators are called, what they are told and what came of it?"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()
INSTANT = DateTime(timezone=True)


class WebhookEndpointRow(Base):
    """An address and what it is told; no types: everything."""

    __tablename__ = "webhook_endpoint"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[str]
    types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    description: Mapped[str]
    actor_id: Mapped[UUID]
    reached: Mapped[int] = mapped_column(BigInteger)
    delivered_at: Mapped[datetime | None] = mapped_column(INSTANT)
    disabled_at: Mapped[datetime | None] = mapped_column(INSTANT)
    disabled_for: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(INSTANT, server_default=NOW)


class WebhookSecretRow(Base):
    """A secret, sealed; one that was replaced signs beside its successor until it retires."""

    __tablename__ = "webhook_secret"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_sealed: Mapped[bytes]
    retires_at: Mapped[datetime | None] = mapped_column(INSTANT)
    recorded_at: Mapped[datetime] = mapped_column(INSTANT, server_default=NOW)


class WebhookMessageRow(Base):
    """An event for an endpoint; it is due only while none of its subject waits before it."""

    __tablename__ = "webhook_message"
    __table_args__ = (
        Index(
            "ix_webhook_message_due",
            *("institution_id", "endpoint_id", "due_at", "number"),
            postgresql_where=text("due_at is not null"),
        ),
        Index(
            "ix_webhook_message_waiting",
            *("institution_id", "endpoint_id", "subject_id", "number"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_message_state", "institution_id", "endpoint_id", "state", "number"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    type: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    first_tried_at: Mapped[datetime | None] = mapped_column(INSTANT)
    due_at: Mapped[datetime | None] = mapped_column(INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)


class WebhookAttemptRow(Base):
    """One attempt: the status that was answered, or why none was."""

    __tablename__ = "webhook_attempt"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tried_at: Mapped[datetime] = mapped_column(INSTANT)
    took_ms: Mapped[int]
    http_status: Mapped[int | None]
    fault: Mapped[str | None]
