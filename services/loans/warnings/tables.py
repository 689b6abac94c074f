"""Which table holds how a month's running loans are divided for grading?"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class WarningPartRow(Base):
    """Loans that are scored together in a month by what was known on `as_of`.

    All parts of a month are planned at once; each changes once, when the month's colours are ruled.
    The `capacity` of all parts together is how many loans of each branch are looked after at most.
    `left_out` are those out of risk, paid or fallen already, and those whose facts are too long to
    be told.
    """

    __tablename__ = "warning_part"
    __table_args__ = (UniqueConstraint("institution_id", "batch_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    as_of: Mapped[date]
    batch_id: Mapped[UUID]
    contract_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    capacity: Mapped[dict[str, int]] = mapped_column(JSONB)
    planned_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    graded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    red: Mapped[int] = mapped_column(server_default=text("0"))
    amber: Mapped[int] = mapped_column(server_default=text("0"))
    green: Mapped[int] = mapped_column(server_default=text("0"))
    left_out: Mapped[int] = mapped_column(server_default=text("0"))
