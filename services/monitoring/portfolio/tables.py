"""Which tables hold what loans told of money: append-only, each row with its number and time?"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Date, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.base import Base


class ContractMovementRow(Base):
    """Money paid out or back; a reversal has negative amounts and the value date it undoes.

    Of what an order paid, `forgiven_minor` came from zakat and not from the borrower. A step of a
    deal moves `at_work_minor`: what stands with the client beside what was paid out.
    """

    __tablename__ = "contract_movement"
    __table_args__ = (
        UniqueConstraint("institution_id", "sequence"),
        Index("ix_contract_movement_contract", "institution_id", "contract_id", "effective_on"),
        Index("ix_contract_movement_fund", "institution_id", "fund_id", "effective_on"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]
    contract_id: Mapped[UUID]
    fund_id: Mapped[UUID]
    kind: Mapped[str]
    effective_on: Mapped[date]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    principal_minor: Mapped[int] = mapped_column(BigInteger)
    profit_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    surplus_minor: Mapped[int] = mapped_column(BigInteger)
    forgiven_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    at_work_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    channel: Mapped[str]


class ChangedAgreementRow(Base):
    """What an order changed of a contract: its instalments from a day on, and the principal
    written off; without due dates the instalments stayed.
    """

    __tablename__ = "changed_agreement"
    __table_args__ = (
        UniqueConstraint("institution_id", "sequence"),
        Index("ix_changed_agreement_contract", "institution_id", "contract_id", "sequence"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]
    contract_id: Mapped[UUID]
    effective_on: Mapped[date]
    written_off_minor: Mapped[int] = mapped_column(BigInteger)
    due_on: Mapped[list[date] | None] = mapped_column(ARRAY(Date))
    due_principal_minor: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    due_profit_minor: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    due_fee_minor: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    due_penalty_minor: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))


class ObservedFundRow(Base):
    """A fund as loans told it."""

    __tablename__ = "observed_fund"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    kind: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]


class FundLinkRow(Base):
    """A donor who may see a fund."""

    __tablename__ = "fund_link"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    donor_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]


class BookedLineRow(Base):
    """One account of a fund, moved by one entry of the books: debits are positive.

    `kind` is that of what is undone where the line `is_reversal`.
    """

    __tablename__ = "booked_line"
    __table_args__ = (
        Index("ix_booked_line_fund", "institution_id", "fund_id", "occurred_on"),
        Index(
            "ix_booked_line_contract",
            "institution_id",
            "contract_id",
            postgresql_where=text("contract_id is not null"),
        ),
        Index("ix_booked_line_sequence", "institution_id", "sequence"),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]
    fund_id: Mapped[UUID]
    contract_id: Mapped[UUID | None]
    kind: Mapped[str]
    is_reversal: Mapped[bool]
    occurred_on: Mapped[date]
    currency: Mapped[str] = mapped_column(CHAR(3))
    account: Mapped[str]
    account_class: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class FundPromiseRow(Base):
    """What a signed contract came to hold of a fund; negative what was paid out or given back."""

    __tablename__ = "fund_promise"
    __table_args__ = (Index("ix_fund_promise_fund", "institution_id", "fund_id", "promised_on"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]
    fund_id: Mapped[UUID]
    promised_on: Mapped[date]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class ContractShareRow(Base):
    """What a fund gives of the principal of a contract that several finance."""

    __tablename__ = "contract_share"
    __table_args__ = (Index("ix_contract_share_fund", "institution_id", "fund_id"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]
    principal_minor: Mapped[int] = mapped_column(BigInteger)


class ObservedBranchRow(Base):
    """A branch as loans told it."""

    __tablename__ = "observed_branch"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    region: Mapped[str]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]


class ObservedInstitutionRow(Base):
    """An institution as the directory of loans names it; the only row here that is replaced."""

    __tablename__ = "observed_institution"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_ar: Mapped[str]
    name_fr: Mapped[str]
    name_en: Mapped[str]
    country: Mapped[str] = mapped_column(CHAR(2))
    currency: Mapped[str] = mapped_column(CHAR(3))
    timezone: Mapped[str]


class FeedProgressRow(Base):
    """How long a feed was when we last read it; how far we read stands in `feed_cursor`."""

    __tablename__ = "feed_progress"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    head: Mapped[int] = mapped_column(BigInteger)
