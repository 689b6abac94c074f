"""Which tables hold requests of mobile-money providers, and what they are still to be told?

Foreign keys and checks stand in the migration alone. Sealed columns are encrypted with the
institution's key.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Index, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

STANDS = "status in ('received', 'pending', 'completed')"
OPEN = "status in ('received', 'pending')"
UNTOLD = "delivered_at is null and given_up_at is null"


class BillRequestRow(Base):
    """One bill payment as it was asked for; `message_sealed` is its address, a line's end, body.

    `received`: kept, nothing made of it yet; `pending`: a payment was made of it; `completed` and
    `failed` are the end of what was accepted; `refused` was refused at once and changed nothing.
    """

    __tablename__ = "bill_request"
    __table_args__ = (
        UniqueConstraint("institution_id", "client_id", "correlation_id"),
        Index(
            "uq_bill_request_reference",
            "institution_id",
            "client_id",
            "reference",
            unique=True,
            postgresql_where=text(STANDS),
        ),
        Index("ix_bill_request_open", "institution_id", "request_id", postgresql_where=text(OPEN)),
        Index("ix_bill_request_contract", "institution_id", "contract_id", "client_id"),
        Index("ix_bill_request_payment", "institution_id", "payment_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID]
    branch_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    correlation_id: Mapped[UUID | None]
    reference: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="received")
    message_sealed: Mapped[bytes]
    callback_sealed: Mapped[bytes | None]
    contract_id: Mapped[UUID | None]
    bill_reference: Mapped[str | None]
    payment_id: Mapped[UUID | None]
    error: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    settled_at: Mapped[datetime | None]


class BillCallbackRow(Base):
    """The end of a request that its sender is to be told, until told or given up.

    `next_at` is when it may be tried again; who takes it moves that on before trying.
    """

    __tablename__ = "bill_callback"
    __table_args__ = (
        Index("ix_bill_callback_open", "institution_id", "next_at", postgresql_where=text(UNTOLD)),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[datetime]
    answer: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
