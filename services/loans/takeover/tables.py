"""Which tables hold where a contract came from, and the files that were taken over?"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base

NOW = func.clock_timestamp()


class ContractOriginRow(Base):
    """The name a contract had elsewhere; `digest` is of what the file said of it.

    `completed_at` is empty until its whole history is booked. `signer_id` is the borrower who
    signed, where the file told who held it afterwards too.
    """

    __tablename__ = "contract_origin"
    __table_args__ = (UniqueConstraint("institution_id", "external_reference"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    external_reference: Mapped[str] = mapped_column(Text)
    sector: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    run_id: Mapped[UUID]
    signer_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=NOW)
    completed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ImportRunRow(Base):
    """One run over a file: whose content, and how it ended."""

    __tablename__ = "import_run"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    contracts: Mapped[int]
    taken: Mapped[int]
    refused: Mapped[int]
    actor_id: Mapped[UUID]
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
