"""Which tables hold orders, who decided on them, and what they did? Only added to, never changed.

Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class OrderBatchRow(Base):
    """One order over many contracts, as asked; its parts are orders of their own."""

    __tablename__ = "order_batch"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date]
    members: Mapped[dict[str, object]] = mapped_column(JSONB)
    reverses_batch_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ContractOrderRow(Base):
    """One order on one contract, as asked; `weight_minor` is the amount it is approved by."""

    __tablename__ = "contract_order"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    batch_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date]
    members: Mapped[dict[str, object]] = mapped_column(JSONB)
    reverses_order_id: Mapped[UUID | None]
    weight_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class OrderDecisionRow(Base):
    """What one person decided at one level on an order."""

    __tablename__ = "order_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class OrderEffectRow(Base):
    """What an order did when it came into force: its place among the contract's, and the sums.

    `received_minor` is what repayments had brought by then, so that it can be folded anew.
    """

    __tablename__ = "order_effect"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    place: Mapped[int]
    reverses_order_id: Mapped[UUID | None]
    generation: Mapped[int | None]
    received_minor: Mapped[int] = mapped_column(BigInteger)
    moved_minor: Mapped[int] = mapped_column(BigInteger)
    written_off_minor: Mapped[int] = mapped_column(BigInteger)
    forgiven_minor: Mapped[int] = mapped_column(BigInteger)
    recovered_minor: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[UUID | None]
    event_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class FundOrderRow(Base):
    """An order on a fund's own money: a receipt taken back, or money moved between accounts."""

    __tablename__ = "fund_order"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date]
    receipt_id: Mapped[UUID | None]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    source: Mapped[str] = mapped_column(Text)
    target: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class FundOrderDecisionRow(Base):
    """Who decided on an order on a fund; an approval names the entry that it booked."""

    __tablename__ = "fund_order_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(Text)
    entry_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
