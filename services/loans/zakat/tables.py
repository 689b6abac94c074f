"""Which tables hold cases, grants and costs of zakat?

Rows are only ever added. Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class EligibilityRow(Base):
    """A case: what was told and shown of a person, and what the system proposes."""

    __tablename__ = "zakat_eligibility"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "eligibility_id", "actor_id"),
        UniqueConstraint("institution_id", "eligibility_id", "borrower_id", "currency"),
        Index("ix_zakat_eligibility_borrower", "institution_id", "borrower_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    eligibility_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    borrower_id: Mapped[UUID]
    asked_on: Mapped[date]
    currency: Mapped[str] = mapped_column(CHAR(3))
    told: Mapped[dict[str, Any]] = mapped_column(JSONB)
    proposal: Mapped[dict[str, Any]] = mapped_column(JSONB)
    shown: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    is_urgent: Mapped[bool]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class EligibilityDecisionRow(Base):
    """What a second person decided of a case."""

    __tablename__ = "zakat_eligibility_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    eligibility_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    zakat_class: Mapped[str | None]
    limit_minor: Mapped[int | None] = mapped_column(BigInteger)
    reasons: Mapped[str]
    authority: Mapped[str | None]
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    decided_on: Mapped[date]
    expires_on: Mapped[date | None]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class EligibilityEndRow(Base):
    """A decision that ended before it expired."""

    __tablename__ = "zakat_eligibility_end"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    eligibility_id: Mapped[UUID] = mapped_column(primary_key=True)
    ended_on: Mapped[date]
    reason: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class GrantRow(Base):
    """A grant that one person enters, and another pays."""

    __tablename__ = "zakat_grant"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "grant_id", "actor_id"),
        Index("ix_zakat_grant_fund", "institution_id", "fund_id"),
        Index("ix_zakat_grant_eligibility", "institution_id", "eligibility_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    fund_id: Mapped[UUID]
    borrower_id: Mapped[UUID]
    eligibility_id: Mapped[UUID]
    zakat_class: Mapped[str]
    purpose: Mapped[str]
    form: Mapped[str]
    goods: Mapped[str | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[str]
    paid_to: Mapped[str]
    debt: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    calculation: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    outside_reason: Mapped[str | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class GrantPaymentRow(Base):
    """The payment of a grant by a second person."""

    __tablename__ = "zakat_grant_payment"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(primary_key=True)
    paid_on: Mapped[date]
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    entry_id: Mapped[UUID]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class GrantHandoverRow(Base):
    """The receiver accepted what was given: it is the receiver's own."""

    __tablename__ = "zakat_grant_handover"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(primary_key=True)
    handed_on: Mapped[date]
    accepted_by: Mapped[str]
    evidence: Mapped[str] = mapped_column(CHAR(64))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class GrantReversalRow(Base):
    """A payment that reached nobody and was taken back."""

    __tablename__ = "zakat_grant_reversal"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(primary_key=True)
    reversed_on: Mapped[date]
    reason: Mapped[str]
    entry_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class CostRow(Base):
    """A cost of zakat work that one person enters, and another pays."""

    __tablename__ = "zakat_cost"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "cost_id", "actor_id"),
        Index("ix_zakat_cost_fund", "institution_id", "fund_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    cost_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[str]
    what: Mapped[str]
    appointment: Mapped[str | None]
    work_record: Mapped[str | None] = mapped_column(CHAR(64))
    channel: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class CostPaymentRow(Base):
    """The payment of a cost, with the cap it was held against."""

    __tablename__ = "zakat_cost_payment"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    cost_id: Mapped[UUID] = mapped_column(primary_key=True)
    paid_on: Mapped[date]
    collected_minor: Mapped[int] = mapped_column(BigInteger)
    booked_minor: Mapped[int] = mapped_column(BigInteger)
    limit_minor: Mapped[int] = mapped_column(BigInteger)
    share: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    entry_id: Mapped[UUID]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class InvestmentRow(Base):
    """An investment that is proposed with its three checks."""

    __tablename__ = "zakat_investment"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "investment_id", "actor_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    investment_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    what: Mapped[str]
    needs_met: Mapped[str]
    safeguards: Mapped[str]
    end_ownership: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class InvestmentApprovalRow(Base):
    """What a second person approved of an investment."""

    __tablename__ = "zakat_investment_approval"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    investment_id: Mapped[UUID] = mapped_column(primary_key=True)
    approved_on: Mapped[date]
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
