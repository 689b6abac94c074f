"""Which tables hold what scoring told? Rows are only ever added, each once."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class ApplicationProposalRow(Base):
    """The fund that an approved run proposes for an application; None: it left it without one."""

    __tablename__ = "application_proposal"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID | None]
    as_of: Mapped[date]
    approved_at: Mapped[datetime]
    sequence: Mapped[int] = mapped_column(BigInteger)


class DecidedReviewRow(Base):
    """A review of rates that a committee decided; `products` empty: its policy is for all."""

    __tablename__ = "decided_review"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    name: Mapped[str]
    policy: Mapped[str]
    products: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    breaks_law: Mapped[bool]
    result_hash: Mapped[str]
    decided_at: Mapped[datetime]
    sequence: Mapped[int] = mapped_column(BigInteger)
