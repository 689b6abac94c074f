"""Which table holds what was said of a borrower's debts elsewhere?"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class DebtReportRow(Base):
    """What one source said on a day; only ever added, the newest of each source counts."""

    __tablename__ = "debt_report"
    __table_args__ = (
        Index("ix_debt_report_borrower", "institution_id", "borrower_id", "as_of"),
        Index(
            "ix_debt_report_file",
            "institution_id",
            "borrower_id",
            "bureau",
            "as_of",
            "file_digest",
            unique=True,
            postgresql_where="source = 'bureau'",
        ),
    )
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID]
    source: Mapped[str]
    bureau: Mapped[str | None]
    as_of: Mapped[date]
    fresh_until: Mapped[date]
    debts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    file_digest: Mapped[bytes | None]
    actor_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
