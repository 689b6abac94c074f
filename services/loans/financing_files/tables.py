"""Which tables hold financing files, their legs, and what is shown of the person's own share?

Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class FinancingFileRow(Base):
    """A project's cost and the rule by which it is divided, as it was read when it was opened."""

    __tablename__ = "financing_file"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    borrower_id: Mapped[UUID]
    branch_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    cost_minor: Mapped[int] = mapped_column(BigInteger)
    own_minor: Mapped[int] = mapped_column(BigInteger)
    told: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fact: Mapped[dict[str, Any]] = mapped_column(JSONB)
    opened_on: Mapped[date]
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class FinancingLegRow(Base):
    """An application that finances a part of a file; it is signed and paid out with the others."""

    __tablename__ = "financing_leg"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    leg: Mapped[str] = mapped_column(primary_key=True)
    application_id: Mapped[UUID]


class OwnShareRow(Base):
    """What a person showed of the own share: paid in somewhere, or there in kind, with its paper.

    Negative where it was shown by mistake.
    """

    __tablename__ = "own_share"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    own_share_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID]
    kind: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    shown_on: Mapped[date]
    evidence: Mapped[str] = mapped_column(CHAR(64))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class FileHistoryRow(Base):
    """A state that a file entered, on which day and by whom."""

    __tablename__ = "financing_file_history"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    effective_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
