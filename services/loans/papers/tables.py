"""Which table holds the certificates that were issued? Rows are never changed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class CertificateRow(Base):
    """A certificate as issued: its figures, and the hash of all that stands on it.

    `content` holds no name; the hash was taken with the name in, so a changed name shows.
    """

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("institution_id", "number"),)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    certificate_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    kind: Mapped[str]
    contract_id: Mapped[UUID]
    as_of: Mapped[date]
    content: Mapped[dict[str, object]] = mapped_column(JSONB)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    actor_id: Mapped[UUID]
    issued_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
