"""What is told of a person who shall receive zakat, and what is decided of it?"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.loans.domain.zakat.classes import ZakatClass
from services.loans.domain.zakat.eligibility import Circumstances, Shown
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is told and shown of a person who shall receive zakat."""

    borrower_id: UUID
    told: Circumstances
    shown: tuple[Shown, ...]
    is_urgent: bool
    asked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a second person says of a case; a class where it is approved."""

    zakat_class: ZakatClass | None
    limit: Money | None
    reasons: str
    authority: str | None
