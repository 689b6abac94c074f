"""How does a contract stand before an order, and what became of the orders given?"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import queries as disbursements
from services.loans.domain.authority import Decision, Outcome
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing.deciding import History
from services.loans.domain.servicing.rows import Row as DueRow
from services.loans.domain.servicing.shape import Standing
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.ledger import queries as ledger_queries
from services.loans.lives import queries as lives
from services.loans.servicing import filing, tranches
from services.loans.servicing.tables import (
    ContractOrderRow,
    FundOrderDecisionRow,
    FundOrderRow,
    OrderBatchRow,
    OrderDecisionRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
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
    is_agreed_by_deal: bool = False


EFFECTS = text("""
    select e.contract_id, o.order_id, o.kind, o.reason, o.effective_on, o.members, e.place,
      e.received_minor, e.moved_minor, e.written_off_minor, e.forgiven_minor, e.recovered_minor,
      e.entry_id, e.reverses_order_id, r.order_id is not null as is_reversed
    from order_effect e
    join contract_order o on o.institution_id = e.institution_id and o.order_id = e.order_id
    left join order_effect r on r.institution_id = e.institution_id
      and r.reverses_order_id = e.order_id
    where e.institution_id = :institution_id and e.contract_id = any(:contract_ids)
    order by e.contract_id, e.place
""")
FIRST_ROWS = text("""
    select contract_id, due_on, principal_minor, profit_minor, fee_minor, penalty_minor
    from instalment
    where institution_id = :institution_id and contract_id = any(:contract_ids) and generation = 1
    order by contract_id, number
""")
SIGNERS = text("""
    select c.contract_id, coalesce(a.borrower_id, g.signer_id, c.borrower_id) as borrower_id,
      exists (select from contract_generation g
        where g.institution_id = c.institution_id and g.contract_id = c.contract_id
          and not exists (select from order_effect e
            where e.institution_id = g.institution_id and e.order_id = g.order_id)
          and not exists (select from disbursement d where d.institution_id = g.institution_id
            and d.contract_id = g.contract_id and d.generation = g.generation)) as by_deal
    from contract c
    left join application a
      on a.institution_id = c.institution_id and a.application_id = c.application_id
    left join contract_origin g
      on g.institution_id = c.institution_id and g.contract_id = c.contract_id
    where c.institution_id = :institution_id and c.contract_id = any(:contract_ids)
""")


async def file(session: AsyncSession, row: ContractRow) -> File:
    """Return how a contract stands (see `files`)."""
    return (await files(session, [row]))[row.contract_id]


async def files(session: AsyncSession, rows: Sequence[ContractRow]) -> dict[UUID, File]:
    """Return how contracts stand, with their orders in force; their positions are locked.

    A handful of statements however many they are, but for those drawn in tranches or served by
    their course. Raises ContractUnknown.
    """
    contract_ids = [row.contract_id for row in rows]
    heads = await contract_queries.locked_positions(session, contract_ids)
    values = {"institution_id": tenancy.institution_of(session), "contract_ids": contract_ids}
    effects = _by_contract(await session.execute(EFFECTS, values))
    first = _by_contract(await session.execute(FIRST_ROWS, values))
    signed = {one.contract_id: one for one in await session.execute(SIGNERS, values)}
    agreed: dict[UUID, tuple[Instalment, ...]] = {}
    for currency in sorted({row.currency for row in rows}):
        ours = [row.contract_id for row in rows if row.currency == currency]
        agreed |= await contract_queries.instalments(session, ours, currency=currency)
    held = {
        fund_id: funds.accounts_of(await fund_queries.fund_by_id(session, fund_id))
        for fund_id in {row.fund_id for row in rows}
    }
    paid_out = await disbursements.standing_of(session, contract_ids)
    country = await fund_queries.country(session)
    closed_through = await ledger_queries.closed_through(session)
    found = {}
    for row in rows:
        key = row.contract_id
        terms = contract_queries.terms_of(row)
        drawn = await tranches.of(session, row, terms=terms, rows=paid_out.get(key, ()))
        origin = tuple(DueRow(*tuple(one)[1:]) for one in first[key])
        found[key] = File(
            contract=row,
            standing=filing.standing_of(
                row,
                heads[key],
                terms=terms,
                effects=effects[key],
                agreed=agreed.get(key, ()),
                drawn=drawn,
                fund=held[row.fund_id],
                life=await lives.life_of(session, row) if row.servicing == lives.COURSE else None,
                country=country,
            ),
            history=filing.history_of(
                effects[key],
                origin=origin if drawn.plan is None else filing.rows_of(drawn.plan),
                borrower_id=signed[key].borrower_id,
            ),
            effects=len(effects[key]),
            closed_through=closed_through,
            is_agreed_by_deal=signed[key].by_deal,
        )
    return found


COUNTED_ANEW = text("""
    select distinct product_id from contract
    where institution_id = :institution_id and servicing = 'course'
""")


async def products_counted_anew(session: AsyncSession) -> list[UUID]:
    """Return the products of which a contract's profit follows its payments."""
    values = {"institution_id": tenancy.institution_of(session)}
    return list(await session.scalars(COUNTED_ANEW, values))


async def profit_owed(
    session: AsyncSession, contract_ids: Collection[UUID], *, day: date
) -> dict[UUID, int | None]:
    """Return the profit earned and not paid of contracts whose profit payments count anew."""
    found = {}
    for contract_id in contract_ids:
        row = await contract_queries.contract(session, contract_id)
        found[contract_id] = (await lives.life_of(session, row)).profit_owed(on=day)
    return found


PAID_BY = text("""
    select d.day, coalesce((
      select h.paid_minor from position_history h
      where h.institution_id = :institution_id and h.contract_id = :contract_id
        and h.valid_from <= d.day
      order by h.valid_from desc, h.version desc limit 1), 0) as paid_minor
    from unnest(cast(:days as date[])) as d(day)
""")


async def paid_by(
    session: AsyncSession, contract_id: UUID, *, days: Collection[date]
) -> dict[date, int]:
    """Return what had been paid on a contract by the end of each of some days, minor units."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "days": list(days),
    }
    return {row.day: row.paid_minor for row in await session.execute(PAID_BY, values)}


def _by_contract(rows: Iterable[Row[Any]]) -> defaultdict[UUID, list[Row[Any]]]:
    found: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.contract_id].append(row)
    return found


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


async def decisions_of(
    session: AsyncSession, order_ids: Collection[UUID]
) -> defaultdict[UUID, list[Decision]]:
    """Return the decisions on orders, in the order they were taken."""
    statement = (
        select(OrderDecisionRow)
        .where(
            OrderDecisionRow.institution_id == tenancy.institution_of(session),
            OrderDecisionRow.order_id.in_(order_ids),
        )
        .order_by(OrderDecisionRow.level)
    )
    found: defaultdict[UUID, list[Decision]] = defaultdict(list)
    for row in await session.scalars(statement):
        said = Decision(level=row.level, outcome=Outcome(row.outcome), actor_id=row.actor_id)
        found[row.order_id].append(said)
    return found


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
