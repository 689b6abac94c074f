"""How is an order given on a contract, who decides on it, and when does it take effect?

One proposes, another approves, at the levels that the amount asks for; what gives nothing up and
moves no money out takes effect at once. The contract is locked first, then its position.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.approvals import queries as approvals
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain import authority
from services.loans.domain.authority import AuthorityLevel, Outcome, Weighed
from services.loans.domain.collecting import ContractUnknown
from services.loans.domain.servicing import deciding
from services.loans.domain.servicing.deciding import Decided
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.servicing.refusals import OrderNotStanding
from services.loans.servicing import applying, caps, causes, filing, putting_off, queries
from services.loans.servicing.applying import Forced
from services.loans.servicing.outcomes import Given, Giving
from services.loans.servicing.queries import File
from services.loans.servicing.tables import ContractOrderRow, OrderDecisionRow
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId, FundId, ProductId
from shared.money import Money


class OrderNotWaiting(RafidError):
    """The order waits for no decision"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The order {order_id} is {state} already."
    order_id: UUID
    state: str


class OrderMakerDecides(RafidError):
    """Nobody decides on an order of their own"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever gave the order {order_id} cannot decide on it."
    order_id: UUID


class DecidedWithItsBatch(RafidError):
    """A part of an order over many contracts is decided with the others"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The order {order_id} is part of {batch_id}: decide on that one."
    order_id: UUID
    batch_id: UUID


async def propose(
    session: AsyncSession, contract_id: UUID, asked: Asked, *, actor: Actor, today: date
) -> Given:
    """Give an order on a contract. One that needs nobody's leave takes effect at once.

    It is decided now as it would be on approval, so that what can never take effect is refused
    here. Raises ContractUnknown and whatever `deciding.decide` and `causes.check` refuse.
    """
    row = await locked(session, contract_id, new_contract_id=asked.new_contract_id, actor=actor)
    file = await queries.file(session, row)
    asked = await causes.completed(session, file, asked)
    return await give(session, file, asked, actor=actor, today=today)


async def give(
    session: AsyncSession, file: File, asked: Asked, *, actor: Actor, today: date
) -> Given:
    """Give an order on a locked contract that was read (see `propose`)."""
    decided = await decide(session, file, asked, today=today)
    one = Giving(file=file, asked=asked, decided=decided)
    return (await give_all(session, [one], actor=actor))[0]


async def give_all(
    session: AsyncSession,
    giving: Sequence[Giving],
    *,
    actor: Actor,
    batch_id: UUID | None = None,
) -> list[Given]:
    """Give decided orders, one a contract; those that need nobody's leave take effect at once."""
    rows = [row_of(session, one, batch_id=batch_id, actor_id=actor.id) for one in giving]
    session.add_all(rows)
    await session.flush()
    for row, one in zip(rows, giving, strict=True):
        if one.asked.annual_rate is not None:
            await caps.keep(session, row.order_id, one.file, one.asked)
        if not one.asked.is_approved:
            await applying.bring_into_force(
                session,
                row,
                file=one.file,
                asked=one.asked,
                decided=one.decided,
                actor_id=actor.id,
            )
    return await given_all(session, rows)


async def propose_reversal(
    session: AsyncSession,
    order_id: UUID,
    *,
    reason: OrderReason,
    effective_on: date,
    actor: Actor,
    today: date,
) -> Given:
    """Give the order that takes an order back; it is approved like any other.

    Raises OrderUnknown, OrderNotStanding, ReversalOfReversal, LaterOrderStands.
    """
    row = await queries.order(session, order_id)
    contract = await locked(session, row.contract_id, actor=actor)
    state = (await queries.states(session, [order_id]))[order_id]
    if state.state != "in_force":
        raise OrderNotStanding(order_id=order_id, state=state.state)
    asked = Asked(
        kind=OrderKind.REVERSAL, effective_on=effective_on, reason=reason, order_id=order_id
    )
    file = await queries.file(session, contract)
    return await give(session, file, asked, actor=actor, today=today)


async def decide_on(
    session: AsyncSession, order_id: UUID, *, outcome: Outcome, actor: Actor, today: date
) -> Given:
    """Approve or reject an order at the level it has reached; the last approval brings it about.

    It is decided anew on what the contract is by now; refused, nothing changes and it still
    waits. Raises OrderUnknown, DecidedWithItsBatch, OrderNotWaiting, OrderMakerDecides,
    RoleLacksAuthority, NoAuthorityLevel, and what `propose` raises.
    """
    row = await queries.order(session, order_id)
    new_contract_id = filing.asked_of(row).new_contract_id
    contract = await locked(session, row.contract_id, new_contract_id=new_contract_id, actor=actor)
    if row.batch_id is not None:
        raise DecidedWithItsBatch(order_id=order_id, batch_id=row.batch_id)
    file = await queries.file(session, contract)
    return (await settle_all(session, [(row, file)], outcome=outcome, actor=actor, today=today))[0]


async def settle_all(
    session: AsyncSession,
    waiting: Sequence[tuple[ContractOrderRow, File]],
    *,
    outcome: Outcome,
    actor: Actor,
    today: date,
) -> list[Given]:
    """Take one decision on orders that wait, whose contracts are locked: on all, or on none.

    The levels that decide are those that the sum of all asks for. Raises what `decide_on` raises.
    """
    order_ids = [row.order_id for row, _ in waiting]
    await _require_waiting(session, order_ids)
    taken = await queries.decisions_of(session, order_ids)
    drafts: list[tuple[Asked, Decided | None]] = []
    weighed = []
    for row, file in waiting:
        if row.actor_id == actor.id:
            raise OrderMakerDecides(order_id=row.order_id)
        asked, decided, weight = filing.asked_of(row), None, row.weight_minor
        if outcome is Outcome.APPROVE:
            decided = await decide(session, file, asked, today=today)
            weight = max(weight, deciding.weight(decided, asked=asked))
        drafts.append((asked, decided))
        weighed.append(_weighed(file, weight=weight))
    levels = await approvals.authority_levels(session)
    needed_by_part = authority.levels_needed_for_all(weighed, levels=levels)
    decisions, last = [], []
    for (row, file), (asked, decided), needed in zip(waiting, drafts, needed_by_part, strict=True):
        level = authority.level_to_decide(
            needed,
            decisions=taken[row.order_id],
            actor_id=actor.id,
            roles={str(role) for role in actor.roles},
            maker_ids=(row.actor_id,),
        )
        decisions.append(_decision_row(row, level=level, outcome=outcome, actor=actor))
        said = authority.Decision(level=level.level, outcome=outcome, actor_id=actor.id)
        if decided and not authority.next_level(needed, decisions=[*taken[row.order_id], said]):
            last.append(applying.forced(row, file=file, asked=asked, decided=decided))
    session.add_all(decisions)
    await session.flush()
    async with putting_off.returns_kept(session, last):
        await _bring_about(session, last, actor=actor)
    return await given_all(session, [row for row, _ in waiting])


async def _bring_about(session: AsyncSession, orders: Sequence[Forced], *, actor: Actor) -> None:
    """Bring orders into force: those of one over many contracts in sets, another by itself."""
    many = [one for one in orders if one.row.batch_id is not None]
    if many:
        await applying.bring_all_into_force(session, many, actor_id=actor.id)
    for one in orders:
        if one.row.batch_id is None:
            await causes.bring_about(session, one.row, asked=one.asked, actor=actor)
            await applying.bring_into_force(
                session,
                one.row,
                file=one.file,
                asked=one.asked,
                decided=one.decided,
                actor_id=actor.id,
            )


async def decide(session: AsyncSession, file: File, asked: Asked, *, today: date) -> Decided:
    """Decide an order on a contract that was read, with what it rests on elsewhere."""
    earliest = await causes.check(session, file, asked)
    decided = deciding.decide(
        file.standing,
        asked,
        history=file.history,
        earliest=earliest,
        today=today,
        closed_through=file.closed_through,
    )
    await causes.require_held(session, file, asked, decided)
    await caps.check(session, file, asked)
    return decided


async def given_all(session: AsyncSession, rows: Sequence[ContractOrderRow]) -> list[Given]:
    """Give orders with what became of each."""
    states = await queries.states(session, [row.order_id for row in rows])
    return [Given(row=row, state=states[row.order_id]) for row in rows]


async def _require_waiting(session: AsyncSession, order_ids: Sequence[UUID]) -> None:
    states = await queries.states(session, order_ids)
    for order_id in order_ids:
        if states[order_id].state != "proposed":
            raise OrderNotWaiting(order_id=order_id, state=states[order_id].state)


async def locked(
    session: AsyncSession, contract_id: UUID, *, actor: Actor, new_contract_id: UUID | None = None
) -> ContractRow:
    """Lock a contract, with the one that is to settle it, both of branches that the actor sees.

    In the order of their ids, so that two that settle each other wait and do not deadlock. Raises
    ContractUnknown.
    """
    asked = [ContractId(one) for one in (contract_id, new_contract_id) if one is not None]
    rows = await contract_queries.locked_seen(session, asked, branch_ids=actor.branch_ids)
    for one in asked:
        if one not in rows:
            raise ContractUnknown(contract_id=one)
    return rows[ContractId(contract_id)]


def row_of(
    session: AsyncSession, one: Giving, *, actor_id: UUID, batch_id: UUID | None = None
) -> ContractOrderRow:
    """Make the row of a decided order."""
    asked = one.asked
    return ContractOrderRow(
        institution_id=tenancy.institution_of(session),
        order_id=ids.new(),
        contract_id=one.file.contract.contract_id,
        batch_id=batch_id,
        kind=asked.kind.value,
        reason=asked.reason.value,
        effective_on=asked.effective_on,
        members=asked.members(),
        reverses_order_id=asked.order_id,
        weight_minor=deciding.weight(one.decided, asked=asked),
        currency=one.file.contract.currency,
        actor_id=actor_id,
    )


def _weighed(file: File, *, weight: int) -> Weighed:
    return Weighed(
        amount=Money(weight, file.contract.currency),
        product_id=ProductId(file.contract.product_id),
        fund_id=FundId(file.contract.fund_id),
    )


def _decision_row(
    row: ContractOrderRow, *, level: AuthorityLevel, outcome: Outcome, actor: Actor
) -> OrderDecisionRow:
    return OrderDecisionRow(
        institution_id=row.institution_id,
        order_id=row.order_id,
        level=level.level,
        outcome=outcome.value,
        actor_id=actor.id,
    )
