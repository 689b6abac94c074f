"""Which tables hold applications, the way they went, what scoring was asked and said of them?

Foreign keys and checks stand in the migration alone: rows are written set-based, in order.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Computed, DateTime, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class ApplicationRow(Base):
    """What is asked now and where it stands; `round` counts submissions, `version` changes."""

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "external_id"),
        Index("ix_application_status", "institution_id", "status", "application_id"),
        Index("ix_application_borrower", "institution_id", "borrower_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    external_id: Mapped[str | None]
    borrower_id: Mapped[UUID]
    branch_id: Mapped[UUID]
    product_id: Mapped[UUID]
    product_version: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    term_months: Mapped[int]
    grace_months: Mapped[int]
    own_contribution_minor: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[str]
    sector: Mapped[str]
    other_income_minor: Mapped[int] = mapped_column(BigInteger)
    sales_minor: Mapped[int] = mapped_column(BigInteger)
    business_costs_minor: Mapped[int] = mapped_column(BigInteger)
    household_costs_minor: Mapped[int] = mapped_column(BigInteger)
    debt_service_minor: Mapped[int] = mapped_column(BigInteger)
    activity_permitted: Mapped[bool]
    in_default_now: Mapped[bool]
    characteristics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    cash_flow: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    status: Mapped[str]
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    round: Mapped[int] = mapped_column(server_default=text("1"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    officer_id: Mapped[UUID]
    submitted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    status_since: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ApplicationHistoryRow(Base):
    """One change of an application; `version` is the application's after it."""

    __tablename__ = "application_history"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round: Mapped[int]
    event: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    actor_id: Mapped[UUID]
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ApplicationAssessmentRow(Base):
    """Scoring's opinion of one round, as it was answered; the database takes `pd` out of it."""

    __tablename__ = "application_assessment"
    __table_args__ = (UniqueConstraint("institution_id", "application_id", "round"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    assessment_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID]
    round: Mapped[int]
    points: Mapped[int]
    grade: Mapped[str]
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    pd: Mapped[Decimal | None] = mapped_column(Computed("cast(answer ->> 'pd' as numeric)"))
    assessed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ApplicationRequestRow(Base):
    """What scoring is asked about one round, written before it is sent and never changed.

    `body` is the request letter by letter; `funds` what every fund answered before, `facts` the
    facts of the rulebook that the request rests on.
    """

    __tablename__ = "application_request"
    __table_args__ = (UniqueConstraint("institution_id", "application_id", "round"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    assessment_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID]
    round: Mapped[int]
    asked_on: Mapped[date]
    body: Mapped[str]
    funds: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
