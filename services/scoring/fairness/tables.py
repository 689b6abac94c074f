"""Which tables hold protected traits? The audit of fairness alone reads them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.base import Base


class TraitRow(Base):
    """Who the person behind an application is, as far as it was recorded."""

    __tablename__ = "trait"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(primary_key=True)
    sex: Mapped[str | None]
    age_band: Mapped[str | None]
    region: Mapped[str | None]
    disability: Mapped[str | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime]


class ToldTraitRow(Base):
    """Each telling of it, those that stand and those told anew since; only added."""

    __tablename__ = "trait_told"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    sex: Mapped[str | None]
    age_band: Mapped[str | None]
    region: Mapped[str | None]
    disability: Mapped[str | None]
    actor_id: Mapped[UUID]
