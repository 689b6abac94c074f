"""Which tables hold the funds that finance one contract together?

Foreign keys and checks stand in the migration alone.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, SmallInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class FundingSourceRow(Base):
    """A fund's part in what an application asks for; the source at place 1 leads."""

    __tablename__ = "funding_source"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger)
    rank: Mapped[int] = mapped_column(SmallInteger)
    part: Mapped[int] = mapped_column(BigInteger)
    income_part: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
