"""Which tables hold clauses of funds, what was decided of them, and the tree of regions?

Rows are only ever added. Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class RegionRow(Base):
    """A region by its plain code, with the one above it; neither ever changes."""

    __tablename__ = "region"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    above_code: Mapped[str | None]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ClauseRow(Base):
    """A clause as it was proposed; with `succeeds_id` it follows another, or lifts it."""

    __tablename__ = "clause"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "clause_id", "actor_id"),
        UniqueConstraint("institution_id", "fund_id", "clause_id"),
        Index("ix_clause_succeeds", "institution_id", "succeeds_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    clause_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    reference: Mapped[str]
    kind: Mapped[str]
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)
    words: Mapped[str]
    language: Mapped[str]
    source: Mapped[str]
    dated_on: Mapped[date]
    whose: Mapped[str]
    valid_from: Mapped[date]
    valid_through: Mapped[date | None]
    spares_agreed: Mapped[bool]
    succeeds_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ClauseDecisionRow(Base):
    """What a second person said of a clause; approved, it holds on its days."""

    __tablename__ = "clause_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    clause_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
