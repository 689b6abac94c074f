"""Which tables hold decisions, and who may take them?

Foreign keys and checks stand in the migration alone: rows are written set-based, in order.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Numeric, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class AuthorityLevelRow(Base):
    """A step of approval: a role that may decide up to an amount; null means every one."""

    __tablename__ = "authority_level"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    authority_level_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID | None]
    fund_id: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    max_amount_minor: Mapped[int] = mapped_column(BigInteger)
    level: Mapped[int]
    role: Mapped[str]
    in_force: Mapped[bool] = mapped_column(server_default=text("true"))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class DecisionRow(Base):
    """What one person decided at one level of one round, with the offer of an approval."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("institution_id", "application_id", "round", "level"),
        UniqueConstraint("institution_id", "application_id", "round", "actor_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID]
    round: Mapped[int]
    level: Mapped[int]
    outcome: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    override_reason: Mapped[str | None]
    recommended: Mapped[str]
    assessment_id: Mapped[UUID]
    fund_id: Mapped[UUID | None]
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    term_months: Mapped[int | None]
    grace_months: Mapped[int | None]
    annual_rate: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    actor_id: Mapped[UUID]
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
