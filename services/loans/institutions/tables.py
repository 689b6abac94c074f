"""Which tables hold institutions, branches, staff and programs?

Foreign keys and checks stand in the migration alone.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, SmallInteger, Text, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class InstitutionCodeRow(Base):
    """Which institution a code names; the only table that is read before a sign-in, unwalled."""

    __tablename__ = "institution_code"
    code: Mapped[str] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(unique=True)


class InstitutionRow(Base):
    """A lender: what belongs to it is seen by nobody else."""

    __tablename__ = "institution"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    country: Mapped[str] = mapped_column(CHAR(2))
    currency: Mapped[str] = mapped_column(CHAR(3))
    timezone: Mapped[str]
    rulings_bind: Mapped[bool] = mapped_column(server_default=text("true"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class BranchRow(Base):
    """A place where the institution lends."""

    __tablename__ = "branch"
    __table_args__ = (UniqueConstraint("institution_id", "code"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    region: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    deactivated_at: Mapped[datetime | None]


class StaffRow(Base):
    """A person who signs in; `branch_ids` null: every branch. Donors are such persons too."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("institution_id", "login"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    branch_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    donor_id: Mapped[UUID | None]
    password_hash: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    deactivated_at: Mapped[datetime | None]


class ClientRow(Base):
    """A program with a secret."""

    __tablename__ = "client"
    __table_args__ = (UniqueConstraint("institution_id", "name"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    branch_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    secret_hash: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    deactivated_at: Mapped[datetime | None]


class ReferenceCounterRow(Base):
    """The last number of a kind of reference given in a year."""

    __tablename__ = "reference_counter"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)
