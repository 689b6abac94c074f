"""The tables of the books; only the posting function writes the journal's."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Date, Index, SmallInteger, func, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class AccountRow(Base):
    """An account of one fund in its currency."""

    __tablename__ = "account"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    code: Mapped[str]
    account_class: Mapped[str] = mapped_column("class")
    currency: Mapped[str] = mapped_column(CHAR(3))


class JournalEntryRow(Base):
    """One entry: what happened, when, by whom, because of what."""

    __tablename__ = "journal_entry"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    occurred_on: Mapped[date] = mapped_column(Date)
    source_id: Mapped[UUID]
    contract_id: Mapped[UUID | None]
    reverses_entry_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)

    __table_args__ = (
        Index(
            "ix_journal_entry_contract",
            "institution_id",
            "contract_id",
            postgresql_where=text("contract_id is not null"),
        ),
    )


class JournalLineRow(Base):
    """One line: an account, and an amount that is positive for a debit."""

    __tablename__ = "journal_line"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account_id: Mapped[UUID]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class JournalPendingRow(Base):
    """An entry that the sequencer has not numbered yet."""

    __tablename__ = "journal_pending"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class JournalLinkRow(Base):
    """An entry's number, time and hash in the chain."""

    __tablename__ = "journal_link"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[UUID]
    numbered_at: Mapped[datetime] = mapped_column()
    hash: Mapped[bytes] = mapped_column(BYTEA)


class ClosingRow(Base):
    """The books were closed through a day; no later entry may fall on it or before."""

    __tablename__ = "closing"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    closing_id: Mapped[UUID] = mapped_column(primary_key=True)
    closed_through: Mapped[date] = mapped_column(Date)
    actor_id: Mapped[UUID]
    closed_at: Mapped[datetime] = mapped_column(server_default=NOW)
