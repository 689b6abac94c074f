"""Which tables hold what was said of lines and movements, and money that nobody explains?

Rows are only ever added. Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    DateTime,
    Index,
    Numeric,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class ReconciliationPlanRow(Base):
    """Since when a real account is reconciled, who owns what differs, where suspense stands."""

    __tablename__ = "reconciliation_plan"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fund_id: Mapped[UUID]
    since: Mapped[date]
    owner_id: Mapped[UUID]
    fee_share: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ReconciliationTurnRow(Base):
    """Who judges a real account counts up here, and nobody else judges it until the end."""

    __tablename__ = "reconciliation_turn"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    turns: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    ran_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class JudgementRow(Base):
    """What was said of one line, payment or booked movement; the newest version counts."""

    __tablename__ = "judgement"
    __table_args__ = (
        Index(
            "ix_judgement_account", "institution_id", "money_account_id", "subject_id", "version"
        ),
        Index(
            "ix_judgement_match",
            "institution_id",
            "match_id",
            postgresql_where=text("match_id is not null"),
        ),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    money_account_id: Mapped[UUID]
    sort: Mapped[str]
    outcome: Mapped[str]
    state: Mapped[str]
    owner_id: Mapped[UUID]
    day: Mapped[date]
    side: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    level: Mapped[str | None]
    match_id: Mapped[UUID | None]
    fee_minor: Mapped[int | None] = mapped_column(BigInteger)
    proposal_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class SuspenseItemRow(Base):
    """Money of one line that no payment explained, booked the day it came."""

    __tablename__ = "suspense_item"
    __table_args__ = (
        Index("ix_suspense_item_account", "institution_id", "money_account_id", "line_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    arrived_on: Mapped[date]
    entry_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ReconciliationProposalRow(Base):
    """What one person wants done about lines and movements, with the reason; it does nothing."""

    __tablename__ = "reconciliation_proposal"
    __table_args__ = (
        UniqueConstraint("institution_id", "proposal_id", "actor_id"),
        Index(
            "ix_reconciliation_proposal_account",
            "institution_id",
            "money_account_id",
            "proposal_id",
        ),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    proposal_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID]
    kind: Mapped[str]
    lines: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    ours: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    contract_id: Mapped[UUID | None]
    manual_id: Mapped[UUID | None]
    reason: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ReconciliationDecisionRow(Base):
    """What a second person said of a proposal; approved, it was done."""

    __tablename__ = "reconciliation_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    proposal_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class SuspenseEndRow(Base):
    """How money left suspense: into a repayment, back to its sender, or as booked before."""

    __tablename__ = "suspense_end"
    __table_args__ = (
        Index(
            "ix_suspense_end_repayment",
            "institution_id",
            "repayment_id",
            postgresql_where=text("repayment_id is not null"),
        ),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    proposal_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    repayment_id: Mapped[UUID | None]
    ended_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
