"""Which tables hold the institution's chart, entries by hand, real accounts and closed periods?

Rows are only ever added. Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, SmallInteger, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class ChartVersionRow(Base):
    """A chart that was imported; the newest is the one statements are written in."""

    __tablename__ = "chart_version"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(BYTEA)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ChartLineRow(Base):
    """A number of a version of the chart, in its place."""

    __tablename__ = "chart_line"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    account_class: Mapped[str] = mapped_column("class")
    parent: Mapped[str | None]
    accounts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    is_own: Mapped[bool]


class ManualEntryRow(Base):
    """An entry by hand that one person proposed, with its reason and the hash of its paper."""

    __tablename__ = "manual_entry"
    __table_args__ = (UniqueConstraint("institution_id", "manual_id", "actor_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    manual_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    occurred_on: Mapped[date]
    reason: Mapped[str]
    digest: Mapped[str]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reverses_manual_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ManualDecisionRow(Base):
    """What a second person said of an entry by hand; approved, it was booked."""

    __tablename__ = "manual_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    manual_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    entry_id: Mapped[UUID | None]
    reverses_manual_id: Mapped[UUID | None]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class MoneyAccountRow(Base):
    """A real account: a bank's, a wallet's, a cash box, as its provider knows it."""

    __tablename__ = "money_account"
    __table_args__ = (
        UniqueConstraint("institution_id", "code"),
        UniqueConstraint("institution_id", "money_account_id", "channel", "currency"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    channel: Mapped[str]
    provider: Mapped[str]
    number: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    opened_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class MoneyAccountFundRow(Base):
    """A fund's cash, wallet or bank stands in this real account, and in no other."""

    __tablename__ = "money_account_fund"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    money_account_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class MoneyStatementRow(Base):
    """What the provider of a real account said was on it at the end of a day."""

    __tablename__ = "money_statement"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(primary_key=True)
    money_account_id: Mapped[UUID]
    stated_on: Mapped[date]
    balance_minor: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class BooksPolicyRow(Base):
    """In which month years of the books begin, and whether real accounts must be reconciled."""

    __tablename__ = "books_policy"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    year_starts_month: Mapped[int] = mapped_column(SmallInteger)
    must_reconcile: Mapped[bool]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class BookPeriodProposalRow(Base):
    """That somebody wants a month or year closed; it closes nothing by itself."""

    __tablename__ = "book_period_proposal"
    __table_args__ = (
        UniqueConstraint("institution_id", "name", "actor_id"),
        UniqueConstraint("institution_id", "proposal_id", "name", "actor_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    proposal_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class BookPeriodCloseRow(Base):
    """A month or year that was closed, with the checks it passed; never opened again."""

    __tablename__ = "book_period_close"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    checks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    closing_id: Mapped[UUID | None]
    proposal_id: Mapped[UUID | None]
    proposer_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
