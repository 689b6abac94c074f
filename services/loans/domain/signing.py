"""What do an approved application and its last approval bring to a contract?"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.loans.domain import telling
from services.loans.domain.application import Characteristics
from services.loans.domain.chart import FundKind
from shared.ids import ApplicationId, BranchId, FundId, ProductId
from shared.money import Money
from shared.rulebook import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningFile:
    """What an approved application and its last approval bring to the contract."""

    application_id: ApplicationId
    borrower_id: UUID
    branch_id: BranchId
    product_id: ProductId
    product_version: int
    sector: str
    fund_id: FundId
    fund_kind: FundKind
    amount: Money
    term_months: int
    grace_months: int
    annual_rate: Decimal
    borrower_kind: str
    region: str
    sex: str | None
    born_on: date | None
    purpose: str = ""
    characteristics: Characteristics = field(default_factory=dict)
    earlier_contracts: int = 0

    @property
    def told(self) -> dict[str, Condition]:
        """What the application tells of the conditions of ceilings and caps."""
        return telling.told(
            purpose=self.purpose,
            sector=self.sector,
            region=self.region,
            cycle=self.earlier_contracts + 1,
            characteristics=self.characteristics,
        )
