"""Which tables hold the lines of funds? All of it comes from the journal, and can again."""

from uuid import UUID

from sqlalchemy import BigInteger, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class LineageMoveRow(Base):
    """Units of a fund that moved from spot to spot, with where they start on both lines."""

    __tablename__ = "lineage_move"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    source_place: Mapped[str]
    source_owner: Mapped[UUID]
    source_start: Mapped[int] = mapped_column(BigInteger)
    target_place: Mapped[str]
    target_owner: Mapped[UUID]
    target_start: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class LineageCountRow(Base):
    """How many units came to a spot since ever, and how many left it."""

    __tablename__ = "lineage_count"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[UUID] = mapped_column(primary_key=True)
    came_minor: Mapped[int] = mapped_column(BigInteger)
    left_minor: Mapped[int] = mapped_column(BigInteger)


class LineageProgressRow(Base):
    """The number of the last entry that the lines of an institution tell."""

    __tablename__ = "lineage_progress"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
