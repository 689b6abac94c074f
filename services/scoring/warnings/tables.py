"""Which tables hold cards of warnings, the batches they graded, and what became of alerts?"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.base import Base


class WarningCardRow(Base):
    """A version of a card of warnings; a second person takes it into use."""

    __tablename__ = "warning_card"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    registered_by: Mapped[UUID]
    registered_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]


class WarningBatchRow(Base):
    """Loans graded on a day by one card; `left_out` names those that are out of risk."""

    __tablename__ = "warning_batch"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "card_id", "card_version"],
            ["warning_card.institution_id", "warning_card.card_id", "warning_card.version"],
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    card_id: Mapped[str]
    card_version: Mapped[str]
    card_hash: Mapped[str]
    input_hash: Mapped[str]
    capacity: Mapped[dict[str, Any]] = mapped_column(JSONB)
    left_out: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    made_at: Mapped[datetime]


class WarningRow(Base):
    """One loan of a batch with its signals, points, grade and reasons; only ever added."""

    __tablename__ = "warning"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "batch_id"],
            ["warning_batch.institution_id", "warning_batch.batch_id"],
        ),
        UniqueConstraint("institution_id", "month", "loan_id"),
        Index("ix_warning_batch", "institution_id", "batch_id", "warning_id"),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    warning_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    month: Mapped[date]
    loan_id: Mapped[UUID]
    branch_id: Mapped[UUID | None]
    rank: Mapped[int]
    grade: Mapped[str]
    points: Mapped[int]
    pd: Mapped[str]
    signals: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class WarningScoreRow(Base):
    """One loan that is scored; it becomes a warning when the colours of its month are ruled."""

    __tablename__ = "warning_score"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "batch_id"],
            ["warning_batch.institution_id", "warning_batch.batch_id"],
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    branch_id: Mapped[UUID | None]
    points: Mapped[int]
    is_told: Mapped[bool]
    pd: Mapped[str]
    signals: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class WarningMonthRow(Base):
    """A month whose colours were ruled: over which batches, within which capacity."""

    __tablename__ = "warning_month"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    card_hash: Mapped[str]
    capacity: Mapped[dict[str, Any]] = mapped_column(JSONB)
    batch_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    ruled_by: Mapped[UUID]
    ruled_at: Mapped[datetime]


class WarningOutcomeRow(Base):
    """One thing that became of an alert; the highest `change` is how it stands."""

    __tablename__ = "warning_outcome"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "warning_id"],
            ["warning.institution_id", "warning.warning_id"],
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    warning_id: Mapped[UUID] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime]
