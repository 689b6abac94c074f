"""Which tables hold pledges, agreements with their instalments, results, and exchange?

Rows are only ever added; when a proposal was decided and a pledge withdrawn is told later.
Foreign keys and checks stand in the migration alone.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class AgreementProposalRow(Base):
    """Something that one person proposed and another decides on."""

    __tablename__ = "agreement_proposal"
    __table_args__ = (UniqueConstraint("institution_id", "proposal_id", "actor_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    proposal_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class AgreementDecisionRow(Base):
    """What the other person said; the keys hold them to be two."""

    __tablename__ = "agreement_decision"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    proposal_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    proposer_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class PledgeRow(Base):
    """A promise: no money, and nothing rests on it."""

    __tablename__ = "pledge"
    __table_args__ = (UniqueConstraint("institution_id", "reference"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    pledge_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    fund_id: Mapped[UUID]
    donor_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    pledged_on: Mapped[date]
    expires_on: Mapped[date | None]
    evidence: Mapped[str] = mapped_column(CHAR(64))
    withdrawn_on: Mapped[date | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class AgreementRow(Base):
    """A signed commitment to a fund, in the currency of whoever signed it.

    `counts_when_due`: applications may be reserved on what is firmly due, for `firm_days` from its
    day. `offer` is on what terms a lender lends, until `available_until`.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("institution_id", "agreement_id", "currency"),
        Index("uq_agreement_reference", "institution_id", "donor_id", "reference", unique=True),
        Index("ix_agreement_fund", "institution_id", "fund_id"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    fund_id: Mapped[UUID]
    fund_currency: Mapped[str] = mapped_column(CHAR(3))
    donor_id: Mapped[UUID]
    party: Mapped[str]
    nature: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    total_minor: Mapped[int] = mapped_column(BigInteger)
    signed_on: Mapped[date]
    pledge_id: Mapped[UUID | None]
    late_after_days: Mapped[int]
    counts_when_due: Mapped[bool]
    firm_days: Mapped[int]
    offer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    available_until: Mapped[date | None]
    clauses: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    documents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class AgreementInstalmentRow(Base):
    """A part of a commitment with its day."""

    __tablename__ = "agreement_instalment"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))


class AgreementChangeRow(Base):
    """What of an instalment is to come no more, or on another day, by the giver's paper."""

    __tablename__ = "agreement_change"
    __table_args__ = (
        Index("ix_agreement_change_instalment", "institution_id", "agreement_id", "number"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    agreement_id: Mapped[UUID]
    number: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    due_on: Mapped[date | None]
    evidence: Mapped[str] = mapped_column(CHAR(64))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class AgreementConditionRow(Base):
    """A result on which an instalment depends, with the clause that says so."""

    __tablename__ = "agreement_condition"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    instalment: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    measure: Mapped[str]
    code: Mapped[str]
    comparison: Mapped[str]
    threshold: Mapped[Decimal]
    clause: Mapped[str]


class AgreementFigureRow(Base):
    """A result as it was counted or told, kept with its day and formula, met or not."""

    __tablename__ = "agreement_figure"
    __table_args__ = (
        Index(
            "ix_agreement_figure_condition",
            "institution_id",
            "agreement_id",
            "instalment",
            "condition_no",
        ),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    figure_id: Mapped[UUID] = mapped_column(primary_key=True)
    agreement_id: Mapped[UUID]
    instalment: Mapped[int]
    condition_no: Mapped[int]
    measure: Mapped[str]
    numerator: Mapped[Decimal]
    denominator: Mapped[Decimal]
    as_of: Mapped[date]
    formula: Mapped[str]
    version: Mapped[int]
    is_met: Mapped[bool]
    evidence: Mapped[str | None] = mapped_column(CHAR(64))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class ExchangeRateRow(Base):
    """What one unit of a currency is worth in another on a day, by a source."""

    __tablename__ = "exchange_rate"
    __table_args__ = (Index("ix_exchange_rate_day", "institution_id", "base", "quote", "rated_on"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    rate_id: Mapped[UUID] = mapped_column(primary_key=True)
    base: Mapped[str] = mapped_column(CHAR(3))
    quote: Mapped[str] = mapped_column(CHAR(3))
    rated_on: Mapped[date]
    rate: Mapped[Decimal]
    source: Mapped[str]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)


class AgreementMoveRow(Base):
    """What came for an instalment in the currency of its agreement, or comes no more.

    `fund_minor` is what of the receipt it stands for, in the fund's currency; `credited_minor` what
    the bank credited, where there was an exchange.
    """

    __tablename__ = "agreement_move"
    __table_args__ = (
        Index("ix_agreement_move_instalment", "institution_id", "agreement_id", "number"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    move_id: Mapped[UUID] = mapped_column(primary_key=True)
    agreement_id: Mapped[UUID]
    number: Mapped[int]
    kind: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    receipt_id: Mapped[UUID | None]
    rate_id: Mapped[UUID | None]
    credited_minor: Mapped[int | None] = mapped_column(BigInteger)
    fund_minor: Mapped[int] = mapped_column(BigInteger)
    exchange_entry_id: Mapped[UUID | None]
    reverses_move_id: Mapped[UUID | None]
    evidence: Mapped[str | None] = mapped_column(CHAR(64))
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
