"""What does an agreement say when it is entered, before another person has approved it?"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.loans.domain.agreement_clauses import AgreedClause
from services.loans.domain.agreement_dues import Planned
from services.loans.domain.agreement_results import Condition
from services.loans.domain.giving import ReceiptNature
from shared.ids import FundId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An agreement as it is entered; `offer` is on what terms a lender lends."""

    reference: str
    fund_id: FundId
    donor_id: UUID
    party: str
    nature: ReceiptNature
    total: Money
    signed_on: date
    planned: tuple[Planned, ...]
    conditions: tuple[tuple[int, Condition, str], ...]
    clauses: tuple[AgreedClause, ...]
    documents: tuple[dict[str, str], ...]
    pledge_id: UUID | None
    late_after_days: int
    counts_when_due: bool
    firm_days: int
    offer: dict[str, Any] | None
    available_until: date | None
