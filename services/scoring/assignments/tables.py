"""Which tables hold the runs? A run is written once; only its decision is added."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.base import Base

RUN = ["institution_id", "run_id"]
RUN_KEY = ["assignment_run.institution_id", "assignment_run.run_id"]


class AssignmentRunRow(Base):
    """A run: by which weights, how good it is, and what a second person decided."""

    __tablename__ = "assignment_run"
    __table_args__ = (UniqueConstraint("institution_id", "input_hash"),)

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    input_hash: Mapped[str]
    as_of: Mapped[date]
    currency: Mapped[str]
    weights: Mapped[dict[str, Any]] = mapped_column(JSONB)
    words: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB)
    applications: Mapped[int]
    financed: Mapped[int]
    method: Mapped[str]
    value: Mapped[Decimal] = mapped_column(Numeric)
    bound: Mapped[Decimal] = mapped_column(Numeric)
    status: Mapped[str]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]


class AssignmentFundRow(Base):
    """What a run would do to a fund; `refused` counts the rules that stood against applications."""

    __tablename__ = "assignment_fund"
    __table_args__ = (ForeignKeyConstraint(RUN, RUN_KEY),)

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    budget_minor: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    financed: Mapped[int]
    trait_amounts: Mapped[dict[str, int]] = mapped_column(JSONB)
    lots: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    refused: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    one_more: Mapped[Decimal] = mapped_column(Numeric)


class AssignmentLineRow(Base):
    """What a run proposes for one application: a fund, or every fund's rule against it."""

    __tablename__ = "assignment_line"
    __table_args__ = (
        ForeignKeyConstraint(RUN, RUN_KEY),
        ForeignKeyConstraint(
            ["institution_id", "run_id", "fund_id"],
            [
                "assignment_fund.institution_id",
                "assignment_fund.run_id",
                "assignment_fund.fund_id",
            ],
        ),
        Index("ix_assignment_line_application", "institution_id", "application_id", "run_id"),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    input_hash: Mapped[str]
    fund_id: Mapped[UUID | None]
    refusals: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
