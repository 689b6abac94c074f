"""Which tables hold what contracts agreed, and the projects born of their money?"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Date, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.base import Base


class AgreedContractRow(Base):
    """What was signed: attributes and instalments, one array element an instalment."""

    __tablename__ = "agreed_contract"
    __table_args__ = (Index("ix_agreed_contract_fund", "institution_id", "fund_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID]
    branch_id: Mapped[UUID]
    sector: Mapped[str]
    region: Mapped[str]
    mode_of_finance: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    principal_minor: Mapped[int] = mapped_column(BigInteger)
    signed_on: Mapped[date]
    allocation_order: Mapped[list[str]] = mapped_column(ARRAY(Text))
    due_on: Mapped[list[date]] = mapped_column(ARRAY(Date))
    due_principal_minor: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    due_profit_minor: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    due_fee_minor: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]


class ProjectRow(Base):
    """A project: one for each contract whose money reached the borrower.

    `sequence` is the number of the last event of the loans feed that was applied to it.
    """

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("institution_id", "contract_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    stage: Mapped[str]
    opened_on: Mapped[date]
    sequence: Mapped[int] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ProjectStageRow(Base):
    """A stage that a project reached, by which event and since when."""

    __tablename__ = "project_stage"
    __table_args__ = (UniqueConstraint("institution_id", "event_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    stage: Mapped[str]
    since_on: Mapped[date]
    event_id: Mapped[UUID]
    known_at: Mapped[datetime]
