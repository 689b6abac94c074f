"""How is money taken, or taken back, on a contract whose whole course every payment folds anew?

One transaction: the contract and its position are locked, the course is folded with and without
the money, the difference is booked by the same posting function as every repayment, with one
event, and the answer is kept under the command's key.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import positions
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain import collecting
from services.loans.domain.collecting import (
    AlreadyReversed,
    ContractBusy,
    ReceiveRepayment,
    RepaymentBusy,
    RepaymentUnknown,
    ReverseRepayment,
    Standing,
)
from services.loans.domain.journal import Channel, EntryKind
from services.loans.domain.servicing import course_receipts, course_rows
from services.loans.domain.servicing.course_receipts import Folded
from services.loans.domain.servicing.life import Life, Received
from services.loans.ledger import queries as ledger_queries
from services.loans.repayments import writing
from services.loans.repayments.batch import AGAIN, KEY_TAKEN, UNIQUE, Answer
from services.loans.repayments.writing import Accepted
from services.loans.servicing import queries
from services.loans.servicing.queries import File
from shared import idempotency, ids, tenancy
from shared.db import Database
from shared.ids import FundId, InstitutionId, RepaymentId
from shared.money import Money

ATTEMPTS = 5
"""What is locked does not move; but a day may be closed, or a key used elsewhere, meanwhile."""

Command = ReceiveRepayment | ReverseRepayment
Work = Callable[[AsyncSession, Any], Awaitable[Answer]]


class CourseBook:
    """Takes repayments of one database on contracts that fold their course at every movement."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def receive(self, institution_id: InstitutionId, command: ReceiveRepayment) -> Answer:
        """Receive a repayment. Raises what `collecting.require` refuses, and ContractBusy."""

        async def work(session: AsyncSession, connection: Any) -> Answer:
            return await _receive(session, connection, command)

        answer = await self._attempted(institution_id, work)
        if answer is None:
            raise ContractBusy(contract_id=command.contract_id)
        return answer

    async def reverse(self, institution_id: InstitutionId, command: ReverseRepayment) -> Answer:
        """Take a repayment back: the course as if it had never come.

        Raises AlreadyReversed, ReversedMoreThanPaid, RepaymentBusy.
        """

        async def work(session: AsyncSession, connection: Any) -> Answer:
            return await _reverse(session, connection, command)

        answer = await self._attempted(institution_id, work)
        if answer is None:
            raise RepaymentBusy(repayment_id=command.repayment_id)
        return answer

    async def _attempted(self, institution_id: InstitutionId, work: Work) -> Answer | None:
        """Do the work in a transaction, again where something else was in the way; else None."""
        for _ in range(ATTEMPTS):
            try:
                async with self.database.begin(institution_id) as session:
                    connection = await _driver(session)
                    answer = await work(session, connection)
            except asyncpg.PostgresError as error:
                if error.sqlstate not in {KEY_TAKEN, UNIQUE, *AGAIN}:
                    raise
                continue
            return answer
        return None


async def _driver(session: AsyncSession) -> Any:
    """Give the driver's own connection of the session's transaction."""
    connection = await session.connection()
    return (await connection.get_raw_connection()).driver_connection


async def _kept(session: AsyncSession, connection: Any, command: Command) -> Answer | None:
    """Give the answer that was kept under the command's key. Raises IdempotencyKeyReused."""
    if command.key is None:
        return None
    key = (command.actor_id, command.key)
    institution_id = tenancy.institution_of(session)
    kept = await idempotency.find_kept(connection, institution_id, [key])
    if key not in kept:
        return None
    return Answer(kept[key].answer_to(command.request_hash), repeated=True)


async def _receive(session: AsyncSession, connection: Any, command: ReceiveRepayment) -> Answer:
    row = await contract_queries.contract(
        session, command.contract_id, branch_ids=command.branch_ids, lock=True
    )
    kept = await _kept(session, connection, command)
    if kept is not None:
        return kept
    file = await queries.file(session, row)
    standing = await _standing(session, file, on=command.received_on)
    collecting.require(
        standing,
        amount=command.amount,
        received_on=command.received_on,
        today=command.today,
    )
    repayment_id = RepaymentId(ids.new())
    money = Received(key=repayment_id, on=command.received_on, amount=command.amount.minor)
    folded = course_receipts.fold(
        standing,
        life=_life(file).entering(money),
        minor=command.amount.minor,
        on=command.received_on,
        channel=command.channel,
    )
    item = _accepted(command, folded, repayment_id)
    return await _write(session, connection, row, item, folded=folded)


async def _reverse(session: AsyncSession, connection: Any, command: ReverseRepayment) -> Answer:
    institution_id = tenancy.institution_of(session)
    found = await connection.fetchrow(
        "select * from repayment_to_reverse($1, $2)", institution_id, command.repayment_id
    )
    if found is None:
        raise RepaymentUnknown(repayment_id=command.repayment_id)
    row = await contract_queries.contract(
        session, found["contract_id"], branch_ids=command.branch_ids, lock=True
    )
    kept = await _kept(session, connection, command)
    if kept is not None:
        return kept
    file = await queries.file(session, row)
    life = _life(file)
    rest = life.without(command.repayment_id)
    if rest == life:
        raise AlreadyReversed(repayment_id=command.repayment_id)
    on, channel = found["received_on"], Channel(found["channel"])
    standing = await _standing(session, file, on=on)
    collecting.require_not_given_up(standing)
    folded = course_receipts.fold(
        standing, life=rest, minor=-found["amount_minor"], on=on, channel=channel
    )
    entry = replace(
        folded.decided.entry, kind=EntryKind.REVERSAL, reverses_entry_id=found["entry_id"]
    )
    folded = replace(folded, decided=replace(folded.decided, entry=entry))
    money_back = ReceiveRepayment(
        contract_id=standing.contract_id,
        amount=Money(-found["amount_minor"], found["currency"]),
        received_on=on,
        today=on,
        channel=channel,
        actor_id=command.actor_id,
        key=command.key,
        request_hash=command.request_hash,
    )
    item = _accepted(money_back, folded, RepaymentId(ids.new()))
    return await _write(session, connection, row, item, folded=folded, reverses=command)


def _life(file: File) -> Life:
    if file.standing.life is None:
        raise TypeError(f"{file.contract.reference} is not served by its course")
    return file.standing.life


def _accepted(command: ReceiveRepayment, folded: Folded, repayment_id: RepaymentId) -> Accepted:
    answer = orjson.dumps(
        collecting.answer(
            folded.decided, repayment_id=repayment_id, received_on=command.received_on
        )
    )
    return Accepted(command, folded.decided, repayment_id, answer)


async def _standing(session: AsyncSession, file: File, *, on: date) -> Standing:
    """Give what a payment is decided on, of a contract whose position is locked."""
    row, held = file.contract, file.standing
    head = await contract_queries.locked_position(session, row.contract_id)
    return Standing(
        contract_id=held.contract_id,
        status=row.status,
        signed_on=row.signed_on,
        fund=held.fund,
        order=held.order,
        instalments=tuple(one.parts for one in held.shape.rows),
        due_on=tuple(one.due_on for one in held.shape.rows),
        paid=positions.paid_of(head),
        version=head.version,
        closed_through=file.closed_through,
        disbursed=head.disbursed_minor,
        days=await contract_queries.position_days(session, row.contract_id, on=on),
        generation=head.generation,
        generation_from=head.generation_from,
        servicing=row.servicing,
        renegotiated_on=head.renegotiated_on,
        sharia_bound=held.sharia_bound,
        defers_profit=held.defers_profit,
    )


async def _write(
    session: AsyncSession,
    connection: Any,
    row: ContractRow,
    item: Accepted,
    *,
    folded: Folded,
    reverses: ReverseRepayment | None = None,
) -> Answer:
    after = folded.decided.after
    if folded.rows is not None:
        await positions.agree_anew(
            session,
            contract=row,
            instalments=course_rows.instalments_of(folded.rows, currency=row.currency),
            effective_on=item.command.received_on,
            event_id=item.event_id,
        )
    moved = await writing.write(
        connection,
        tenancy.institution_of(session),
        [item],
        {after.contract_id: after.version - 1},
        postings=[writing.posting(item)],
        accounts=await ledger_queries.accounts_of(session, [FundId(row.fund_id)]),
        reverses=reverses,
    )
    if moved:
        raise ContractBusy(contract_id=after.contract_id)
    return Answer(item.answer)
