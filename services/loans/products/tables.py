"""Which tables hold what is offered? Rows are only ever added."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    DateTime,
    Index,
    Numeric,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base
from services.loans.domain.fees import FeeJson
from services.loans.domain.price import PriceJson

NOW = func.clock_timestamp()


class ProductRow(Base):
    """A product's name for life; what it offers stands in its versions."""

    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("institution_id", "code"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ProductVersionRow(Base):
    """What was offered from one day on, until a later version."""

    __tablename__ = "product_version"
    __table_args__ = (
        Index(
            "ix_product_version_review",
            "institution_id",
            "product_id",
            "review_id",
            unique=True,
            postgresql_where=text("review_id is not null"),
        ),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    mode_of_finance: Mapped[str]
    charge_method: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    min_amount_minor: Mapped[int] = mapped_column(BigInteger)
    default_amount_minor: Mapped[int] = mapped_column(BigInteger)
    max_amount_minor: Mapped[int] = mapped_column(BigInteger)
    min_term_months: Mapped[int]
    default_term_months: Mapped[int]
    max_term_months: Mapped[int]
    min_annual_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    default_annual_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    max_annual_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    min_grace_months: Mapped[int]
    default_grace_months: Mapped[int]
    max_grace_months: Mapped[int]
    frequency: Mapped[str]
    fees: Mapped[list[FeeJson]] = mapped_column(JSONB)
    allocation_order: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    fund_kinds: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    residue_rule: Mapped[str]
    moving_rule: Mapped[str]
    rounding: Mapped[str] = mapped_column(server_default="half_even")
    day_count: Mapped[str] = mapped_column(server_default="30/360")
    month_end_rule: Mapped[str] = mapped_column(server_default="clamp")
    amortisation: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    charging: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    dating: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    drawing: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    savings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    early_settlement: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    price: Mapped[PriceJson] = mapped_column(JSONB)
    opinion: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    approve_points_from: Mapped[int | None]
    reject_points_below: Mapped[int | None]
    automatic_decision: Mapped[bool]
    least_age_years: Mapped[int]
    offered: Mapped[bool]
    ruling_id: Mapped[UUID | None]
    review_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
