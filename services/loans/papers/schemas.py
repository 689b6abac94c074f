"""What do the routes of papers take, list and answer beside the papers themselves?"""

from datetime import date, datetime
from typing import Annotated, Self, cast
from uuid import UUID

from pydantic import Field

from services.loans.papers.documents import CertificateKind, CertificateOut, Kept, Wish
from services.loans.papers.tables import CertificateRow
from shared.schemas import Body


class CertificateIn(Body):
    """Which certificate to issue, as of which day (today without one), or for which year."""

    kind: CertificateKind
    as_of: date | None = None
    year: Annotated[int, Field(ge=1925, le=2200)] | None = None

    def wish(self) -> Wish:
        """Read what is wished for."""
        return Wish(kind=self.kind, as_of=self.as_of, year=self.year)


class CertificateItemOut(Body):
    """A certificate as it stands in the contract's list."""

    number: str
    kind: CertificateKind
    as_of: date
    issued_at: datetime
    actor_id: UUID
    sha256: str

    @classmethod
    def of(cls, row: CertificateRow) -> Self:
        """Write a row."""
        return cls(
            number=row.number,
            kind=cast("CertificateKind", row.kind),
            as_of=row.as_of,
            issued_at=row.issued_at,
            actor_id=row.actor_id,
            sha256=row.sha256.hex(),
        )


class CheckOut(Body):
    """The answer to a number and a hash that belong together: what was issued.

    `as_issued` says whether the name, too, is still the one the hash was taken with; where it is
    not, the name is left out.
    """

    as_issued: bool
    certificate: CertificateOut

    @classmethod
    def of(cls, kept: Kept) -> Self:
        """Write what was kept."""
        return cls(as_issued=kept.as_issued, certificate=kept.certificate)
