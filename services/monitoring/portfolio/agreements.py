"""Which agreements are at hand already? What was signed never changes, so it may be kept.

What an order changed is read anew each time: it holds from its day on, and may be taken back.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
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


def changed(agreement: Agreement, row: Any) -> Agreement:
    """The same agreement with the instalments of a row of `changed_agreement`.

    A late amount stands behind what was agreed for its day: it is paid last of it.
    """
    dues: list[Due] = []
    parts = zip(
        row.due_on,
        row.due_principal_minor,
        row.due_profit_minor,
        row.due_fee_minor,
        row.due_penalty_minor,
        strict=True,
    )
    for due_on, principal, profit, fee, penalty in parts:
        dues.append(
            Due(due_on=due_on, principal_minor=principal, profit_minor=profit, fee_minor=fee)
        )
        if penalty:
            dues.append(Due(due_on=due_on, principal_minor=0, fee_minor=penalty))
    return replace(agreement, dues=tuple(dues))
