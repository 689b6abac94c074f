"""How is an order given on a contract, who decides on it, and when does it take effect?

One proposes, another approves, at the levels that the amount asks for; what gives nothing up and
moves no money out takes effect at once. The contract is locked first, then its position.
"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.approvals import queries as approvals
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain import authority
from services.loans.domain.authority import AuthorityLevel, Outcome
from services.loans.domain.collecting import ContractUnknown
from services.loans.domain.servicing import deciding
from services.loans.domain.servicing.deciding import Decided
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.servicing.refusals import OrderNotStanding
from services.loans.servicing import applying, caps, causes, filing, queries
from services.loans.servicing.outcomes import Given
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
    session: AsyncSession,
    file: File,
    asked: Asked,
    *,
    actor: Actor,
    today: date,
    batch_id: UUID | None = None,
    decided: Decided | None = None,
) -> Given:
    """Give an order on a locked contract that was read, and perhaps decided (see `propose`)."""
    if decided is None:
        decided = await decide(session, file, asked, today=today)
    row = ContractOrderRow(
        institution_id=tenancy.institution_of(session),
        order_id=ids.new(),
        contract_id=file.contract.contract_id,
        batch_id=batch_id,
        kind=asked.kind.value,
        reason=asked.reason.value,
        effective_on=asked.effective_on,
        members=asked.members(),
        reverses_order_id=asked.order_id,
        weight_minor=deciding.weight(decided, asked=asked),
        currency=file.contract.currency,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    await caps.keep(session, row.order_id, file, asked)
    if not asked.rule.is_approved:
        await applying.bring_into_force(
            session, row, file=file, asked=asked, decided=decided, actor_id=actor.id
        )
    return await given(session, row)


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
    waits. Raises OrderUnknown, OrderNotWaiting, OrderMakerDecides, RoleLacksAuthority,
    NoAuthorityLevel, and what `propose` raises.
    """
    row = await queries.order(session, order_id)
    new_contract_id = filing.asked_of(row).new_contract_id
    contract = await locked(session, row.contract_id, new_contract_id=new_contract_id, actor=actor)
    await require_waiting(session, row)
    file = await queries.file(session, contract)
    return await settle(session, row, file=file, outcome=outcome, actor=actor, today=today)


async def settle(
    session: AsyncSession,
    row: ContractOrderRow,
    *,
    file: File,
    outcome: Outcome,
    actor: Actor,
    today: date,
) -> Given:
    """Take one decision on a waiting order whose contract is locked (see `decide_on`)."""
    asked = filing.asked_of(row)
    if row.actor_id == actor.id:
        raise OrderMakerDecides(order_id=row.order_id)
    weight, decided = row.weight_minor, None
    if outcome is Outcome.APPROVE:
        decided = await decide(session, file, asked, today=today)
        weight = max(weight, deciding.weight(decided, asked=asked))
    needed = await _levels(session, file, weight=weight)
    taken = await queries.decisions(session, row.order_id)
    level = authority.level_to_decide(
        needed,
        decisions=taken,
        actor_id=actor.id,
        roles={str(role) for role in actor.roles},
        maker_ids=(row.actor_id,),
    )
    session.add(
        OrderDecisionRow(
            institution_id=row.institution_id,
            order_id=row.order_id,
            level=level.level,
            outcome=outcome.value,
            actor_id=actor.id,
        )
    )
    await session.flush()
    is_last = authority.next_level(needed, decisions=[*taken, _decision(level, outcome, actor)])
    if decided is not None and is_last is None:
        await causes.bring_about(session, row, asked=asked, actor=actor)
        await applying.bring_into_force(
            session, row, file=file, asked=asked, decided=decided, actor_id=actor.id
        )
    return await given(session, row)


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


async def given(session: AsyncSession, row: ContractOrderRow) -> Given:
    """Give an order with what became of it."""
    state = (await queries.states(session, [row.order_id]))[row.order_id]
    return Given(row=row, state=state)


async def require_waiting(session: AsyncSession, row: ContractOrderRow) -> None:
    """Raise OrderNotWaiting unless an order waits for a decision."""
    state = (await queries.states(session, [row.order_id]))[row.order_id].state
    if state != "proposed":
        raise OrderNotWaiting(order_id=row.order_id, state=state)


async def locked(
    session: AsyncSession, contract_id: UUID, *, actor: Actor, new_contract_id: UUID | None = None
) -> ContractRow:
    """Lock a contract, with the one that is to settle it, both of branches that the actor sees.

    In the order of their ids, so that two that settle each other wait and do not deadlock. Raises
    ContractUnknown.
    """
    asked = [ContractId(one) for one in (contract_id, new_contract_id) if one is not None]
    rows = await contract_queries.locked_contracts(session, asked)
    for one, row in rows.items():
        if actor.branch_ids is not None and row.branch_id not in actor.branch_ids:
            raise ContractUnknown(contract_id=one)
    return rows[ContractId(contract_id)]


async def _levels(session: AsyncSession, file: File, *, weight: int) -> tuple[AuthorityLevel, ...]:
    return authority.levels_needed(
        Money(weight, file.contract.currency),
        product_id=ProductId(file.contract.product_id),
        fund_id=FundId(file.contract.fund_id),
        levels=await approvals.authority_levels(session),
    )


def _decision(level: AuthorityLevel, outcome: Outcome, actor: Actor) -> authority.Decision:
    return authority.Decision(level=level.level, outcome=outcome, actor_id=actor.id)
