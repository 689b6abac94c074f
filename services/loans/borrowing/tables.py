"""Which tables hold what was drawn of a lender, its terms, and what was paid back?

Rows are only ever added. Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class DrawRow(Base):
    """Money asked of a lender under an agreement; received once another person approved."""

    __tablename__ = "draw_down"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        Index("ix_draw_down_agreement", "institution_id", "agreement_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    agreement_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class DrawReceiptRow(Base):
    """The money came: terms and instalments are frozen with it."""

    __tablename__ = "draw_receipt"
    __table_args__ = (UniqueConstraint("institution_id", "receipt_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID]
    received_on: Mapped[date]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    instalments: Mapped[list[list[Any]]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class DrawEndRow(Base):
    """A draw-down that was called off, or whose receipt was taken back."""

    __tablename__ = "draw_end"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID | None]
    ended_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class LenderRateRow(Base):
    """Another rate from a day on, as the lender told it."""

    __tablename__ = "lender_rate"
    __table_args__ = (Index("ix_lender_rate_draw", "institution_id", "draw_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID]
    effective_on: Mapped[date]
    annual_rate: Mapped[Decimal]
    evidence: Mapped[str] = mapped_column(CHAR(64))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class LenderPaymentRow(Base):
    """Money that shall go to a lender; it goes when another person approves."""

    __tablename__ = "lender_payment"
    __table_args__ = (Index("ix_lender_payment_draw", "institution_id", "draw_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID]
    kind: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    declared_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    paid_on: Mapped[date]
    channel: Mapped[str]
    evidence: Mapped[str | None] = mapped_column(CHAR(64))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class LenderBookingRow(Base):
    """What a payment to a lender was booked as; a reversal names the booking it takes back."""

    __tablename__ = "lender_booking"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    principal_minor: Mapped[int] = mapped_column(BigInteger)
    cost_minor: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[UUID]
    reverses_booking_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
