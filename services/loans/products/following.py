"""Which adopted reviews of rates wait for a version of a product, and which opened one?"""

from datetime import datetime
from typing import Self
from uuid import UUID

from services.loans.advice.tables import DecidedReviewRow
from shared.schemas import Body


class AdoptedReviewOut(Body):
    """An adopted review; `version` is the one opened from it, null while it waits for one."""

    review_id: UUID
    name: str
    policy: str
    breaks_law: bool
    decided_at: datetime
    result_hash: str
    version: int | None

    @classmethod
    def of(cls, row: DecidedReviewRow, *, version: int | None) -> Self:
        """Write a review."""
        return cls(
            review_id=row.review_id,
            name=row.name,
            policy=row.policy,
            breaks_law=row.breaks_law,
            decided_at=row.decided_at,
            result_hash=row.result_hash,
            version=version,
        )
