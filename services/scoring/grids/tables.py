"""Which tables hold grids, and the sheets that were answered by them?"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.base import Base


class GridVersionRow(Base):
    """A version of a grid; a second person takes it into use."""

    __tablename__ = "grid_version"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    grid_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    hash: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    registered_by: Mapped[UUID]
    registered_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]


class GridSheetRow(Base):
    """Answers to a version of a grid and what it said of them; only ever added."""

    __tablename__ = "grid_sheet"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "grid_id", "version"],
            ["grid_version.institution_id", "grid_version.grid_id", "grid_version.version"],
        ),
        Index("ix_grid_sheet_subject", "institution_id", "subject_id", "grid_id"),
        Index(
            "ix_grid_sheet_year",
            "institution_id",
            "subject_id",
            "grid_id",
            "year",
            unique=True,
            postgresql_where="year is not null",
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    sheet_id: Mapped[UUID] = mapped_column(primary_key=True)
    grid_id: Mapped[str]
    version: Mapped[str]
    grid_hash: Mapped[str]
    subject_id: Mapped[UUID]
    branch_id: Mapped[UUID | None]
    year: Mapped[int | None]
    answered_on: Mapped[date]
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    input_hash: Mapped[str]
    mark: Mapped[str]
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime]
