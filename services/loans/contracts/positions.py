"""How does a contract's position come to be and change, other than by a repayment?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries
from services.loans.contracts.tables import (
    ContractRow,
    GenerationRow,
    InstalmentRow,
    PositionRow,
)
from services.loans.domain import allocation, positions, schedule
from services.loans.domain.allocation import Portions
from services.loans.domain.positions import Day, Ladder, Position, Standing
from services.loans.domain.schedule import Instalment
from shared import tenancy
from shared.ids import ContractId

FIRST = 1
GIVEN_UP = frozenset({Standing.WRITTEN_OFF, Standing.CANCELLED})
PAY_OUT = text("""
    with paid as (
      update position p
      set disbursed_minor = p.disbursed_minor + o.amount_minor, version = p.version + 1,
        outstanding_principal_minor = p.outstanding_principal_minor + o.amount_minor,
        moved_on = o.paid_on, status = 'active'
      from unnest(cast(:contract_ids as uuid[]), cast(:amounts as bigint[]),
          cast(:days as date[]), cast(:events as uuid[]))
        as o(contract_id, amount_minor, paid_on, event_id)
      where p.institution_id = :institution_id and p.contract_id = o.contract_id
      returning p.*, o.event_id
    )
    insert into position_history (institution_id, contract_id, valid_from, version, event_id,
      generation, status, disbursed_minor, paid_minor, outstanding_principal_minor,
      oldest_open_due_on)
    select institution_id, contract_id, moved_on, version, event_id, generation, status,
      disbursed_minor, 0, outstanding_principal_minor, oldest_open_due_on
    from paid
""")

REMEMBER = text("""
    insert into position_history (institution_id, contract_id, valid_from, version, event_id,
      generation, status, disbursed_minor, paid_minor, written_off_minor,
      outstanding_principal_minor, oldest_open_due_on)
    select cast(:institution_id as uuid), cast(:contract_id as uuid), u.valid_from,
      cast(:version as integer), cast(:event_id as uuid), u.generation, u.status, u.disbursed,
      u.paid, cast(:written_off as bigint), u.outstanding, u.oldest
    from unnest(cast(:valid_from as date[]), cast(:generations as integer[]),
        cast(:statuses as text[]),
        cast(:disbursed as bigint[]), cast(:paid as bigint[]), cast(:outstanding as bigint[]),
        cast(:oldest as date[]))
      as u(valid_from, generation, status, disbursed, paid, outstanding, oldest)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOut:
    """A contract on which money left on a day, and the event that tells it.

    The whole principal, and its instalments stay; or a part, with the `instalments` that what is
    drawn makes, over which what was paid pours anew with what is `moved` with the payout.
    """

    contract: ContractRow
    on: date
    event_id: UUID
    amount_minor: int | None = None
    instalments: Sequence[Instalment] | None = None
    moved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """What a change of agreement made of a locked contract.

    `difference` is what moved between the sums paid: all that is left to be booked.
    """

    generation: int
    version: int
    difference: Portions
    head: Position


def signed(row: ContractRow, instalments: Sequence[Instalment]) -> dict[str, object]:
    """Give the position of a contract at signing: nothing out, nothing in."""
    ladder = _ladder(row, instalments)
    return {
        "institution_id": row.institution_id,
        "contract_id": row.contract_id,
        "branch_id": row.branch_id,
        "product_id": row.product_id,
        "fund_id": row.fund_id,
        "currency": row.currency,
        "oldest_open_due_on": ladder.oldest_open(0),
    }


async def pay_out(session: AsyncSession, paid: Sequence[PaidOut]) -> None:
    """Let the positions of locked contracts carry what was paid out from a day on."""
    for one in paid:
        if one.instalments is not None:
            await replace_instalments(
                session,
                contract=one.contract,
                instalments=one.instalments,
                effective_on=one.on,
                event_id=one.event_id,
                moved=one.moved,
                disbursed=one.amount_minor or 0,
            )
    paid = [one for one in paid if one.instalments is None]
    if not paid:
        return
    await session.execute(
        PAY_OUT,
        {
            "institution_id": tenancy.institution_of(session),
            "contract_ids": [one.contract.contract_id for one in paid],
            "amounts": [one.contract.principal_minor for one in paid],
            "days": [one.on for one in paid],
            "events": [one.event_id for one in paid],
        },
    )


async def replace_instalments(
    session: AsyncSession,
    *,
    contract: ContractRow,
    instalments: Sequence[Instalment],
    effective_on: date,
    order_id: UUID | None = None,
    event_id: UUID | None = None,
    status: Standing | None = None,
    moved: int = 0,
    disbursed: int = 0,
) -> Restated:
    """Give a locked contract a new generation of instalments, which holds from a day on.

    The generation is the whole course: what is paid stands in it as instalments of its own, and
    the total paid, with what is `moved` now, pours over it from the first. `event_id` names the
    event told with it. A `status` other than None is the contract's from that day. `disbursed` is
    paid out with it, or came back.
    """
    head = await queries.locked_position(session, contract.contract_id)
    generation = head.generation + 1
    total = paid_of(head).total + moved
    order = _order(contract)
    portions = allocation.waterfall(total, instalments=schedule.totals(instalments), order=order)
    difference = Portions(*(new - old for new, old in zip(portions, paid_of(head), strict=True)))
    await _write_generation(
        session,
        contract,
        instalments,
        GenerationRow(
            institution_id=contract.institution_id,
            contract_id=contract.contract_id,
            generation=generation,
            effective_on=effective_on,
            order_id=order_id,
            event_id=event_id,
            principal_minor=difference.principal,
            profit_minor=difference.profit,
            fee_minor=difference.fee,
            penalty_minor=difference.penalty,
            surplus_minor=difference.surplus,
        ),
    )
    head.generation, head.generation_from = generation, effective_on
    head.paid_principal_minor, head.paid_profit_minor = portions.principal, portions.profit
    head.paid_fee_minor, head.paid_penalty_minor = portions.fee, portions.penalty
    head.surplus_minor = portions.surplus
    head.disbursed_minor += disbursed
    last = await _restate(
        session,
        head,
        contract=contract,
        on=effective_on,
        event_id=event_id,
        status=status,
        disbursed=disbursed,
        paid=moved,
    )
    return Restated(generation=generation, version=head.version, difference=difference, head=last)


async def agree_anew(
    session: AsyncSession,
    *,
    contract: ContractRow,
    instalments: Sequence[Instalment],
    effective_on: date,
    event_id: UUID,
    order_id: UUID | None = None,
) -> None:
    """Let a locked contract follow other instalments from a day on; nothing else is changed.

    What a payment makes of the course: the payment itself carries the difference, and writes the
    positions of its day and of every later one.
    """
    head = await queries.locked_position(session, contract.contract_id)
    head.generation, head.generation_from = head.generation + 1, effective_on
    await _write_generation(
        session,
        contract,
        instalments,
        GenerationRow(
            institution_id=contract.institution_id,
            contract_id=contract.contract_id,
            generation=head.generation,
            effective_on=effective_on,
            event_id=event_id,
            order_id=order_id,
        ),
    )


async def restate(
    session: AsyncSession,
    *,
    contract: ContractRow,
    on: date,
    event_id: UUID | None = None,
    status: Standing | None = None,
    disbursed: int = 0,
    written_off: int = 0,
) -> Position:
    """Change what was paid out or given up on a locked contract, or its standing, from a day on.

    Amounts are differences in minor units; the instalments stay. Gives the newest position.
    """
    head = await queries.locked_position(session, contract.contract_id)
    head.disbursed_minor += disbursed
    head.written_off_minor += written_off
    return await _restate(
        session,
        head,
        contract=contract,
        on=on,
        event_id=event_id,
        status=status,
        disbursed=disbursed,
    )


async def _restate(
    session: AsyncSession,
    head: PositionRow,
    *,
    contract: ContractRow,
    on: date,
    event_id: UUID | None,
    status: Standing | None,
    disbursed: int = 0,
    paid: int = 0,
) -> Position:
    """Append a position for the day and each later one, and let the head follow the last."""
    if status is Standing.RENEGOTIATED and head.renegotiated_on is None:
        head.renegotiated_on = on
    if status is Standing.ACTIVE:
        head.renegotiated_on = None
    days = await queries.position_days(session, ContractId(head.contract_id), on=on)
    changed = positions.moved(days, on=on, disbursed=disbursed, paid=paid)
    agreed = await _agreed(session, contract, changed)
    rows = [
        positions.stand(
            day,
            ladder=agreed[day.valid_from][1],
            base=status or _base(head, on=day.valid_from),
            written_off=head.written_off_minor,
        )
        for day in changed
    ]
    last = rows[-1]
    head.version += 1
    head.status, head.moved_on = last.status.value, last.valid_from
    head.outstanding_principal_minor = last.outstanding
    # Before anything is out, the head holds the first due, with which a payout begins.
    head.oldest_open_due_on = last.oldest_open_due_on
    if not last.disbursed:
        head.oldest_open_due_on = agreed[last.valid_from][1].oldest_open(0)
    await session.flush()
    generations = [agreed[one.valid_from][0] for one in rows]
    values = _history(head, rows, generations=generations, event_id=event_id)
    await session.execute(REMEMBER, values)
    return last


async def _agreed(
    session: AsyncSession, contract: ContractRow, days: Sequence[Day]
) -> dict[date, tuple[int, Ladder]]:
    """Give the generation that holds on each day, and its running totals."""
    later = await queries.generations(session, contract.contract_id)
    found: dict[date, tuple[int, Ladder]] = {}
    ladders: dict[int, Ladder] = {}
    for day in days:
        on = day.valid_from
        held = max((one for one, since in later.items() if since <= on), default=FIRST)
        if held not in ladders:
            dues = await queries.instalments(
                session, [contract.contract_id], currency=contract.currency, as_of=on
            )
            ladders[held] = _ladder(contract, dues[contract.contract_id])
        found[on] = held, ladders[held]
    return found


def _history(
    head: PositionRow,
    rows: Sequence[Position],
    *,
    generations: Sequence[int],
    event_id: UUID | None,
) -> dict[str, object]:
    """Give the new positions as columns: a long life is restated in one statement."""
    return {
        "institution_id": head.institution_id,
        "contract_id": head.contract_id,
        "version": head.version,
        "event_id": event_id,
        "generations": list(generations),
        "written_off": head.written_off_minor,
        "valid_from": [one.valid_from for one in rows],
        "statuses": [one.status.value for one in rows],
        "disbursed": [one.disbursed for one in rows],
        "paid": [one.paid for one in rows],
        "outstanding": [one.outstanding for one in rows],
        "oldest": [one.oldest_open_due_on for one in rows],
    }


async def _write_generation(
    session: AsyncSession,
    contract: ContractRow,
    instalments: Sequence[Instalment],
    row: GenerationRow,
) -> None:
    session.add(row)
    await session.flush()
    await session.execute(
        insert(InstalmentRow),
        [
            {
                "institution_id": contract.institution_id,
                "contract_id": contract.contract_id,
                "generation": row.generation,
                "number": due.number,
                "due_on": due.due_on,
                "principal_minor": due.principal.minor,
                "profit_minor": due.profit.minor,
                "fee_minor": due.fee.minor,
                "penalty_minor": due.penalty_minor,
            }
            for due in instalments
        ],
    )


def paid_of(head: PositionRow) -> Portions:
    """Give everything that was paid on a contract, part by part."""
    return Portions(
        head.paid_principal_minor,
        head.paid_profit_minor,
        head.paid_fee_minor,
        head.paid_penalty_minor,
        head.surplus_minor,
    )


def _base(head: PositionRow, *, on: date) -> Standing:
    """What the contract counts as on a day while it owes something."""
    if Standing(head.status) in GIVEN_UP:
        return Standing(head.status)
    is_anew = head.renegotiated_on is not None and on >= head.renegotiated_on
    return Standing.RENEGOTIATED if is_anew else Standing.ACTIVE


def _order(contract: ContractRow) -> allocation.Order:
    return allocation.order_of(queries.terms_of(contract).allocation_order)


def _ladder(contract: ContractRow, instalments: Sequence[Instalment]) -> Ladder:
    return Ladder.of(
        schedule.totals(instalments), [due.due_on for due in instalments], _order(contract)
    )
