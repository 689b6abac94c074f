"""How does one order ease many contracts at once: after a death, a flood, a lost harvest?

One order is given, approved and taken back as one; every contract has its own part in it, with its
own entry, and one that cannot take it says why and is left out. A dry run writes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain.authority import Outcome
from services.loans.domain.collecting import ContractUnknown
from services.loans.domain.servicing import deciding
from services.loans.domain.servicing.orders import RULES, Asked, OrderKind, OrderReason
from services.loans.servicing import operations, queries
from services.loans.servicing.operations import OrderNotWaiting
from services.loans.servicing.outcomes import Given, Part, Relief
from services.loans.servicing.tables import OrderBatchRow
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId

IN_RELIEF = tuple(kind for kind in OrderKind if RULES[kind].in_relief)


class NotForMany(RafidError):
    """An order of this kind is not given to many contracts"""

    kind = Kind.RULE
    service = "loans"
    detail = "{order_kind} is ordered contract by contract; many at once take {taken}."
    order_kind: OrderKind
    taken: tuple[OrderKind, ...]


class NobodyTakesPart(RafidError):
    """No contract takes part in the order"""

    kind = Kind.RULE
    service = "loans"
    detail = "Of {asked} contracts none can take the order."
    asked: int


async def try_out(
    session: AsyncSession,
    contract_ids: Sequence[UUID],
    asked: Asked,
    *,
    actor: Actor,
    today: date,
) -> Relief:
    """Tell what an order would do on each contract; nothing is written. Raises NotForMany."""
    _require_for_many(asked)
    parts = [
        await _tried(session, contract_id, asked, actor=actor, today=today)
        for contract_id in sorted(set(contract_ids))
    ]
    return Relief(parts=tuple(parts))


async def propose(
    session: AsyncSession,
    contract_ids: Sequence[UUID],
    asked: Asked,
    *,
    actor: Actor,
    today: date,
) -> Relief:
    """Give one order on many contracts, locked in the order of their ids.

    Those that cannot take it are left out, with the reason. Raises NotForMany, NobodyTakesPart,
    and ContractUnknown where none of them is here.
    """
    tried = await try_out(session, contract_ids, asked, actor=actor, today=today)
    fit = [part for part in tried.parts if part.refused is None]
    if not fit:
        strangers = [part.refused for part in tried.parts]
        if strangers and all(isinstance(one, ContractUnknown) for one in strangers):
            raise ContractUnknown(contract_id=ContractId(tried.parts[0].contract_id))
        raise NobodyTakesPart(asked=len(tried.parts))
    row = _row(session, asked, actor=actor)
    session.add(row)
    await session.flush()
    given = {}
    for part in fit:
        if part.tried is None:
            continue
        file, decided = part.tried
        given[part.contract_id] = await operations.give(
            session,
            file,
            asked,
            actor=actor,
            today=today,
            batch_id=row.batch_id,
            decided=decided,
        )
    parts = tuple(replace(part, given=given.get(part.contract_id)) for part in tried.parts)
    return Relief(parts=parts, row=row)


async def decide_on(
    session: AsyncSession, batch_id: UUID, *, outcome: Outcome, actor: Actor, today: date
) -> Relief:
    """Approve or reject an order over many contracts as one: all its parts, or none.

    A part that has become impossible since it was given stops the whole: it is told which.
    Raises OrderUnknown, OrderNotWaiting, and what `operations.decide_on` raises.
    """
    row = await queries.batch(session, batch_id)
    orders = await queries.orders_of_batch(session, batch_id)
    contract_ids = [ContractId(order.contract_id) for order in orders]
    contracts = await contract_queries.locked_contracts(session, contract_ids)
    states = await queries.states(session, [order.order_id for order in orders])
    parts = []
    for order in orders:
        state = states[order.order_id].state
        if state != "proposed":
            raise OrderNotWaiting(order_id=order.order_id, state=state)
        contract = contracts[ContractId(order.contract_id)]
        await contract_queries.contract(session, contract.contract_id, branch_ids=actor.branch_ids)
        file = await queries.file(session, contract)
        given = await operations.settle(
            session, order, file=file, outcome=outcome, actor=actor, today=today
        )
        parts.append(_part(given))
    return Relief(parts=tuple(parts), row=row)


async def propose_reversal(
    session: AsyncSession,
    batch_id: UUID,
    *,
    reason: OrderReason,
    effective_on: date,
    actor: Actor,
    today: date,
) -> Relief:
    """Give the order that takes an order over many contracts back, part by part.

    A part that a later order rests on stays, with the reason. Raises OrderUnknown,
    ContractUnknown for one in a branch that the actor does not see, NobodyTakesPart.
    """
    undone = await queries.batch(session, batch_id)
    orders = await queries.orders_of_batch(session, batch_id)
    contract_ids = [ContractId(order.contract_id) for order in orders]
    contracts = await contract_queries.locked_contracts(session, contract_ids)
    _require_seen(contracts.values(), actor=actor)
    row = OrderBatchRow(
        institution_id=tenancy.institution_of(session),
        batch_id=ids.new(),
        kind=OrderKind.REVERSAL.value,
        reason=reason.value,
        effective_on=effective_on,
        members={},
        reverses_batch_id=undone.batch_id,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    parts = []
    for order in orders:
        contract = contracts[ContractId(order.contract_id)]
        asked = Asked(
            kind=OrderKind.REVERSAL,
            effective_on=effective_on,
            reason=reason,
            order_id=order.order_id,
        )
        try:
            file = await queries.file(session, contract)
            given = await operations.give(
                session, file, asked, actor=actor, today=today, batch_id=row.batch_id
            )
        except RafidError as refused:
            parts.append(Part(contract_id=order.contract_id, refused=refused))
            continue
        parts.append(_part(given))
    if not any(part.given for part in parts):
        raise NobodyTakesPart(asked=len(parts))
    return Relief(parts=tuple(parts), row=row)


async def read(session: AsyncSession, batch_id: UUID, *, actor: Actor) -> Relief:
    """Give an order over many contracts with what became of each part that the actor sees.

    Raises OrderUnknown, where none is seen too.
    """
    row = await queries.batch(session, batch_id)
    orders = await queries.orders_of_batch(session, batch_id, branch_ids=actor.branch_ids)
    if not orders:
        raise queries.OrderUnknown(order_id=batch_id)
    states = await queries.states(session, [order.order_id for order in orders])
    parts = [_part(Given(row=order, state=states[order.order_id])) for order in orders]
    return Relief(parts=tuple(parts), row=row)


async def _tried(
    session: AsyncSession, contract_id: UUID, asked: Asked, *, actor: Actor, today: date
) -> Part:
    try:
        contract = await contract_queries.contract(
            session, contract_id, branch_ids=actor.branch_ids, lock=True
        )
        file = await queries.file(session, contract)
        decided = await operations.decide(session, file, asked, today=today)
    except RafidError as refused:
        return Part(contract_id=contract_id, refused=refused)
    return Part(
        contract_id=contract_id,
        weight_minor=deciding.weight(decided, asked=asked),
        currency=contract.currency,
        tried=(file, decided),
    )


def _part(given: Given) -> Part:
    return Part(
        contract_id=given.row.contract_id,
        weight_minor=given.row.weight_minor,
        currency=given.row.currency,
        given=given,
    )


def _row(session: AsyncSession, asked: Asked, *, actor: Actor) -> OrderBatchRow:
    return OrderBatchRow(
        institution_id=tenancy.institution_of(session),
        batch_id=ids.new(),
        kind=asked.kind.value,
        reason=asked.reason.value,
        effective_on=asked.effective_on,
        members=asked.members(),
        reverses_batch_id=None,
        actor_id=actor.id,
    )


def _require_seen(contracts: Iterable[ContractRow], *, actor: Actor) -> None:
    for contract in contracts:
        if actor.branch_ids is not None and contract.branch_id not in actor.branch_ids:
            raise ContractUnknown(contract_id=ContractId(contract.contract_id))


def _require_for_many(asked: Asked) -> None:
    if asked.kind not in IN_RELIEF:
        raise NotForMany(order_kind=asked.kind, taken=IN_RELIEF)
