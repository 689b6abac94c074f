"""Which tables hold the opinions, and what tried cards said? Rows are only ever added."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.base import Base


class AssessmentRow(Base):
    """One opinion with its inputs, the card and the engine that gave it."""

    __tablename__ = "assessment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "card_id", "card_version"],
            [
                "scorecard_version.institution_id",
                "scorecard_version.card_id",
                "scorecard_version.version",
            ],
        ),
        Index("ix_assessment_application", "institution_id", "application_id", "assessment_id"),
        Index("ix_assessment_card", "institution_id", "card_id", "card_version"),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    assessment_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID]
    branch_id: Mapped[UUID | None]
    card_id: Mapped[str]
    card_version: Mapped[str]
    engine: Mapped[str]
    points: Mapped[int]
    grade: Mapped[str]
    advice: Mapped[str]
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    opinion: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    assessed_at: Mapped[datetime]


class ShadowScoreRow(Base):
    """What a card that is only tried said of an assessed application, or why it could not."""

    __tablename__ = "shadow_score"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "assessment_id"],
            ["assessment.institution_id", "assessment.assessment_id"],
        ),
        ForeignKeyConstraint(
            ["institution_id", "card_id", "card_version"],
            [
                "scorecard_version.institution_id",
                "scorecard_version.card_id",
                "scorecard_version.version",
            ],
        ),
        Index("ix_shadow_score_card", "institution_id", "card_id", "card_version"),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    assessment_id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)
    card_version: Mapped[str] = mapped_column(primary_key=True)
    points: Mapped[int | None]
    grade: Mapped[str | None]
    pd: Mapped[Decimal | None]
    breakdown: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    fault: Mapped[str | None]
