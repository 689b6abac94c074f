"""How do rows become what an order is decided on?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.loans.contracts import restating
from services.loans.contracts.tables import ContractRow, PositionRow
from services.loans.domain import allocation
from services.loans.domain.chart import FundAccounts
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing.deciding import History, Step
from services.loans.domain.servicing.life import Life
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.servicing.rows import Row as DueRow
from services.loans.domain.servicing.rows import Rows
from services.loans.domain.servicing.shape import Shape, Standing
from services.loans.domain.terms import ModeOfFinance, Terms
from services.loans.servicing.tranches import Drawn
from shared.ids import ContractId, EntryId


def standing_of(
    row: ContractRow,
    head: PositionRow,
    *,
    terms: Terms,
    effects: Sequence[Row[Any]],
    agreed: Sequence[Instalment],
    drawn: Drawn,
    fund: FundAccounts,
    life: Life | None,
    country: str,
) -> Standing:
    """Give how a contract stands by its position and the effects of its orders."""
    mode = MODES[terms.mode_of_finance]
    shape = Shape(
        rows=rows_of(agreed),
        borrower_id=row.borrower_id,
        moved=sum(effect.moved_minor for effect in effects),
        written_off=sum(effect.written_off_minor for effect in effects),
        forgiven=sum(effect.forgiven_minor for effect in effects),
        recovered=sum(effect.recovered_minor for effect in effects),
        is_closed=row.status == ContractStatus.CLOSED,
    )
    return Standing(
        contract_id=ContractId(row.contract_id),
        terms=terms,
        fund=replace(fund, currency=row.currency),
        order=allocation.order_of(terms.allocation_order),
        status=ContractStatus(row.status),
        shape=shape,
        paid_out=head.disbursed_minor,
        received=restating.paid_of(head).total - shape.moved - shape.forgiven,
        opened_on=drawn.since or row.signed_on,
        sharia_bound=terms.mode_of_finance is not ModeOfFinance.CONVENTIONAL,
        defers_profit=mode.DEFERS_PROFIT,
        rebate=mode.REBATE,
        settlement=mode.settlement,
        payouts=drawn.payouts,
        contributed=drawn.contributed,
        undrawn=drawn.undrawn,
        life=life,
        country=country,
    )


def rows_of(instalments: Sequence[Instalment]) -> Rows:
    """Give instalments as the rows that orders work on."""
    return tuple(
        DueRow(due.due_on, due.principal.minor, due.profit.minor, due.fee.minor, due.penalty_minor)
        for due in instalments
    )


def asked_of(row: Any) -> Asked:
    """Give an order as it was asked."""
    return Asked.of(
        OrderKind(row.kind),
        effective_on=row.effective_on,
        reason=OrderReason(row.reason),
        members=row.members,
    )


def history_of(effects: Sequence[Row[Any]], *, origin: Rows, borrower_id: UUID) -> History:
    """Give the orders in force, from the instalments that would hold without any."""
    in_force = (effect for effect in effects if not effect.is_reversed)
    return History(
        origin=Shape(rows=origin, borrower_id=borrower_id),
        steps=tuple(
            Step(
                order_id=effect.order_id,
                asked=asked_of(effect),
                received=effect.received_minor,
                entry_id=None if effect.entry_id is None else EntryId(effect.entry_id),
            )
            for effect in in_force
        ),
    )
