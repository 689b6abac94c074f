"""Which tables hold what was agreed, and the running sums of what was paid?

Foreign keys and checks stand in the migration alone: rows are written set-based, in order.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, Numeric, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class ContractRow(Base):
    """One contract; all but `status`, `version` and `servicing` is frozen at signing.

    Until it is paid out or sold, its terms may be agreed anew (`former_terms` keeps those before).

    `servicing` says how money is taken: it pours over the instalments (`waterfall`), or every
    movement folds the whole course anew (`course`).
    """

    __tablename__ = "contract"
    __table_args__ = (
        UniqueConstraint("institution_id", "reference"),
        UniqueConstraint("institution_id", "application_id"),
        UniqueConstraint("institution_id", "contract_id", "currency"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(Text)
    application_id: Mapped[UUID]
    borrower_id: Mapped[UUID]
    branch_id: Mapped[UUID]
    product_id: Mapped[UUID]
    product_version: Mapped[int]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    principal_minor: Mapped[int] = mapped_column(BigInteger)
    terms: Mapped[dict[str, object]] = mapped_column(JSONB)
    signed_on: Mapped[date]
    status: Mapped[str] = mapped_column(Text, server_default="signed")
    version: Mapped[int] = mapped_column(server_default=text("1"))
    servicing: Mapped[str] = mapped_column(Text, server_default="waterfall")
    effective_annual_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    total_cost_minor: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class InstalmentRow(Base):
    """One instalment as agreed; never changed. A new agreement is a new generation of them."""

    __tablename__ = "instalment"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, server_default=text("1"))
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date]
    principal_minor: Mapped[int] = mapped_column(BigInteger)
    profit_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    penalty_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class GenerationRow(Base):
    """A generation of instalments after the first, and the day from which it holds.

    `event_id` names the event told with it, by whose number one knows when the books knew. The
    amounts are what it moved between the sums paid.
    """

    __tablename__ = "contract_generation"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    effective_on: Mapped[date]
    order_id: Mapped[UUID | None]
    event_id: Mapped[UUID | None]
    principal_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    profit_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    fee_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    penalty_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    surplus_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class PositionRow(Base):
    """The running sums of one contract and where it stands now; `version` guards every change.

    Branch, product, fund and currency repeat the contract's, so that questions about a whole
    portfolio read one table. `moved_on` is the newest day on which something moved.
    """

    __tablename__ = "position"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID]
    product_id: Mapped[UUID]
    fund_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    generation: Mapped[int] = mapped_column(server_default=text("1"))
    generation_from: Mapped[date | None]
    renegotiated_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(Text, server_default="signed")
    moved_on: Mapped[date | None]
    oldest_open_due_on: Mapped[date | None]
    outstanding_principal_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    written_off_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    disbursed_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    paid_principal_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    paid_profit_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    paid_fee_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    paid_penalty_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    surplus_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class PositionHistoryRow(Base):
    """Where a contract stood from a day on, as the movement that made `version` left it.

    Append-only: of the rows of a day the one with the highest version is the newest knowledge.
    """

    __tablename__ = "position_history"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    known_from: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    event_id: Mapped[UUID | None]
    generation: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    disbursed_minor: Mapped[int] = mapped_column(BigInteger)
    paid_minor: Mapped[int] = mapped_column(BigInteger)
    written_off_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    outstanding_principal_minor: Mapped[int] = mapped_column(BigInteger)
    oldest_open_due_on: Mapped[date | None]


class ContractHistoryRow(Base):
    """One state a contract entered, by whom and when; a cancelled one says why.

    `version` is the contract's. `effective_on` is the day from which the state holds (None, of
    what was written before it was kept: the day of recording), `event_id` the event told with it.
    """

    __tablename__ = "contract_history"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    effective_on: Mapped[date | None]
    event_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class FormerTermsRow(Base):
    """What a contract had agreed before it was agreed anew; `source_id` is the step that did."""

    __tablename__ = "former_terms"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    terms: Mapped[dict[str, object]] = mapped_column(JSONB)
    effective_annual_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    total_cost_minor: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
