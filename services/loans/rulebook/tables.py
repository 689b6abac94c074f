"""Which tables hold an institution's own facts, and the facts that its decisions used?

Rows are only ever added. Foreign keys and checks stand in the migration alone.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class OverrideRow(Base):
    """A fact that somebody proposes for the institution, in the form of the house's own."""

    __tablename__ = "rulebook_override"
    __table_args__ = (UniqueConstraint("institution_id", "override_id", "actor_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    override_id: Mapped[UUID] = mapped_column(primary_key=True)
    fact_id: Mapped[str]
    topic: Mapped[str]
    fact: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class OverrideDecisionRow(Base):
    """What a second person said of a proposal; approved, it holds from then on."""

    __tablename__ = "rulebook_decision"
    __table_args__ = (UniqueConstraint("institution_id", "reference"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    override_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    reference: Mapped[str]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class FactUseRow(Base):
    """The facts of the rulebook that one decision rested on, as they were that day."""

    __tablename__ = "fact_use"
    __table_args__ = (Index("ix_fact_use_subject", "institution_id", "subject_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    use_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
