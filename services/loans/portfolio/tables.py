"""Which tables hold the buckets of lateness, and what was numbered late?"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Integer, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class BucketSchemeRow(Base):
    """The buckets that hold from a day on; the day lies ahead when they are set."""

    __tablename__ = "bucket_scheme"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    effective_on: Mapped[date] = mapped_column(primary_key=True)
    from_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    non_accrual_after_days: Mapped[int]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class EventLateRow(Base):
    """An event that was numbered long after it was written; the sequencer notes it."""

    __tablename__ = "event_late"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    numbered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
