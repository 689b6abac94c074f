"""Which tables hold what was agreed, and the running sums of what was paid?

Foreign keys and checks stand in the migration alone: rows are written set-based, in order.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Numeric, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class ContractRow(Base):
    """One contract; all but `status` and `version` is frozen at signing."""

    __tablename__ = "contract"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "application_id"),
        UniqueConstraint("institution_id", "contract_id", "currency"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(Text)
    application_id: Mapped[UUID]
    borrower_id: Mapped[UUID]
    branch_id: Mapped[UUID]
    product_id: Mapped[UUID]
    product_version: Mapped[int]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    principal_minor: Mapped[int] = mapped_column(BigInteger)
    terms: Mapped[dict[str, object]] = mapped_column(JSONB)
    signed_on: Mapped[date]
    status: Mapped[str] = mapped_column(Text, server_default="signed")
    version: Mapped[int] = mapped_column(server_default=text("1"))
    effective_annual_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    total_cost_minor: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class InstalmentRow(Base):
    """One instalment as agreed; never changed."""

    __tablename__ = "instalment"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date]
    principal_minor: Mapped[int] = mapped_column(BigInteger)
    profit_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)


class PositionRow(Base):
    """The running sums of one contract; `version` guards every change."""

    __tablename__ = "position"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    disbursed_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    paid_principal_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    paid_profit_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    paid_fee_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    surplus_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class ContractHistoryRow(Base):
    """One state a contract entered, by whom and when; a cancelled one says why.

    `version` is the contract's.
    """

    __tablename__ = "contract_history"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
