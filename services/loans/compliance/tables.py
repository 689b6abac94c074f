"""Which tables hold cases of non-compliance, decisions on them, and money given to charity?

Rows are only ever added. Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class CaseRow(Base):
    """Something that was found to be, or may be, against the Sharia."""

    __tablename__ = "noncompliance"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "case_id", "fund_id", "currency"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    event: Mapped[str]
    description: Mapped[str]
    root_cause: Mapped[str | None]
    found_by: Mapped[str]
    occurred_on: Mapped[date]
    found_on: Mapped[date]
    fund_id: Mapped[UUID]
    contract_id: Mapped[UUID | None]
    step_id: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class CaseDecisionRow(Base):
    """What a board said of a case, and how much income is tainted by it."""

    __tablename__ = "noncompliance_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    board_id: Mapped[UUID]
    is_breach: Mapped[bool]
    purify_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    remedy: Mapped[str]
    decided_on: Mapped[date]
    document_sha256: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class BeneficiaryRow(Base):
    """An organisation that charity is paid to."""

    __tablename__ = "charity_beneficiary"
    __table_args__ = (UniqueConstraint("institution_id", "code"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    beneficiary_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    registration: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class CharityOrderRow(Base):
    """What one person wants to move to charity, or to pay out of it."""

    __tablename__ = "charity_order"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "order_id", "actor_id"),
        Index(
            "ix_charity_order_case",
            "institution_id",
            "case_id",
            postgresql_where=text("case_id is not null"),
        ),
        Index("ix_charity_order_fund", "institution_id", "fund_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    kind: Mapped[str]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[UUID | None]
    account_code: Mapped[str | None]
    beneficiary_id: Mapped[UUID | None]
    channel: Mapped[str | None]
    reverses_order_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class CharityDecisionRow(Base):
    """What a second person said of an order; approved, it is booked."""

    __tablename__ = "charity_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    entry_id: Mapped[UUID | None]
    booked_on: Mapped[date | None]
    reverses_order_id: Mapped[UUID | None]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
