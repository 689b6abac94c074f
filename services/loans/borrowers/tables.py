"""Which tables hold borrowers, what identifies them, and who read about them?

Foreign keys and checks stand in the migration alone: rows are written set-based, in order.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, DateTime, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class BorrowerRow(Base):
    """A person, family, group or enterprise; `name_sort` lists it."""

    __tablename__ = "borrower"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "external_id"),
        Index("ix_borrower_born_on", "institution_id", "born_on"),
        Index("ix_borrower_name_sort", "institution_id", "name_sort", "borrower_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    external_id: Mapped[str | None]
    kind: Mapped[str]
    branch_id: Mapped[UUID]
    name_ar: Mapped[str | None]
    name_latin: Mapped[str | None]
    name_sort: Mapped[str]
    sex: Mapped[str | None]
    born_on: Mapped[date | None]
    region: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class BorrowerNameRow(Base):
    """A normalised name, by which duplicates are found."""

    __tablename__ = "borrower_name"
    __table_args__ = (Index("ix_borrower_name_key", "institution_id", "name_key"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    name_key: Mapped[str] = mapped_column(primary_key=True)


class BorrowerDocumentRow(Base):
    """An identity document; one document belongs to one borrower."""

    __tablename__ = "borrower_document"
    __table_args__ = (Index("ix_borrower_document_borrower", "institution_id", "borrower_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(CHAR(2), primary_key=True)
    number_key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class BorrowerPhoneRow(Base):
    """A phone in E.164; families share one."""

    __tablename__ = "borrower_phone"
    __table_args__ = (Index("ix_borrower_phone_number", "institution_id", "number"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)


class BorrowerMemberRow(Base):
    """A registered person who belongs to a family, group or enterprise."""

    __tablename__ = "borrower_member"
    __table_args__ = (Index("ix_borrower_member_member", "institution_id", "member_borrower_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    leads: Mapped[bool]


class GuarantorRow(Base):
    """A registered person who answers for a borrower."""

    __tablename__ = "guarantor"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    guarantor_borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    since_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ConsentRow(Base):
    """What a borrower allowed or took back, from a day on; the last row of a purpose counts."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_borrower", "institution_id", "borrower_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    consent_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID]
    purpose: Mapped[str]
    granted: Mapped[bool]
    effective_on: Mapped[date]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ConfirmedDistinctRow(Base):
    """Somebody looked, and these two are not one."""

    __tablename__ = "confirmed_distinct"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    other_borrower_id: Mapped[UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class AccessRecordRow(Base):
    """Somebody read about a borrower."""

    __tablename__ = "access_record"
    __table_args__ = (Index("ix_access_record_borrower", "institution_id", "borrower_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    access_id: Mapped[UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID]
    borrower_id: Mapped[UUID]
    purpose: Mapped[str]
    accessed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
