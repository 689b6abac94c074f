"""Which tables hold payers of zakat, what they paid, and the prices of gold and silver?

Rows are only ever added. Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, DateTime, Index, Numeric, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class PriceRow(Base):
    """What a gram of gold or silver cost on a day, and who says so."""

    __tablename__ = "zakat_price"
    __table_args__ = (
        Index("ix_zakat_price_on", "institution_id", "metal", "currency", "priced_on"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    price_id: Mapped[UUID] = mapped_column(primary_key=True)
    metal: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    per_gram: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    priced_on: Mapped[date]
    source: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class PayerRow(Base):
    """Who pays zakat and is known by name."""

    __tablename__ = "zakat_payer"
    __table_args__ = (UniqueConstraint("institution_id", "reference"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    payer_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    name: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class CollectionRow(Base):
    """What is known of a receipt of zakat: payer, place and intention."""

    __tablename__ = "zakat_collection"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        Index("ix_zakat_collection_fund", "institution_id", "fund_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    fund_id: Mapped[UUID]
    payer_id: Mapped[UUID | None]
    region: Mapped[str]
    intention: Mapped[str]
    origin: Mapped[str]
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class TieRow(Base):
    """A receiver is kin of a payer or of a member of staff, or is one."""

    __tablename__ = "zakat_tie"
    __table_args__ = (Index("ix_zakat_tie_borrower", "institution_id", "borrower_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    tie_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID]
    payer_id: Mapped[UUID | None]
    staff_id: Mapped[UUID | None]
    relation: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class PayerConsentRow(Base):
    """A known payer agrees that a receipt is taken back."""

    __tablename__ = "zakat_consent"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    given_on: Mapped[date]
    evidence: Mapped[str] = mapped_column(CHAR(64))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
