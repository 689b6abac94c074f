"""What does somebody enter of a board and of its ruling?"""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.loans.domain.rulings import RulingVerdict, Scope

Office = Literal["chair", "member", "secretary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A ruling as somebody enters it."""

    reference: str
    board_id: UUID
    verdict: RulingVerdict
    text: str
    language: str
    document_sha256: str
    source_url: str | None
    country: str | None
    given_on: date
    in_force_from: date
    in_force_until: date | None
    scope: Scope
    supersedes: str | None = None
