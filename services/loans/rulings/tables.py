"""Which tables hold Sharia boards, their members, their rulings, and what became of these?

Rows are only ever added; the day a member leaves is the one thing told later. Foreign keys and
checks stand in the migration alone.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class BoardRow(Base):
    """Who gives rulings: the institution's own board, or an authority that it follows."""

    __tablename__ = "sharia_board"
    __table_args__ = (UniqueConstraint("institution_id", "code"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    board_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    country: Mapped[str | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class BoardMemberRow(Base):
    """A scholar who sits on a board, from a day on."""

    __tablename__ = "sharia_board_member"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    board_id: Mapped[UUID]
    name: Mapped[str]
    office: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class RulingRow(Base):
    """A ruling that somebody has entered; it counts once a second person approved it."""

    __tablename__ = "ruling"
    __table_args__ = (UniqueConstraint("institution_id", "ruling_id", "actor_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    ruling_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    board_id: Mapped[UUID]
    verdict: Mapped[str]
    text: Mapped[str]
    language: Mapped[str]
    document_sha256: Mapped[str]
    source_url: Mapped[str | None]
    country: Mapped[str | None]
    given_on: Mapped[date]
    in_force_from: Mapped[date]
    in_force_until: Mapped[date | None]
    topics: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    modes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    fund_kinds: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    zakat_classes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    supersedes_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class RulingDecisionRow(Base):
    """What a second person said of a ruling; approved, its reference is taken."""

    __tablename__ = "ruling_decision"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "number"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    ruling_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    outcome: Mapped[str]
    reference: Mapped[str | None]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class RulingWithdrawalRow(Base):
    """A board took its ruling back from a day on."""

    __tablename__ = "ruling_withdrawal"
    __table_args__ = (UniqueConstraint("institution_id", "number"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    ruling_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    withdrawn_on: Mapped[date]
    reason: Mapped[str]
    document_sha256: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
