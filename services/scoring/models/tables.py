"""Which tables hold the scorecards? A document never changes, its status does."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.base import Base


class ScorecardVersionRow(Base):
    """One version of a scorecard of an institution, with the count of its status changes."""

    __tablename__ = "scorecard_version"
    __table_args__ = (
        Index(
            "ix_scorecard_version_champion",
            "institution_id",
            unique=True,
            postgresql_where=text("status = 'champion'"),
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    changes: Mapped[int]
    registered_by: Mapped[UUID]
    registered_at: Mapped[datetime]


class ScorecardChangeRow(Base):
    """Who gave a version which status, and when; only ever added."""

    __tablename__ = "scorecard_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "card_id", "version"],
            [
                "scorecard_version.institution_id",
                "scorecard_version.card_id",
                "scorecard_version.version",
            ],
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    actor_id: Mapped[UUID]
    changed_at: Mapped[datetime]
    reason: Mapped[str | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
