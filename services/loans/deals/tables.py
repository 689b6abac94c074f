"""Which tables hold the steps of deals, their evidence and their other parties?

Foreign keys and checks stand in the migration alone. Rows are only ever added.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class SupplierRow(Base):
    """Who sells, makes or buys goods; `borrower_id` where it is a borrower of ours."""

    __tablename__ = "supplier"
    __table_args__ = (UniqueConstraint("institution_id", "code"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    supplier_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    registration_key: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    borrower_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class DealStepRow(Base):
    """One step of a contract's deal, or the taking back of one.

    `amounts` are minor units, `figures` plain numbers as text. `handed_minor` became the client's
    debt (negative: fell off it with goods that were lost), `drawn_minor` was taken of what the
    fund had committed, `settled_minor` came back in goods. `days` are dates as text.
    """

    __tablename__ = "deal_step"
    __table_args__ = (
        UniqueConstraint("institution_id", "contract_id", "number"),
        Index(
            "uq_deal_step_reverses",
            "institution_id",
            "reverses_step_id",
            unique=True,
            postgresql_where=text("reverses_step_id is not null"),
        ),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    number: Mapped[int]
    code: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text)
    taken_on: Mapped[date]
    channel: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(CHAR(3))
    amounts: Mapped[dict[str, int]] = mapped_column(JSONB)
    figures: Mapped[dict[str, str]] = mapped_column(JSONB)
    days: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    supplier_id: Mapped[UUID | None]
    entry_id: Mapped[UUID | None]
    handed_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    drawn_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    settled_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    reverses_step_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class DealDocumentRow(Base):
    """One paper of a step: its kind, the SHA-256 of its bytes, and where it is kept."""

    __tablename__ = "deal_document"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(CHAR(64))
    reference: Mapped[str | None] = mapped_column(Text)
