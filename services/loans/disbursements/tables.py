"""Which table holds what was paid out?

Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class DisbursementRow(Base):
    """A loan paid out, or a tranche of it; `fee_kept_minor` of it was kept back as a fee.

    `saved_minor` of it was put into the borrower's savings. A tranche names the generation of
    instalments it made. One taken back has a second row of negative amounts that names it.
    """

    __tablename__ = "disbursement"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    disbursement_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_kept_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    saved_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    generation: Mapped[int | None]
    disbursed_on: Mapped[date]
    channel: Mapped[str]
    payment_id: Mapped[UUID | None]
    reverses_disbursement_id: Mapped[UUID | None]
    entry_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
