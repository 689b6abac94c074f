"""Which tables hold a waqf's orders, property, income, conflicts, and indices of prices?

All are only added to. Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Numeric, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class WaqfOrderRow(Base):
    """What one proposes: a deed, a payment, a reserve, an exchange; the rest is in `members`."""

    __tablename__ = "waqf_order"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    channel: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str | None] = mapped_column(Text)
    party_id: Mapped[UUID | None]
    contract_id: Mapped[UUID | None]
    receipt_id: Mapped[UUID | None]
    asset_id: Mapped[UUID | None]
    members: Mapped[dict[str, object]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class WaqfDecisionRow(Base):
    """What another decided on it; an approval that moved money names its entry."""

    __tablename__ = "waqf_order_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(Text)
    entry_id: Mapped[UUID | None]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class WaqfAssetRow(Base):
    """Property that the corpus was turned into, at what it stands in the books."""

    __tablename__ = "waqf_asset"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    order_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    cost_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class WaqfIncomeRow(Base):
    """Yield that came in as money, or what a participant gave to the pool."""

    __tablename__ = "waqf_income"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    income_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    channel: Mapped[str] = mapped_column(Text)
    received_on: Mapped[date]
    asset_id: Mapped[UUID | None]
    entry_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class WaqfConflictRow(Base):
    """An interest that somebody has in a waqf's dealings, as it was declared."""

    __tablename__ = "waqf_conflict"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    conflict_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    party_id: Mapped[UUID]
    interest: Mapped[str] = mapped_column(Text)
    declared_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class PriceIndexRow(Base):
    """A published index of prices on a day; of two for one day the later entered holds."""

    __tablename__ = "price_index"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    value_id: Mapped[UUID] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(Text)
    valid_on: Mapped[date]
    value: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    source: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
