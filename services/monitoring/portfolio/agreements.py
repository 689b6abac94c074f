"""Which agreements are at hand already? What was signed never changes, so it may be kept."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from services.monitoring.domain.standing import Agreement, Due
from shared.ids import InstitutionId

KEPT_MAX = 20_000  # some three kilobytes each


class Agreements:
    """Agreements by institution and contract, the oldest given up when there are too many."""

    def __init__(self, *, kept_max: int = KEPT_MAX) -> None:
        self._kept: dict[tuple[InstitutionId, UUID], Agreement] = {}
        self._kept_max = kept_max

    def find(
        self, institution_id: InstitutionId, contract_ids: Collection[UUID]
    ) -> dict[UUID, Agreement]:
        """Those of the contracts' agreements that are at hand."""
        kept = ((one, self._kept.get((institution_id, one))) for one in contract_ids)
        return {one: agreement for one, agreement in kept if agreement is not None}

    def keep(self, institution_id: InstitutionId, agreements: Mapping[UUID, Agreement]) -> None:
        """Keep agreements for the next question."""
        for contract_id, agreement in agreements.items():
            self._kept[(institution_id, contract_id)] = agreement
        for key in list(self._kept)[: max(len(self._kept) - self._kept_max, 0)]:
            del self._kept[key]


def agreement_of(row: Any) -> Agreement:
    """Read an agreement from a row of `agreed_contract`."""
    return Agreement(
        currency=row.currency,
        dues=tuple(
            Due(due_on=due_on, principal_minor=principal, profit_minor=profit, fee_minor=fee)
            for due_on, principal, profit, fee in zip(
                row.due_on,
                row.due_principal_minor,
                row.due_profit_minor,
                row.due_fee_minor,
                strict=True,
            )
        ),
        allocation_order=tuple(row.allocation_order),
    )
