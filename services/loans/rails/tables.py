"""Which table remembers what the sandbox wallet was asked for?

It stands for the books of a provider: nothing else of ours reads it.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class SandboxTransferRow(Base):
    """One order as the sandbox wallet keeps it."""

    __tablename__ = "sandbox_transfer"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    behaviour: Mapped[str]
    status: Mapped[str]
    provider_reference: Mapped[str]
    reason_code: Mapped[str | None]
    occurred_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
