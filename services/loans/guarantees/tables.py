"""Which tables hold guarantee facilities, what they cover, and what was claimed?

Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Numeric, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class FacilityRow(Base):
    """What a guarantor agreed; `fund_id` names a guarantee fund of the institution's own."""

    __tablename__ = "guarantee_facility"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    fund_id: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    covered: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    cap_each_minor: Mapped[int] = mapped_column(BigInteger)
    cap_total_minor: Mapped[int] = mapped_column(BigInteger)
    claim_after_days: Mapped[int]
    claim_within_days: Mapped[int]
    fee: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    product_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class CoverRow(Base):
    """What a facility answers for of one contract, until it is released."""

    __tablename__ = "guarantee_cover"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    cover_id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID]
    contract_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    covered_on: Mapped[date]
    released_on: Mapped[date | None]
    fee_paid_on: Mapped[date | None]
    fee_paid_by: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class ClaimRow(Base):
    """A claim on a cover; where it stands is its last step."""

    __tablename__ = "guarantee_claim"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(primary_key=True)
    cover_id: Mapped[UUID]
    contract_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    claimed_minor: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class ClaimStepRow(Base):
    """One step of a claim; of a recovery the guarantor's part, and what the borrower had paid.

    One that names another takes it back, and the claim stands as before that.
    """

    __tablename__ = "guarantee_claim_step"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID]
    number: Mapped[int]
    status: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    received_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    taken_on: Mapped[date]
    evidence: Mapped[str | None] = mapped_column(CHAR(64))
    reverses_step_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
