"""How does a whole file come in: checked first, then part by part, twice as once, or only tried?"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications.intake import importer
from services.loans.borrowers import operations as borrowers
from services.loans.borrowers import queries as borrower_queries
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.portfolio_file import PortfolioFile
from services.loans.domain.portfolio_records import (
    ContractRecord,
    Faulty,
    MovedKind,
    MovedRecord,
)
from services.loans.institutions import queries as institutions
from services.loans.ledger import queries as ledger
from services.loans.ledger.operations import PeriodClosed
from services.loans.repayments.batch import Answer, RepaymentBook
from services.loans.takeover import operations, people, queries
from services.loans.takeover.operations import Fitting, Known, Run
from services.loans.takeover.queries import Places
from shared import ids
from shared.auth import Actor
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.ids import ContractId, RepaymentId

CHUNK = 100
Told = Callable[[int], None]


class BorrowerAbsent(RafidError):
    """The borrower is neither in the file nor here"""

    kind = Kind.RULE
    service = "loans"
    detail = "No line of the kind borrower has the name {name}, and nobody here came under it."
    name: str


class _TriedOnlyError(Exception):
    """Leaves a transaction without a trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a file is to be taken: on which day, at which instant, and whether it is only tried."""

    on: date
    at: datetime
    is_trial: bool = False


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of the contracts of a file."""

    taken: int = 0
    known: int = 0
    moved: int = 0
    refused: list[Faulty] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    db: TenantDb
    book: RepaymentBook
    file: PortfolioFile
    order: Order
    actor: Actor
    here: Places
    country: str
    closed_through: date | None


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
        desk = _Desk(
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
    records = list(file.contracts.values())
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
    desk: _Desk, records: Sequence[ContractRecord], *, run: Run, taken: Taken
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
        except RafidError as error:
            taken.refused.append(Faulty(line=record.line, error=error))
    fitting = await _write(desk, fitting, run=run, taken=taken)
    if desk.order.is_trial:
        return
    await _book_history(desk, [*unfinished, *(one.record for one in fitting)], taken=taken)


def _fit(desk: _Desk, record: ContractRecord) -> Fitting:
    fitting = operations.fit(record, here=desk.here, country=desk.country, today=desk.order.on)
    first = min(one.on for one in record.moved)
    if desk.closed_through is not None and first <= desk.closed_through:
        raise PeriodClosed(occurred_on=first)
    return fitting


async def _write(
    desk: _Desk, fitting: Sequence[Fitting], *, run: Run, taken: Taken
) -> list[Fitting]:
    """Register the borrowers and write the contracts of a part, in one transaction."""
    written: list[tuple[Fitting, Known]] = []
    refused: list[Faulty] = []
    try:
        async with desk.db.begin() as session:
            wanted = [one.record.borrower_key for one in fitting]
            known, refusals = await _registered(session, desk, wanted)
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
            _keep(desk.order)
    except _TriedOnlyError:
        pass
    taken.refused += refused
    taken.taken += len(written)
    return [one for one, _ in written]


def _keep(order: Order) -> None:
    """Leave the transaction of a trial without a trace."""
    if order.is_trial:
        raise _TriedOnlyError


async def _registered(
    session: AsyncSession, desk: _Desk, keys: Sequence[str]
) -> tuple[dict[str, Known], Mapping[str, RafidError]]:
    """Give the borrowers of these names, registered now where they are not yet.

    Members come before those they belong to; a refusal stands under the borrower's name.
    """
    refusals: dict[str, RafidError] = {}
    found: dict[str, UUID] = {}
    for names in people.in_order(keys, desk.file.borrowers):
        found |= await borrower_queries.borrowers_by_external_id(session, names)
        fresh = []
        for name in names:
            record = desk.file.borrowers.get(name)
            if name in found or record is None:
                continue
            try:
                fresh.append(
                    people.new_borrower(
                        record, branches=desk.here.branches, known=found, country=desk.country
                    )
                )
            except RafidError as error:
                refusals[name] = error
        outcomes = []
        if fresh:
            outcomes = await borrowers.register_borrowers(
                session, fresh, on=desk.order.on, actor=desk.actor
            )
        for new, outcome in zip(fresh, outcomes, strict=True):
            if isinstance(outcome, RafidError):
                refusals[new.external_id or ""] = outcome
            else:
                found[new.external_id or ""] = outcome.borrower_id
    rows = await borrower_queries.borrowers_by_id(session, found.values(), actor=desk.actor)
    return {
        name: Known(
            borrower_id=borrower_id,
            kind=rows[borrower_id].kind,
            region=rows[borrower_id].region,
            sex=rows[borrower_id].sex,
            born_on=rows[borrower_id].born_on,
        )
        for name, borrower_id in found.items()
    }, refusals


async def _book_history(desk: _Desk, records: Sequence[ContractRecord], *, taken: Taken) -> None:
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
    desk: _Desk, record: ContractRecord, booked: Mapping[tuple[str, int], RepaymentId]
) -> None:
    for one in record.moved:
        repayment_id = booked.get((record.reference, one.reverses or 0))
        if one.kind is MovedKind.REVERSAL and repayment_id is not None:
            key, content = _name(record, one)
            await desk.book.reverse(
                desk.db.institution_id,
                ReverseRepayment(
                    repayment_id=repayment_id,
                    reason="not_received",
                    actor_id=desk.actor.id,
                    key=key,
                    request_hash=content,
                ),
            )


def _received(
    desk: _Desk, record: ContractRecord, one: MovedRecord, contract_id: ContractId
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
