"""Which table holds what a connected group may owe?"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Index, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class ExposureLimitRow(Base):
    """A limit from a day on; only ever added, and one without an amount lifts it."""

    __tablename__ = "exposure_limit"
    __table_args__ = (
        Index("ix_exposure_limit_currency", "institution_id", "currency", "effective_on"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    exposure_limit_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    max_amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    ties: Mapped[list[str]] = mapped_column(ARRAY(Text))
    effective_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
