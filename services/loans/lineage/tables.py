"""Which tables hold the lines of funds? All of it comes from the journal, and can again."""

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Integer, SmallInteger
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
    version: Mapped[int | None]


class LineageDayRow(Base):
    """The sums of a fund's places after the last entry of a day, in the order of places."""

    __tablename__ = "lineage_day"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    told_on: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    came_minor: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    left_minor: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class LineageVersionRow(Base):
    """A mixture of a fund's pool: what came to it, what left it, what it carried on."""

    __tablename__ = "lineage_version"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    begun_on: Mapped[date]
    first_number: Mapped[int] = mapped_column(BigInteger)
    came_minor: Mapped[int] = mapped_column(BigInteger)
    drawn_minor: Mapped[int] = mapped_column(BigInteger)
    paid_back_minor: Mapped[int] = mapped_column(BigInteger)
    carried_minor: Mapped[int] = mapped_column(BigInteger)
    returned_from: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    returned_minor: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class LineageDrawRow(Base):
    """In which place the units drawn from a version stand; -1: units that a place never had."""

    __tablename__ = "lineage_draw"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    units_minor: Mapped[int] = mapped_column(BigInteger)


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
