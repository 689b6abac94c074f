"""Which tables hold funds, their donors, what they received, and the claims on them?

Foreign keys and checks stand in the migration alone: rows are written set-based, in order.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Index, UniqueConstraint, func, text
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
    lending_ruling_id: Mapped[UUID | None]
    lineage_policy: Mapped[str] = mapped_column(server_default="fifo")
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
    tag: Mapped[str | None]
    received_on: Mapped[date]
    reverses_receipt_id: Mapped[UUID | None]
    bound_by: Mapped[UUID | None]
    entry_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class FundExpectationRow(Base):
    """A movement of what was promised to a fund and is firmly due from a day until another.

    What came for it, or comes no more, takes away from it.
    """

    __tablename__ = "fund_expectation"
    __table_args__ = (Index("ix_fund_expectation_fund", "institution_id", "fund_id", "until_on"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    expectation_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    source_id: Mapped[UUID]
    number: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    from_on: Mapped[date]
    until_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class FundRulingRow(Base):
    """A ruling of the Sharia register under which a fund came to lend."""

    __tablename__ = "fund_ruling"
    __table_args__ = (Index("ix_fund_ruling_fund", "institution_id", "fund_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    ruling_id: Mapped[UUID]
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


class ContractTagRow(Base):
    """Which of a fund's tagged money a contract is lent from, fixed at signing."""

    __tablename__ = "contract_tag"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID]
    tag: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
