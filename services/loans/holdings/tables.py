"""Which tables hold every movement of borrowers' own money, and who asked for it?

Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class HoldingRow(Base):
    """One movement of what is held for a contract; only ever added. A balance is their sum.

    `evidence` is the SHA-256 of the paper it was taken in on. One that a payout or an order made
    names it, and is taken back with it alone; one that another asked for names the request.
    """

    __tablename__ = "holding"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    holding_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    purpose: Mapped[str]
    kind: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    moved_on: Mapped[date]
    channel: Mapped[str | None]
    evidence: Mapped[str | None] = mapped_column(CHAR(64))
    disbursement_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None]
    reverses_holding_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    request_id: Mapped[UUID | None]
    entry_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class HoldingRequestRow(Base):
    """What one person asked to be moved out of, or added to, held money; only ever added.

    `expires_on` is the first day on which it is met no more.
    """

    __tablename__ = "holding_request"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    kind: Mapped[str]
    purpose: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[str | None]
    evidence: Mapped[str | None] = mapped_column(CHAR(64))
    expires_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class HoldingRequestEndRow(Base):
    """A request that was withdrawn before it was met; only ever added."""

    __tablename__ = "holding_request_end"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
