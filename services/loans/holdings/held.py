"""What is held for one contract, with every movement of it?"""

from dataclasses import dataclass
from uuid import UUID

from services.loans.contracts.tables import ContractRow
from services.loans.domain import drawn, holdings
from services.loans.domain.holdings import HoldingKind, Moved, Purpose
from services.loans.domain.terms import Terms
from services.loans.holdings import queries
from services.loans.holdings.refusals import LaterEarningStands
from services.loans.holdings.tables import HoldingRow
from shared.ids import ContractId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A locked contract with everything that is held for it."""

    contract: ContractRow
    terms: Terms
    rows: tuple[HoldingRow, ...]

    def balance(self, purpose: Purpose) -> Money:
        """Give what is held for a purpose."""
        minor = holdings.balance(map(queries.moved, self.rows), purpose=purpose)
        return Money(minor, self.contract.currency)

    @property
    def contract_id(self) -> ContractId:
        """Give the contract's id."""
        return ContractId(self.contract.contract_id)

    def missing(self) -> Money:
        """Give what down payments still ask beyond what was contributed, paid or held for it."""
        asked = drawn.down_payments(self.terms)
        contributed = sum(
            move.amount
            for move in self.but_undone(HoldingKind.APPLIED)
            if move.purpose is Purpose.CONTRIBUTION and move.kind is not HoldingKind.APPLIED
        )
        return Money(max(asked.minor - contributed, 0), asked.currency)

    def but_undone(self, kind: HoldingKind) -> list[Moved]:
        """Give what moved, as if movements of a kind that were taken back had never been."""
        back = {row.reverses_holding_id for row in self.rows}
        gone = {row.holding_id for row in self.rows if row.kind == kind and row.holding_id in back}
        return [
            queries.moved(row)
            for row in self.rows
            if row.holding_id not in gone and row.reverses_holding_id not in gone
        ]

    def require_newest(self, holding_id: UUID) -> None:
        """Raise LaterEarningStands where something was earned since and stands."""
        back = {row.reverses_holding_id for row in self.rows}
        *_, newest = (
            row.holding_id
            for row in self.rows
            if row.kind == HoldingKind.EARNING and row.holding_id not in back
        )
        if newest != holding_id:
            raise LaterEarningStands(holding_id=holding_id, later_holding_id=newest)
