"""Which table holds what runs found of funds? A row for each fund of each approved run."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.base import Base


class FundWorthRow(Base):
    """What a run did to a fund: free money, what it proposed of it, and the worth of one more.

    `one_more` is points for one more unit of the currency; `short` counts applications that only
    the fund's money stood against. `sequence` and `known_at` are those of scoring's feed.
    """

    __tablename__ = "fund_worth"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime]
    approved_at: Mapped[datetime]
    as_of: Mapped[date]
    currency: Mapped[str] = mapped_column(CHAR(3))
    budget_minor: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    financed: Mapped[int]
    short: Mapped[int]
    one_more: Mapped[Decimal] = mapped_column(Numeric)
