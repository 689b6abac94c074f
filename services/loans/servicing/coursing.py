"""How is money taken, or taken back, where it may change the instalments?

The whole course is folded anew by every payment, or what is paid ahead makes fewer or smaller ones.
One transaction: the contract and its position are locked, the rows are found with and without
the money, the difference is booked by the same posting function as every repayment, with one
event, and the answer is kept under the command's key.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import positions, restating
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain import collecting, receipts
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
from services.loans.domain.servicing.life import Received
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from services.loans.repayments import reading, writing
from services.loans.repayments.batch import AGAIN, KEY_TAKEN, UNIQUE, Answer
from services.loans.repayments.writing import Accepted
from services.loans.servicing import advancing, applying, queries
from services.loans.servicing.advancing import Advancing
from services.loans.servicing.queries import File
from shared import idempotency, ids, tenancy
from shared.db import Database
from shared.ids import InstitutionId, RepaymentId
from shared.money import Money

ATTEMPTS = 5
"""What is locked does not move; but a day may be closed, or a key used elsewhere, meanwhile."""

TO_REVERSE = "select * from repayment_to_reverse($1, $2)"
Command = ReceiveRepayment | ReverseRepayment
Work = Callable[[AsyncSession, Any], Awaitable[Answer]]


class CourseBook:
    """Takes repayments of one database that may change the instalments of their contracts."""

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


async def receive_within(session: AsyncSession, command: ReceiveRepayment) -> RepaymentId:
    """Receive a repayment within a transaction that does more; the contract is locked.

    Raises what `collecting.require` refuses, and ContractBusy.
    """
    answer = await _receive(session, await _driver(session), command)
    return RepaymentId(UUID(orjson.loads(answer.body)["repayment_id"]))


async def reverse_within(session: AsyncSession, command: ReverseRepayment) -> RepaymentId:
    """Take a repayment back within a transaction that does more; the contract is locked.

    Gives the id of the reversal. Raises AlreadyReversed, ContractWrittenOff, ContractIsClosed.
    """
    answer = await _reverse(session, await _driver(session), command)
    return RepaymentId(UUID(orjson.loads(answer.body)["repayment_id"]))


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
    standing = await _standing(session, connection, file, on=command.received_on)
    collecting.require(
        standing,
        amount=command.amount,
        received_on=command.received_on,
        today=command.today,
        has_arrived=command.payment_id is not None,
    )
    repayment_id = RepaymentId(ids.new())
    advance: Advancing | None = None
    if file.standing.life is None:
        folded, advance = advancing.fold(
            standing, file=file, command=command, repayment_id=repayment_id
        )
    else:
        advancing.require_none(file, command)
        money = Received(key=repayment_id, on=command.received_on, amount=command.amount.minor)
        folded = course_receipts.fold(
            standing,
            life=file.standing.life.entering(money),
            minor=command.amount.minor,
            on=command.received_on,
            channel=command.channel,
        )
    item = _accepted(command, folded, repayment_id)
    answer = await _write(session, connection, row, item, folded=folded, advance=advance)
    if advance is not None:
        await advancing.keep(session, file, advance, item=item)
    return answer


async def _reverse(session: AsyncSession, connection: Any, command: ReverseRepayment) -> Answer:
    institution_id = tenancy.institution_of(session)
    found = await connection.fetchrow(TO_REVERSE, institution_id, command.repayment_id)
    if found is None:
        raise RepaymentUnknown(repayment_id=command.repayment_id)
    row = await contract_queries.contract(
        session, found["contract_id"], branch_ids=command.branch_ids, lock=True
    )
    kept = await _kept(session, connection, command)
    if kept is not None:
        return kept
    found = await connection.fetchrow(TO_REVERSE, institution_id, command.repayment_id)
    if found["reversed"]:  # while this one waited
        raise AlreadyReversed(repayment_id=command.repayment_id)
    file = await queries.file(session, row)
    on, channel, minor = found["received_on"], Channel(found["channel"]), -found["amount_minor"]
    standing = await _standing(session, connection, file, on=on)
    life = file.standing.life
    collecting.require_may_owe(standing, taken=-minor)
    if life is None:
        advancing.require_no_effect(file, command.repayment_id)
        folded = Folded(
            decided=collecting.take_back(
                standing,
                amount=Money(-minor, row.currency),
                booked_on=on,
                channel=channel,
                entry_id=found["entry_id"],
            ),
            rows=None,
        )
    else:
        rest = life.without(command.repayment_id)
        folded = course_receipts.fold(standing, life=rest, minor=minor, on=on, channel=channel)
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


def _accepted(command: ReceiveRepayment, folded: Folded, repayment_id: RepaymentId) -> Accepted:
    answer = orjson.dumps(
        receipts.answer(folded.decided, repayment_id=repayment_id, received_on=command.received_on)
    )
    dues = None
    if folded.rows is not None:
        dues = [due.model_dump(mode="json") for due in applying.dues_of(folded.rows)]
    return Accepted(command, folded.decided, repayment_id, answer, dues=dues)


async def _standing(session: AsyncSession, connection: Any, file: File, *, on: date) -> Standing:
    """Give what a payment is decided on, of a contract whose position is locked."""
    row, held = file.contract, file.standing
    head = await contract_queries.locked_position(session, row.contract_id)
    days = await contract_queries.days_of(session, {row.contract_id: on})
    standing = Standing(
        contract_id=held.contract_id,
        status=row.status,
        signed_on=row.signed_on,
        fund=held.fund,
        order=held.order,
        instalments=tuple(one.parts for one in held.shape.rows),
        due_on=tuple(one.due_on for one in held.shape.rows),
        paid=restating.paid_of(head),
        version=head.version,
        closed_through=file.closed_through,
        disbursed=head.disbursed_minor,
        days=days[row.contract_id],
        generation=head.generation,
        generation_from=head.generation_from,
        servicing=row.servicing,
        renegotiated_on=head.renegotiated_on,
        sharia_bound=held.sharia_bound,
        defers_profit=held.defers_profit,
    )
    if held.life is not None or not standing.reaches_before(on):
        return standing
    orders = {standing.contract_id: standing.order}
    earlier = await reading.agreements(connection, tenancy.institution_of(session), orders)
    return replace(standing, earlier=tuple(earlier[standing.contract_id]))


async def _write(
    session: AsyncSession,
    connection: Any,
    row: ContractRow,
    item: Accepted,
    *,
    folded: Folded,
    reverses: ReverseRepayment | None = None,
    advance: Advancing | None = None,
) -> Answer:
    after = folded.decided.after
    if folded.rows is not None:
        await positions.agree_anew(
            session,
            contract=row,
            instalments=course_rows.instalments_of(folded.rows, currency=row.currency),
            effective_on=item.command.received_on,
            event_id=item.event_id,
            order_id=None if advance is None else advance.order_id,
        )
    first, *others = await books.split_all(session, [writing.posting(item)])
    moved = await writing.write(
        connection,
        tenancy.institution_of(session),
        [item],
        {after.contract_id: after.version - 1},
        postings=[first],
        accounts=await ledger_queries.accounts_of(session, [first.entry.lines[0].fund_id]),
        reverses=reverses,
    )
    if moved:
        raise ContractBusy(contract_id=after.contract_id)
    await ledger.post_all(session, others)
    return Answer(item.answer)
