"""How does one order ease many contracts at once: after a death, a flood, a lost harvest?

One order is given, approved and taken back as one; every contract has its own part in it, with its
own entry, and one that cannot take it says why and is left out. A dry run writes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
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
from services.loans.servicing.outcomes import Given, Giving, Part, Relief
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
    ordered = dict.fromkeys(contract_ids, asked)
    return Relief(parts=tuple(await _tried(session, ordered, actor=actor, today=today)))


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
    return await _give(session, row, tried.parts, actor=actor)


async def decide_on(
    session: AsyncSession, batch_id: UUID, *, outcome: Outcome, actor: Actor, today: date
) -> Relief:
    """Approve or reject an order over many contracts as one: all its parts, or none.

    The sum of its parts asks for the levels that decide, not each part for its own. A part that
    has become impossible since it was given stops the whole: it is told which.
    Raises OrderUnknown, OrderNotWaiting, and what `operations.decide_on` raises.
    """
    row = await queries.batch(session, batch_id)
    orders = await queries.orders_of_batch(session, batch_id)
    contract_ids = [ContractId(order.contract_id) for order in orders]
    contracts = await contract_queries.locked_contracts(session, contract_ids)
    _require_seen(contracts.values(), actor=actor)
    files = await queries.files(session, list(contracts.values()))
    given = await operations.settle_all(
        session,
        [(order, files[order.contract_id]) for order in orders],
        outcome=outcome,
        actor=actor,
        today=today,
    )
    return Relief(parts=tuple(_part(one) for one in given), row=row)


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
    ordered = {
        order.contract_id: Asked(
            kind=OrderKind.REVERSAL,
            effective_on=effective_on,
            reason=reason,
            order_id=order.order_id,
        )
        for order in orders
    }
    parts = await _tried(session, ordered, actor=actor, today=today)
    if all(part.refused for part in parts):
        raise NobodyTakesPart(asked=len(parts))
    return await _give(session, row, parts, actor=actor)


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
    session: AsyncSession, ordered: Mapping[UUID, Asked], *, actor: Actor, today: date
) -> list[Part]:
    """Lock contracts, read them in sets, and decide the order on each; in the order of ids."""
    contract_ids = [ContractId(one) for one in sorted(ordered)]
    contracts = await contract_queries.locked_seen(
        session, contract_ids, branch_ids=actor.branch_ids
    )
    files = await queries.files(session, list(contracts.values())) if contracts else {}
    parts = []
    for contract_id in contract_ids:
        try:
            if contract_id not in files:
                raise ContractUnknown(contract_id=contract_id)
            file, asked = files[contract_id], ordered[contract_id]
            decided = await operations.decide(session, file, asked, today=today)
        except RafidError as refused:
            parts.append(Part(contract_id=contract_id, refused=refused))
            continue
        part = Part(
            contract_id=contract_id,
            weight_minor=deciding.weight(decided, asked=asked),
            currency=file.contract.currency,
            tried=Giving(file=file, asked=asked, decided=decided),
        )
        parts.append(part)
    return parts


async def _give(
    session: AsyncSession, row: OrderBatchRow, parts: Sequence[Part], *, actor: Actor
) -> Relief:
    """Write the order with those of its parts that can be given."""
    session.add(row)
    await session.flush()
    fit = [part.tried for part in parts if part.tried is not None]
    given = await operations.give_all(session, fit, actor=actor, batch_id=row.batch_id)
    by_contract = {one.row.contract_id: one for one in given}
    told = (replace(part, given=by_contract.get(part.contract_id)) for part in parts)
    return Relief(parts=tuple(told), row=row)


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
