"""What do an approved application and its last approval bring to a contract?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.loans.domain.chart import FundKind
from shared.ids import ApplicationId, BranchId, FundId, ProductId
from shared.money import Money


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
