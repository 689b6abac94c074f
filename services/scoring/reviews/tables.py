"""Which tables hold reviews? Plan and book never change, a result comes once, history is added."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from services.scoring.base import Base


class RateReviewRow(Base):
    """A review with its input, its result once it was run, and the policy recommended."""

    __tablename__ = "rate_review"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    currency: Mapped[str]
    input_hash: Mapped[str]
    plan: Mapped[dict[str, Any]] = deferred(mapped_column(JSONB, nullable=False))
    book: Mapped[dict[str, Any]] = deferred(mapped_column(JSONB, nullable=False))
    status: Mapped[str]
    changes: Mapped[int]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    result_hash: Mapped[str | None]
    policy: Mapped[str | None]
    breaks_law: Mapped[bool]
    drafted_at: Mapped[datetime]
    book_as_of: Mapped[date | None]
    book_known_at: Mapped[datetime | None]
    book_hash: Mapped[str | None] = mapped_column(CHAR(64))
    book_left_out: Mapped[int | None]


class RateReviewChangeRow(Base):
    """Who moved a review on, when, and with which note; only ever added."""

    __tablename__ = "rate_review_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "review_id"],
            ["rate_review.institution_id", "rate_review.review_id"],
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    note: Mapped[str | None]
    actor_id: Mapped[UUID]
    changed_at: Mapped[datetime]


class RateReviewObservationRow(Base):
    """What was observed on a day after a review was adopted; only ever added."""

    __tablename__ = "rate_review_observation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "review_id"],
            ["rate_review.institution_id", "rate_review.review_id"],
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[str]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime]
