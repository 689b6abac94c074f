"""Which tables hold the rules of closing, the days closed, and what each close found?

Foreign keys and checks stand in the migration alone: rows are written set-based, in order.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, SmallInteger, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base
from services.loans.domain.closing_policy import PolicyJson

NOW = func.clock_timestamp()


class ClosingPolicyRow(Base):
    """The rules of closing from a day on, for one fund or for all that have none of their own."""

    __tablename__ = "closing_policy"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    policy_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID | None]
    starts_on: Mapped[date]
    members: Mapped[PolicyJson] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class AccrualWindowRow(Base):
    """A contract's place in its schedule, kept so that a close need not read every instalment.

    It holds for days after `since` up to `until`, for one generation and one policy, and is made
    anew for any other; what it says follows from the instalments alone.
    """

    __tablename__ = "accrual_window"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int]
    policy_id: Mapped[UUID]
    renegotiated_on: Mapped[date | None]
    cured_on: Mapped[date | None]
    since: Mapped[date]
    until: Mapped[date]
    accrues: Mapped[bool]
    owes_goods: Mapped[bool]
    starts_on: Mapped[date]
    due_on: Mapped[date]
    profit_minor: Mapped[int] = mapped_column(BigInteger)
    before_minor: Mapped[int] = mapped_column(BigInteger)
    loss_year: Mapped[int] = mapped_column(BigInteger)
    loss_life: Mapped[int] = mapped_column(BigInteger)


class DayCloseRow(Base):
    """One close of one day, numbered by institution; a day closed again has a later run."""

    __tablename__ = "day_close"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date]
    known_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    contracts: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class DayCloseBookRow(Base):
    """What the books show of one book (fund, product, currency) after a close."""

    __tablename__ = "day_close_book"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    book_id: Mapped[UUID]
    receivable_minor: Mapped[int] = mapped_column(BigInteger)
    unearned_minor: Mapped[int] = mapped_column(BigInteger)
    allowance_minor: Mapped[int] = mapped_column(BigInteger)


class DayCloseFigureRow(Base):
    """What a close found of one book in one bucket of lateness and one stage."""

    __tablename__ = "day_close_figure"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    bucket_from: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    stage: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    is_restructured: Mapped[bool] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    contracts: Mapped[int] = mapped_column(BigInteger)
    outstanding_minor: Mapped[int] = mapped_column(BigInteger)
    earned_minor: Mapped[int] = mapped_column(BigInteger)
    receivable_minor: Mapped[int] = mapped_column(BigInteger)
    unearned_minor: Mapped[int] = mapped_column(BigInteger)
    suspended_minor: Mapped[int] = mapped_column(BigInteger)
    expected_loss_minor: Mapped[int] = mapped_column(BigInteger)
    minimum_minor: Mapped[int] = mapped_column(BigInteger)
    allowance_minor: Mapped[int] = mapped_column(BigInteger)
