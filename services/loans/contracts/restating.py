"""How do the positions of contracts change, many at once, other than by a repayment?

A few statements however many they are: one reads the days that move, one writes each kind of row.
"""

from collections.abc import Mapping, Sequence
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

FIRST = 1
GIVEN_UP = frozenset({Standing.WRITTEN_OFF, Standing.CANCELLED})
UNMOVED = Portions(0, 0, 0, 0, 0)

REMEMBER = text("""
    insert into position_history (institution_id, contract_id, valid_from, version, event_id,
      generation, status, disbursed_minor, paid_minor, written_off_minor,
      outstanding_principal_minor, oldest_open_due_on)
    select cast(:institution_id as uuid), u.contract_id, u.valid_from, u.version, u.event_id,
      u.generation, u.status, u.disbursed, u.paid, u.written_off, u.outstanding, u.oldest
    from unnest(cast(:contract_id as uuid[]), cast(:valid_from as date[]),
        cast(:version as integer[]), cast(:event_id as uuid[]), cast(:generation as integer[]),
        cast(:status as text[]), cast(:disbursed as bigint[]), cast(:paid as bigint[]),
        cast(:written_off as bigint[]), cast(:outstanding as bigint[]), cast(:oldest as date[]))
      as u(contract_id, valid_from, version, event_id, generation, status, disbursed, paid,
        written_off, outstanding, oldest)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changes on a locked contract from a day on; amounts are differences in minor units.

    With `instalments` it is a new generation: the whole course, over which the total paid, with
    what is `moved` now, pours from the first. `event_id` names the event told with it; a `status`
    other than None is the contract's from that day.
    """

    contract: ContractRow
    on: date
    event_id: UUID | None = None
    status: Standing | None = None
    instalments: Sequence[Instalment] | None = None
    order_id: UUID | None = None
    moved: int = 0
    disbursed: int = 0
    written_off: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """What a change made of a locked contract.

    `difference` is what moved between the sums paid: all that is left to be booked.
    """

    generation: int
    version: int
    difference: Portions
    head: Position


async def restate_all(session: AsyncSession, changes: Sequence[Change]) -> list[Restated]:
    """Change locked contracts, each once: instalments, positions of the day and each later one."""
    if not changes:
        return []
    heads = await queries.locked_positions(
        session, [change.contract.contract_id for change in changes]
    )
    first = {change.contract.contract_id: change.on for change in changes}
    days = await queries.days_of(session, first)
    differences = [_agree(change, heads[change.contract.contract_id]) for change in changes]
    generations = [
        _generation(change, heads[change.contract.contract_id], difference=difference)
        for change, difference in zip(changes, differences, strict=True)
        if change.instalments is not None
    ]
    dues = [due for change in changes for due in _dues(change, heads[change.contract.contract_id])]
    written: list[dict[str, object]] = []
    last: list[Position] = []
    for change in changes:
        head = heads[change.contract.contract_id]
        moved = positions.moved(
            days[change.contract.contract_id],
            on=change.on,
            disbursed=change.disbursed,
            paid=change.moved,
        )
        rows, agreed = await _stand(session, change, head, moved)
        last.append(rows[-1])
        written += _remembered(head, rows, agreed=agreed, event_id=change.event_id)
    await session.flush()
    if generations:
        await session.execute(insert(GenerationRow), generations)
    if dues:
        await session.execute(insert(InstalmentRow), dues)
    columns = {name: [row[name] for row in written] for name in written[0]}
    institution_id = tenancy.institution_of(session)
    await session.execute(REMEMBER, {"institution_id": institution_id, **columns})
    return [
        Restated(
            generation=heads[change.contract.contract_id].generation,
            version=heads[change.contract.contract_id].version,
            difference=difference,
            head=position,
        )
        for change, difference, position in zip(changes, differences, last, strict=True)
    ]


def _agree(change: Change, head: PositionRow) -> Portions:
    """Let the head follow the change; give what moved between the sums paid."""
    head.disbursed_minor += change.disbursed
    head.written_off_minor += change.written_off
    if change.instalments is None:
        return UNMOVED
    before = paid_of(head)
    portions = allocation.waterfall(
        before.total + change.moved,
        instalments=schedule.totals(change.instalments),
        order=order_of(change.contract),
    )
    head.generation, head.generation_from = head.generation + 1, change.on
    head.paid_principal_minor, head.paid_profit_minor = portions.principal, portions.profit
    head.paid_fee_minor, head.paid_penalty_minor = portions.fee, portions.penalty
    head.surplus_minor = portions.surplus
    return Portions(*(new - old for new, old in zip(portions, before, strict=True)))


async def _stand(
    session: AsyncSession, change: Change, head: PositionRow, days: Sequence[Day]
) -> tuple[list[Position], Mapping[date, tuple[int, Ladder]]]:
    """Give the new positions and the agreement that each stands on; the head follows the last."""
    if change.status is Standing.RENEGOTIATED and head.renegotiated_on is None:
        head.renegotiated_on = change.on
    if change.status is Standing.ACTIVE:
        head.renegotiated_on = None
    if change.instalments is None:
        agreed = await _agreed(session, change.contract, days)
    else:  # no other holds on its day or later
        held = head.generation, ladder_of(change.contract, change.instalments)
        agreed = {day.valid_from: held for day in days}
    rows = [
        positions.stand(
            day,
            ladder=agreed[day.valid_from][1],
            base=change.status or _base(head, on=day.valid_from),
            written_off=head.written_off_minor,
        )
        for day in days
    ]
    last = rows[-1]
    head.version += 1
    head.status, head.moved_on = last.status.value, last.valid_from
    head.outstanding_principal_minor = last.outstanding
    # Before anything is out, the head holds the first due, with which a payout begins.
    head.oldest_open_due_on = last.oldest_open_due_on
    if not last.disbursed:
        head.oldest_open_due_on = agreed[last.valid_from][1].oldest_open(0)
    return rows, agreed


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
            ladders[held] = ladder_of(contract, dues[contract.contract_id])
        found[on] = held, ladders[held]
    return found


def _remembered(
    head: PositionRow,
    rows: Sequence[Position],
    *,
    agreed: Mapping[date, tuple[int, Ladder]],
    event_id: UUID | None,
) -> list[dict[str, object]]:
    """Give the new positions as they are kept: a long life is restated in one statement."""
    return [
        {
            "contract_id": head.contract_id,
            "valid_from": one.valid_from,
            "version": head.version,
            "event_id": event_id,
            "generation": agreed[one.valid_from][0],
            "status": one.status.value,
            "disbursed": one.disbursed,
            "paid": one.paid,
            "written_off": head.written_off_minor,
            "outstanding": one.outstanding,
            "oldest": one.oldest_open_due_on,
        }
        for one in rows
    ]


def _generation(change: Change, head: PositionRow, *, difference: Portions) -> dict[str, object]:
    return {
        "institution_id": head.institution_id,
        "contract_id": head.contract_id,
        "generation": head.generation,
        "effective_on": change.on,
        "order_id": change.order_id,
        "event_id": change.event_id,
        **{f"{part}_minor": minor for part, minor in difference._asdict().items()},
    }


def _dues(change: Change, head: PositionRow) -> list[dict[str, object]]:
    return dues_of(change.contract, change.instalments or (), generation=head.generation)


def dues_of(
    contract: ContractRow, instalments: Sequence[Instalment], *, generation: int
) -> list[dict[str, object]]:
    """Give the rows of a generation of instalments."""
    return [
        {
            "institution_id": contract.institution_id,
            "contract_id": contract.contract_id,
            "generation": generation,
            "number": due.number,
            "due_on": due.due_on,
            "principal_minor": due.principal.minor,
            "profit_minor": due.profit.minor,
            "fee_minor": due.fee.minor,
            "penalty_minor": due.penalty_minor,
        }
        for due in instalments
    ]


def paid_of(head: PositionRow) -> Portions:
    """Give everything that was paid on a contract, part by part."""
    return Portions(
        head.paid_principal_minor,
        head.paid_profit_minor,
        head.paid_fee_minor,
        head.paid_penalty_minor,
        head.surplus_minor,
    )


def order_of(contract: ContractRow) -> allocation.Order:
    """Give the order in which a contract's payments are poured."""
    return allocation.order_of(queries.terms_of(contract).allocation_order)


def ladder_of(contract: ContractRow, instalments: Sequence[Instalment]) -> Ladder:
    """Give instalments as running totals, by a contract's order of pouring."""
    return Ladder.of(
        schedule.totals(instalments), [due.due_on for due in instalments], order_of(contract)
    )


def _base(head: PositionRow, *, on: date) -> Standing:
    """What the contract counts as on a day while it owes something."""
    if Standing(head.status) in GIVEN_UP:
        return Standing(head.status)
    is_anew = head.renegotiated_on is not None and on >= head.renegotiated_on
    return Standing.RENEGOTIATED if is_anew else Standing.ACTIVE
