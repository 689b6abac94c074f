"""How does a contract stand before an order, and what became of the orders given?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain import allocation
from services.loans.domain.authority import Decision, Outcome
from services.loans.domain.chart import FundAccounts
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing.deciding import History, Step
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.servicing.rows import Row as DueRow
from services.loans.domain.servicing.rows import Rows
from services.loans.domain.servicing.shape import Shape, Standing
from services.loans.domain.terms import ModeOfFinance
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.ledger import queries as ledger_queries
from services.loans.servicing import lives, tranches
from services.loans.servicing.tables import (
    ContractOrderRow,
    FundOrderDecisionRow,
    FundOrderRow,
    OrderBatchRow,
    OrderDecisionRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import ContractId, EntryId
from shared.schemas import Page


class OrderUnknown(RafidError):
    """There is no such order here"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No order {order_id} is visible to you."
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """All that an order is decided on."""

    contract: ContractRow
    standing: Standing
    history: History
    effects: int
    closed_through: date | None


EFFECTS = text("""
    select o.order_id, o.kind, o.reason, o.effective_on, o.members, e.place, e.received_minor,
      e.moved_minor, e.written_off_minor, e.forgiven_minor, e.recovered_minor, e.entry_id,
      e.reverses_order_id, r.order_id is not null as is_reversed
    from order_effect e
    join contract_order o on o.institution_id = e.institution_id and o.order_id = e.order_id
    left join order_effect r on r.institution_id = e.institution_id
      and r.reverses_order_id = e.order_id
    where e.institution_id = :institution_id and e.contract_id = :contract_id
    order by e.place
""")
FIRST_ROWS = text("""
    select due_on, principal_minor, profit_minor, fee_minor, penalty_minor from instalment
    where institution_id = :institution_id and contract_id = :contract_id and generation = 1
    order by number
""")
OTHER_GENERATIONS = text("""
    select exists (
      select from contract_generation g
      where g.institution_id = :institution_id and g.contract_id = :contract_id
        and not exists (select from order_effect e
          where e.institution_id = g.institution_id and e.order_id = g.order_id)
        and not exists (select from disbursement d where d.institution_id = g.institution_id
          and d.contract_id = g.contract_id and d.generation = g.generation))
""")


async def is_agreed_by_deal(session: AsyncSession, row: ContractRow) -> bool:
    """Whether something else than an order has agreed a contract's instalments anew."""
    values = {"institution_id": row.institution_id, "contract_id": row.contract_id}
    return bool((await session.execute(OTHER_GENERATIONS, values)).scalar_one())


async def file(session: AsyncSession, row: ContractRow) -> File:
    """Return how a contract stands, with the orders in force; its position is locked.

    Raises ContractUnknown.
    """
    head = await contract_queries.locked_position(session, row.contract_id)
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": row.contract_id,
    }
    effects = (await session.execute(EFFECTS, values)).all()
    agreed = await contract_queries.instalments(session, [row.contract_id], currency=row.currency)
    first = (await session.execute(FIRST_ROWS, values)).all()
    fund = funds.accounts_of(await fund_queries.fund_by_id(session, row.fund_id))
    terms = contract_queries.terms_of(row)
    drawn = await tranches.of(session, row, terms=terms)
    origin = tuple(DueRow(*one) for one in first) if drawn.plan is None else rows_of(drawn.plan)
    paid = (
        head.paid_principal_minor
        + head.paid_profit_minor
        + head.paid_fee_minor
        + head.paid_penalty_minor
        + head.surplus_minor
    )
    shape = Shape(
        rows=rows_of(agreed.get(row.contract_id, ())),
        borrower_id=row.borrower_id,
        moved=sum(effect.moved_minor for effect in effects),
        written_off=sum(effect.written_off_minor for effect in effects),
        forgiven=sum(effect.forgiven_minor for effect in effects),
        recovered=sum(effect.recovered_minor for effect in effects),
        is_closed=row.status == ContractStatus.CLOSED,
    )
    standing = Standing(
        contract_id=ContractId(row.contract_id),
        terms=terms,
        fund=FundAccounts(fund_id=fund.fund_id, kind=fund.kind, currency=row.currency),
        order=allocation.order_of(terms.allocation_order),
        status=ContractStatus(row.status),
        shape=shape,
        paid_out=head.disbursed_minor,
        received=paid - shape.moved - shape.forgiven,
        opened_on=drawn.since or row.signed_on,
        sharia_bound=terms.mode_of_finance is not ModeOfFinance.CONVENTIONAL,
        defers_profit=MODES[terms.mode_of_finance].DEFERS_PROFIT,
        country=await fund_queries.country(session),
        rebate=MODES[terms.mode_of_finance].REBATE,
        settlement=MODES[terms.mode_of_finance].settlement,
        life=await lives.life_of(session, row) if row.servicing == lives.COURSE else None,
        payouts=drawn.payouts,
        contributed=drawn.contributed,
        undrawn=drawn.undrawn,
    )
    return File(
        contract=row,
        standing=standing,
        history=_history(effects, origin=origin, borrower_id=await first_borrower(session, row)),
        effects=len(effects),
        closed_through=await ledger_queries.closed_through(session),
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


def _history(
    effects: Sequence[Row[Any]], *, origin: Rows, borrower_id: UUID
) -> History:
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


FIRST_BORROWER = text("""
    select borrower_id from application
    where institution_id = :institution_id and application_id = :application_id
""")


async def first_borrower(session: AsyncSession, row: ContractRow) -> UUID:
    """Return who signed the contract; whoever took it over since stands in the contract."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_id": row.application_id,
    }
    found: UUID | None = (await session.execute(FIRST_BORROWER, values)).scalar()
    return found or row.borrower_id


async def order(session: AsyncSession, order_id: UUID) -> ContractOrderRow:
    """Return an order. Raises OrderUnknown."""
    row = await session.get(ContractOrderRow, (tenancy.institution_of(session), order_id))
    if row is None:
        raise OrderUnknown(order_id=order_id)
    return row


async def batch(session: AsyncSession, batch_id: UUID) -> OrderBatchRow:
    """Return an order over many contracts. Raises OrderUnknown."""
    row = await session.get(OrderBatchRow, (tenancy.institution_of(session), batch_id))
    if row is None:
        raise OrderUnknown(order_id=batch_id)
    return row


async def orders_of(
    session: AsyncSession, contract_id: UUID, *, page: Page
) -> list[ContractOrderRow]:
    """Return a contract's orders in the order they were given, one more than the page takes."""
    statement = (
        select(ContractOrderRow)
        .where(
            ContractOrderRow.institution_id == tenancy.institution_of(session),
            ContractOrderRow.contract_id == contract_id,
        )
        .order_by(ContractOrderRow.order_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(ContractOrderRow.order_id > page.after)
    return list(await session.scalars(statement))


async def orders_of_batch(
    session: AsyncSession, batch_id: UUID, *, branch_ids: Collection[UUID] | None = None
) -> list[ContractOrderRow]:
    """Return the orders that one order over many contracts gave, by contract.

    Those on contracts of the branches seen (None: all).
    """
    statement = (
        select(ContractOrderRow)
        .where(
            ContractOrderRow.institution_id == tenancy.institution_of(session),
            ContractOrderRow.batch_id == batch_id,
        )
        .order_by(ContractOrderRow.contract_id)
    )
    if branch_ids is not None:
        seen = select(ContractRow.contract_id).where(
            ContractRow.institution_id == tenancy.institution_of(session),
            ContractRow.branch_id.in_(branch_ids),
        )
        statement = statement.where(ContractOrderRow.contract_id.in_(seen))
    return list(await session.scalars(statement))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """What became of an order: proposed, rejected, in_force or reversed; and its traces."""

    state: str
    entry_id: UUID | None
    generation: int | None
    approvals: int


STATES = text("""
    select o.order_id,
      case when r.order_id is not null then 'reversed' when e.order_id is not null then 'in_force'
        when exists (select from order_decision d where d.institution_id = o.institution_id
          and d.order_id = o.order_id and d.outcome = 'reject') then 'rejected'
        else 'proposed' end as state,
      e.entry_id, e.generation,
      (select count(*) from order_decision d where d.institution_id = o.institution_id
        and d.order_id = o.order_id and d.outcome = 'approve') as approvals
    from contract_order o
    left join order_effect e on e.institution_id = o.institution_id and e.order_id = o.order_id
    left join order_effect r on r.institution_id = o.institution_id
      and r.reverses_order_id = o.order_id
    where o.institution_id = :institution_id and o.order_id = any(:order_ids)
""")


async def states(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, OrderState]:
    """Return what became of orders."""
    values = {"institution_id": tenancy.institution_of(session), "order_ids": list(order_ids)}
    return {
        row.order_id: OrderState(
            state=row.state,
            entry_id=row.entry_id,
            generation=row.generation,
            approvals=row.approvals,
        )
        for row in await session.execute(STATES, values)
    }


async def decisions(session: AsyncSession, order_id: UUID) -> list[Decision]:
    """Return the decisions on an order, in the order they were taken."""
    statement = (
        select(OrderDecisionRow)
        .where(
            OrderDecisionRow.institution_id == tenancy.institution_of(session),
            OrderDecisionRow.order_id == order_id,
        )
        .order_by(OrderDecisionRow.level)
    )
    return [
        Decision(level=row.level, outcome=Outcome(row.outcome), actor_id=row.actor_id)
        for row in await session.scalars(statement)
    ]


ARE_TOGETHER = text("""
    select exists (
      select from borrower_member a
      join borrower_member b on b.institution_id = a.institution_id
        and b.borrower_id = a.borrower_id
      where a.institution_id = :institution_id
        and a.member_borrower_id = :one and b.member_borrower_id = :other
      union all
      select from borrower_member g where g.institution_id = :institution_id
        and (g.borrower_id, g.member_borrower_id) in ((:one, :other), (:other, :one)))
""")


async def are_together(session: AsyncSession, one: UUID, *, other: UUID) -> bool:
    """Tell whether two borrowers belong to one group, or one is the other's group."""
    values = {"institution_id": tenancy.institution_of(session), "one": one, "other": other}
    found: bool = (await session.execute(ARE_TOGETHER, values)).scalar_one()
    return found


async def fund_order(session: AsyncSession, order_id: UUID) -> FundOrderRow:
    """Return an order on a fund. Raises OrderUnknown."""
    row = await session.get(FundOrderRow, (tenancy.institution_of(session), order_id))
    if row is None:
        raise OrderUnknown(order_id=order_id)
    return row


async def find_fund_decision(session: AsyncSession, order_id: UUID) -> FundOrderDecisionRow | None:
    """Return the decision on an order on a fund, or None."""
    return await session.get(FundOrderDecisionRow, (tenancy.institution_of(session), order_id))


async def fund_orders_of(
    session: AsyncSession, fund_id: UUID, *, page: Page
) -> list[tuple[FundOrderRow, FundOrderDecisionRow | None]]:
    """Return a fund's orders with their decisions, in the order they were given, one too many."""
    statement = (
        select(FundOrderRow, FundOrderDecisionRow)
        .outerjoin(
            FundOrderDecisionRow,
            (FundOrderDecisionRow.institution_id == FundOrderRow.institution_id)
            & (FundOrderDecisionRow.order_id == FundOrderRow.order_id),
        )
        .where(
            FundOrderRow.institution_id == tenancy.institution_of(session),
            FundOrderRow.fund_id == fund_id,
        )
        .order_by(FundOrderRow.order_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(FundOrderRow.order_id > page.after)
    return [(row, decision) for row, decision in await session.execute(statement)]


async def currencies(session: AsyncSession, contract_ids: Collection[UUID]) -> list[str]:
    """Return the currencies of contracts."""
    statement = (
        select(ContractRow.currency)
        .where(
            ContractRow.institution_id == tenancy.institution_of(session),
            ContractRow.contract_id.in_(contract_ids),
        )
        .distinct()
    )
    return list(await session.scalars(statement))
