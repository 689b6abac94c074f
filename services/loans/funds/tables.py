"""Which tables hold funds, their donors, what they received, and the claims on them?

Foreign keys and checks stand in the migration alone: rows are written set-based, in order.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class FundRow(Base):
    """Money given or lent under one set of conditions; kind and currency never change."""

    __tablename__ = "fund"
    __table_args__ = (
        UniqueConstraint("institution_id", "code"),
        UniqueConstraint("institution_id", "fund_id", "currency"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    kind: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    floor_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lending_ruling: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="open")
    version: Mapped[int] = mapped_column(server_default=text("1"))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class DonorRow(Base):
    """Who gives, or watches over what was given."""

    __tablename__ = "donor"
    __table_args__ = (UniqueConstraint("institution_id", "code"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    donor_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class FundDonorRow(Base):
    """A donor's link to a fund: from then on the donor sees it."""

    __tablename__ = "fund_donor"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    donor_id: Mapped[UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class ReceiptRow(Base):
    """Money that came into a fund, with the entry that booked it; negative where it was taken
    back.
    """

    __tablename__ = "receipt"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    donor_id: Mapped[UUID | None]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    channel: Mapped[str]
    nature: Mapped[str]
    returnable_on: Mapped[date | None]
    received_on: Mapped[date]
    reverses_receipt_id: Mapped[UUID | None]
    entry_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class FundClaimRow(Base):
    """One movement of an application's claim on a fund; only ever added."""

    __tablename__ = "fund_claim"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    application_id: Mapped[UUID]
    kind: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
