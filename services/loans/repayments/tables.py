"""The table of repayments; only the slice's posting function writes it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class RepaymentRow(Base):
    """Money from a borrower and what it paid; a reversal is a row of negative amounts."""

    __tablename__ = "repayment"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    repayment_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    received_on: Mapped[date]
    channel: Mapped[str]
    principal_minor: Mapped[int] = mapped_column(BigInteger)
    profit_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    penalty_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    surplus_minor: Mapped[int] = mapped_column(BigInteger)
    reverses_repayment_id: Mapped[UUID | None]
    reversal_reason: Mapped[str | None]
    payment_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
