"""What is a sheet: who was asked, by which version of a grid, and what was answered?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.scoring.domain.grids.judging import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Answers about an undertaking to a version of a grid, as they came in."""

    sheet_id: UUID
    grid_id: str
    version: str
    subject_id: UUID
    branch_id: UUID | None
    year: int | None
    answered_on: date
    answers: Sequence[Answer]
    plain: list[dict[str, Any]]
    input_hash: str
