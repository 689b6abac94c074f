"""What became of an order: on one contract, on many, on a fund?"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.loans.domain.authority import Outcome
from services.loans.domain.servicing.deciding import Decided
from services.loans.domain.servicing.orders import Asked
from services.loans.servicing.queries import File, OrderState
from services.loans.servicing.tables import (
    ContractOrderRow,
    FundOrderDecisionRow,
    FundOrderRow,
    OrderBatchRow,
)
from shared.errors import RafidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An order and what became of it."""

    row: ContractOrderRow
    state: OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """An order as decided on a locked contract, about to be given."""

    file: File
    asked: Asked
    decided: Decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What becomes of the order on one contract: given, or refused with the reason."""

    contract_id: UUID
    weight_minor: int = 0
    currency: str = ""
    given: Given | None = None
    refused: RafidError | None = None
    tried: Giving | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """An order over many contracts with all its parts; without a row it was only tried."""

    parts: tuple[Part, ...]
    row: OrderBatchRow | None = None


class FundOrderKind(StrEnum):
    """What is done with a fund's own money."""

    RECEIPT_REVERSAL = "receipt_reversal"
    CHANNEL_TRANSFER = "channel_transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class FundOrder:
    """An order on a fund with its decision, if there is one."""

    row: FundOrderRow
    decision: FundOrderDecisionRow | None = None

    @property
    def state(self) -> str:
        """Give what became of it: proposed, rejected or in_force."""
        if self.decision is None:
            return "proposed"
        return "in_force" if self.decision.outcome == Outcome.APPROVE else "rejected"
