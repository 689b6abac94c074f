"""How do contracts come in whose whole life a file tells: each whole, in a transaction of its own?

What one rests on comes before it: a contract that settled another one. What came in before has no
effect; one that is refused leaves no trace, and its faulty movement is named by its line.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import whole_life
from services.loans.domain.portfolio_records import ContractIncomplete, ContractRecord, Faulty
from services.loans.domain.whole_life import FaultyMovementError
from services.loans.takeover import desk as desks
from services.loans.takeover import operations, queries, reliving
from services.loans.takeover.desk import BorrowerAbsent, Desk, Taken, TriedOnlyError
from services.loans.takeover.operations import Fitting, Known, Run
from services.loans.takeover.reliving import Moment
from shared import ids
from shared.errors import Kind, RafidError

LONGEST_SHOWN = 80


class OtherNotHere(RafidError):
    """The contract was settled by one that is not here"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} was settled by {other}, which is neither here nor taken in."
    reference: str
    other: str


def parted(records: Iterable[ContractRecord]) -> tuple[list[ContractRecord], list[ContractRecord]]:
    """Part contracts into those that a payout and repayments tell, and those whose life is told."""
    every = list(records)
    plain = [record for record in every if not record.is_lived]
    return plain, [record for record in every if record.is_lived]


def in_order(records: Sequence[ContractRecord]) -> list[ContractRecord]:
    """Give contracts so that those which settled others come before them, where that can be."""
    found: dict[str, ContractRecord] = {}
    waiting = {record.reference: record for record in records}
    while waiting:
        ready = [
            record
            for record in waiting.values()
            if not (whole_life.rests_on(record) - {record.reference}) & waiting.keys()
        ]
        for record in ready or list(waiting.values()):
            found[record.reference] = waiting.pop(record.reference)
    return list(found.values())


async def take_in(desk: Desk, fitting: Sequence[Fitting], *, run: Run, taken: Taken) -> None:
    """Take contracts in, those that settled others first (see `reliving.relive`)."""
    for one in fitting:
        record = one.record
        try:
            await _take_one(desk, one, run=run)
        except FaultyMovementError as error:
            taken.refused += faults(record, error)
        except RafidError as error:
            taken.refused.append(Faulty(line=record.line, error=error))
        else:
            desk.came.add(record.reference)
            taken.taken += 1
            if not desk.order.is_trial:
                taken.moved += len(record.moved)


def faults(record: ContractRecord, error: FaultyMovementError) -> list[Faulty]:
    """Name the movement that is at fault, and the contract that is left out for it."""
    line, cause = record.lines[error.number], error.__cause__
    if not isinstance(cause, RafidError):
        raise TypeError(f"a movement is refused by {cause!r}")
    whole = ContractIncomplete(reference=record.reference[:LONGEST_SHOWN], number=line.number)
    return [Faulty(line=line, error=cause), Faulty(line=record.line, error=whole)]


async def _take_one(desk: Desk, one: Fitting, *, run: Run) -> None:
    record = one.record
    try:
        async with desk.db.begin() as session:
            there = await queries.origins(session, [record.reference])
            if record.reference in there:
                operations.require_same(record, there[record.reference])
                return
            await reliving.relive(
                session,
                one,
                run=run,
                moment=Moment(
                    on=desk.order.on, at=desk.order.at, country=desk.country, actor=desk.actor
                ),
                known=await _known(session, desk, record),
                others=await _others(session, desk, record),
            )
            desks.keep(desk.order)
    except TriedOnlyError:
        pass


async def _known(session: AsyncSession, desk: Desk, record: ContractRecord) -> Mapping[str, Known]:
    wanted = whole_life.held_by(record)
    known, refusals = await desks.registered(session, desk, wanted)
    for name in wanted:
        if name not in known:
            raise refusals.get(name) or BorrowerAbsent(name=name[:LONGEST_SHOWN])
    return known


async def _others(session: AsyncSession, desk: Desk, record: ContractRecord) -> dict[str, UUID]:
    """Give the contracts that settled one; in a trial those of the file are nowhere yet."""
    names = whole_life.rests_on(record)
    found = {name: row.contract_id for name, row in (await queries.origins(session, names)).items()}
    for name in sorted(names - found.keys()):
        if not (desk.order.is_trial and name in desk.came):
            raise OtherNotHere(reference=record.reference, other=name[:LONGEST_SHOWN])
        found[name] = ids.new()
    return found
