"""Which tables hold subsidies of a price, and what was paid on them?

Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Numeric, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class SubsidyRow(Base):
    """A fund's word to pay a part of a contract's profit, as a right with its days."""

    __tablename__ = "subsidy"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    subsidy_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    measure: Mapped[str]
    part: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    cap_minor: Mapped[int | None] = mapped_column(BigInteger)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    conditions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    actor_id: Mapped[UUID]
    approved_by: Mapped[UUID | None]
    approved_on: Mapped[date | None]
    lost_condition: Mapped[str | None]
    lost_on: Mapped[date | None]
    lost_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class SubsidyPaymentRow(Base):
    """What was paid of one instalment's profit, with the repayment that it made.

    Below zero it takes back another, with that repayment's reversal.
    """

    __tablename__ = "subsidy_payment"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    subsidy_id: Mapped[UUID]
    number: Mapped[int]
    due_on: Mapped[date]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    paid_on: Mapped[date]
    repayment_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    reverses_payment_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
