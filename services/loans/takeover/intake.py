"""How does a whole file come in: checked first, then part by part, twice as once, or only tried?"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import orjson

from services.loans.applications.intake import importer
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.portfolio_file import PortfolioFile
from services.loans.domain.portfolio_records import (
    ContractRecord,
    Faulty,
    MovedKind,
    MovedRecord,
)
from services.loans.domain.whole_life import FaultyMovementError
from services.loans.institutions import queries as institutions
from services.loans.ledger import queries as ledger
from services.loans.ledger.operations import PeriodClosed
from services.loans.repayments.batch import Answer, RepaymentBook
from services.loans.takeover import lives, operations, queries
from services.loans.takeover.desk import (
    BorrowerAbsent,
    Desk,
    Order,
    Taken,
    TriedOnlyError,
    keep,
    registered,
)
from services.loans.takeover.operations import Fitting, Known, Run
from shared import ids
from shared.db import TenantDb
from shared.errors import RafidError
from shared.ids import ContractId, RepaymentId

CHUNK = 100
Told = Callable[[int], None]


async def take_in(
    db: TenantDb,
    book: RepaymentBook,
    file: PortfolioFile,
    order: Order,
    *,
    digest: bytes,
    told: Told,
) -> Taken:
    """Take a portfolio in; `told` hears after each part how many contracts more were looked at.

    A file that does not add up to its own totals is refused before anything is written. Each
    contract comes in whole, or is refused with its reason. What came in before has no effect, so
    that a run that was broken off is run again. Raises `ControlTotalMissing`,
    `ControlTotalDiffers`.
    """
    file.check_totals()
    async with db() as session:
        country = (await institutions.institution(session)).country
        desk = Desk(
            db=db,
            book=book,
            file=file,
            order=order,
            actor=importer(db.institution_id),
            here=await queries.places(session),
            country=country,
            closed_through=await ledger.closed_through(session),
        )
    taken = Taken(refused=list(file.faulty))
    plain, lived = lives.parted(file.contracts.values())
    records = [*plain, *lives.in_order(lived)]
    run = Run(run_id=ids.new(), digest=digest, contracts=len(records), began_at=order.at)
    for start in range(0, len(records), CHUNK):
        part = records[start : start + CHUNK]
        await _take_part(desk, part, run=run, taken=taken)
        told(len(part))
    if not order.is_trial:
        async with db.begin() as session:
            await operations.end_run(
                session, run.run_id, taken=taken.taken, refused=len(taken.refused), at=order.at
            )
    return taken


async def _take_part(
    desk: Desk, records: Sequence[ContractRecord], *, run: Run, taken: Taken
) -> None:
    fitting: list[Fitting] = []
    unfinished: list[ContractRecord] = []
    async with desk.db() as session:
        there = await queries.origins(session, [record.reference for record in records])
    for record in records:
        try:
            if record.reference in there:
                operations.require_same(record, there[record.reference])
                taken.known += 1
                if there[record.reference].completed_at is None:
                    unfinished.append(record)
            else:
                fitting.append(_fit(desk, record))
        except FaultyMovementError as error:
            taken.refused += lives.faults(record, error)
        except RafidError as error:
            taken.refused.append(Faulty(line=record.line, error=error))
    plain = [one for one in fitting if not one.record.is_lived]
    plain = await _write(desk, plain, run=run, taken=taken)
    desk.came.update(one.record.reference for one in plain)
    if not desk.order.is_trial:
        await _book_history(desk, [*unfinished, *(one.record for one in plain)], taken=taken)
    lived = [one for one in fitting if one.record.is_lived]
    await lives.take_in(desk, lived, run=run, taken=taken)


def _fit(desk: Desk, record: ContractRecord) -> Fitting:
    fitting = operations.fit(record, here=desk.here, country=desk.country, today=desk.order.on)
    first = min((one.on for one in record.moved), default=desk.order.on)
    if desk.closed_through is not None and first <= desk.closed_through:
        raise PeriodClosed(occurred_on=first)
    return fitting


async def _write(
    desk: Desk, fitting: Sequence[Fitting], *, run: Run, taken: Taken
) -> list[Fitting]:
    """Register the borrowers and write the contracts of a part, in one transaction."""
    written: list[tuple[Fitting, Known]] = []
    refused: list[Faulty] = []
    try:
        async with desk.db.begin() as session:
            wanted = [one.record.borrower_key for one in fitting]
            known, refusals = await registered(session, desk, wanted)
            for one in fitting:
                key = one.record.borrower_key
                if key in known:
                    written.append((one, known[key]))
                else:
                    error = refusals.get(key) or BorrowerAbsent(name=key[:80])
                    refused.append(Faulty(line=one.record.line, error=error))
            await operations.take_over(
                session, written, run=run, country=desk.country, actor_id=desk.actor.id
            )
            keep(desk.order)
    except TriedOnlyError:
        pass
    taken.refused += refused
    taken.taken += len(written)
    return [one for one, _ in written]


async def _book_history(desk: Desk, records: Sequence[ContractRecord], *, taken: Taken) -> None:
    """Receive every repayment of the past on its day, then take back what was taken back."""
    async with desk.db() as session:
        there = await queries.origins(session, [record.reference for record in records])
    commands = [
        (record, one, _received(desk, record, one, ContractId(there[record.reference].contract_id)))
        for record in records
        for one in record.moved
        if one.kind is MovedKind.REPAYMENT
    ]
    outcomes = await desk.book.receive(
        desk.db.institution_id, [command for _, _, command in commands]
    )
    booked: dict[tuple[str, int], RepaymentId] = {}
    failed: dict[str, RafidError] = {}
    for (record, one, _), outcome in zip(commands, outcomes, strict=True):
        if isinstance(outcome, Answer):
            kept = orjson.loads(outcome.body)
            booked[record.reference, one.number] = RepaymentId(UUID(kept["repayment_id"]))
        else:
            failed.setdefault(record.reference, outcome)
    taken.moved += len(booked)
    for record in records:
        try:
            await _take_back(desk, record, booked)
        except RafidError as error:
            failed.setdefault(record.reference, error)
    done = [record for record in records if record.reference not in failed]
    taken.refused += [
        Faulty(line=record.line, error=failed[record.reference])
        for record in records
        if record.reference in failed
    ]
    async with desk.db.begin() as session:
        contract_ids = [ContractId(there[record.reference].contract_id) for record in done]
        await operations.complete(session, contract_ids, at=desk.order.at)


async def _take_back(
    desk: Desk, record: ContractRecord, booked: Mapping[tuple[str, int], RepaymentId]
) -> None:
    for one in record.moved:
        repayment_id = booked.get((record.reference, one.reverses or 0))
        if one.kind is MovedKind.REVERSAL and repayment_id is not None:
            key, content = _name(record, one)
            await desk.book.reverse(
                desk.db.institution_id,
                ReverseRepayment(
                    repayment_id=repayment_id,
                    reason=one.reason or "not_received",
                    actor_id=desk.actor.id,
                    key=key,
                    request_hash=content,
                ),
            )


def _received(
    desk: Desk, record: ContractRecord, one: MovedRecord, contract_id: ContractId
) -> ReceiveRepayment:
    key, content = _name(record, one)
    return ReceiveRepayment(
        contract_id=contract_id,
        amount=one.amount,
        received_on=one.on,
        today=desk.order.on,
        channel=one.channel,
        actor_id=desk.actor.id,
        key=key,
        request_hash=content,
    )


def _name(record: ContractRecord, one: MovedRecord) -> tuple[str, bytes]:
    """Name a movement for good, and give the hash of what it is: a second run finds it booked."""
    key = hashlib.sha256(record.reference.encode()).hexdigest()
    content = repr(replace(one, number=0)).encode()
    return f"takeover/{key}/{one.number}", hashlib.sha256(content).digest()
