"""Which tables hold the files of providers, what stood in them, and how each provider writes?

Foreign keys and checks stand in the migration alone. Sealed columns are encrypted with the
institution's key.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class StatementLayoutRow(Base):
    """How the provider of a real account writes its tables, one version after another."""

    __tablename__ = "statement_layout"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    layout: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class StatementFileRow(Base):
    """A file as it came; `entries` is how many booked entries it told, new or known."""

    __tablename__ = "statement_file"
    __table_args__ = (UniqueConstraint("institution_id", "money_account_id", "digest"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID]
    digest: Mapped[str] = mapped_column(CHAR(64))
    format: Mapped[str]
    layout_version: Mapped[int | None]
    content_sealed: Mapped[bytes]
    entries: Mapped[int]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class StatementPartRow(Base):
    """One statement, notice or report within a file, and what is wrong with its sums."""

    __tablename__ = "statement_part"
    __table_args__ = (Index("ix_statement_part_closed", "institution_id", "closed_on", "file_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    told: Mapped[str]
    identification: Mapped[str]
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    opening_minor: Mapped[int | None] = mapped_column(BigInteger)
    booked_minor: Mapped[int] = mapped_column(BigInteger)
    closing_minor: Mapped[int | None] = mapped_column(BigInteger)
    closed_on: Mapped[date | None]
    finding: Mapped[str | None]


class StatementLineRow(Base):
    """One booked entry of a real account, in whichever file it came first."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("institution_id", "money_account_id", "entry_key"),
        Index(
            "ix_statement_line_day", "institution_id", "money_account_id", "booked_on", "line_id"
        ),
        Index("ix_statement_line_file", "institution_id", "file_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID]
    file_id: Mapped[UUID]
    number: Mapped[int]
    entry_key: Mapped[str] = mapped_column(CHAR(64))
    booked_on: Mapped[date]
    valued_on: Mapped[date]
    side: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    is_reversal: Mapped[bool]
    provider_reference: Mapped[str | None]
    own_references: Mapped[list[str]] = mapped_column(ARRAY(Text))
    told_sealed: Mapped[bytes]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class StatementFaultRow(Base):
    """A line of a file that could not be read; it stops no other."""

    __tablename__ = "statement_fault"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    said_sealed: Mapped[bytes]
