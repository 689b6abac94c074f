"""What is asked when somebody wants to take a step of a deal?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.loans.domain.journal import Channel
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document of a step: the SHA-256 of its bytes, and where it is kept."""

    digest: str
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A step that somebody wants to take."""

    code: str
    on: date
    papers: Mapping[str, Paper] = field(default_factory=dict)
    amounts: Mapping[str, Money] = field(default_factory=dict)
    figures: Mapping[str, Decimal] = field(default_factory=dict)
    days: Mapping[str, date] = field(default_factory=dict)
    supplier_id: UUID | None = None
    channel: Channel = Channel.CASH
