"""Which tables hold payments on their way, what was said of them, and what became of it?

Foreign keys and checks stand in the migration alone. Sealed columns are encrypted with the
institution's key.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()
OPEN = "status in ('requested', 'accepted') or (status = 'completed' and booked_at is null)"
OUT = f"direction = 'outbound' and ({OPEN})"


class PaymentRow(Base):
    """Money on its way; `booked_at` is when a later slice has booked what arrived.

    `gross_minor` is what it pays on the contract, where a part of that is kept back.
    """

    __tablename__ = "payment"
    __table_args__ = (
        Index(
            "uq_payment_outbound",
            "institution_id",
            "contract_id",
            unique=True,
            postgresql_where=text(OUT),
        ),
        Index("ix_payment_contract", "institution_id", "contract_id"),
        Index("ix_payment_open", "institution_id", "payment_id", postgresql_where=text(OPEN)),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    direction: Mapped[str]
    rail: Mapped[str]
    contract_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    gross_minor: Mapped[int | None] = mapped_column(BigInteger)
    phone_sealed: Mapped[bytes]
    status: Mapped[str] = mapped_column(server_default="requested")
    provider_reference: Mapped[str | None]
    reason_code: Mapped[str | None]
    completed_on: Mapped[date | None]
    booked_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class PaymentMessageRow(Base):
    """What a rail said, as it came, before anything is made of it."""

    __tablename__ = "payment_message"
    __table_args__ = (
        UniqueConstraint("institution_id", "rail", "provider_message_id", "digest"),
        Index("ix_payment_message_payment", "institution_id", "payment_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    rail: Mapped[str]
    provider_message_id: Mapped[str]
    digest: Mapped[bytes]
    payment_id: Mapped[UUID | None]
    kind: Mapped[str]
    body_sealed: Mapped[bytes]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class PaymentStepRow(Base):
    """What one message did to its payment: moved it, repeated, came too late, or contradicts."""

    __tablename__ = "payment_step"
    __table_args__ = (
        UniqueConstraint("institution_id", "message_id"),
        Index("ix_payment_step_payment", "institution_id", "payment_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    message_id: Mapped[UUID]
    told: Mapped[str]
    outcome: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
