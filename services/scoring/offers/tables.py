"""Which table holds what became of the offers? Rows are only ever added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.base import Base


class OfferOutcomeRow(Base):
    """One thing that became of a menu; the highest `change` is how it stands."""

    __tablename__ = "offer_outcome"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "assessment_id"],
            ["assessment.institution_id", "assessment.assessment_id"],
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    assessment_id: Mapped[UUID] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[str]
    line: Mapped[int | None]
    reason_code: Mapped[str | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime]
