"""Which table holds decisions and ends of loans? Rows are only ever added."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.base import Base


class LoanOutcomeRow(Base):
    """What became of an application; the highest `change` is how it stands."""

    __tablename__ = "loan_outcome"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    decision: Mapped[str]
    decided_on: Mapped[date]
    decided_by: Mapped[UUID | None]
    reason_code: Mapped[str | None]
    lent_on: Mapped[date | None]
    result: Mapped[str | None]
    observed_on: Mapped[date | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime]
