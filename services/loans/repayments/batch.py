"""How do many repayments become one commit?

Two round trips: one reads what every decision needs, the pure domain decides each, one writes all
that was accepted. A contract that moved meanwhile is read and decided again; a refused command
fails alone; a command that was done before gets the answer it got then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson

from services.loans.domain import collecting, receipts
from services.loans.domain.amortisation import Advance
from services.loans.domain.collecting import (
    AlreadyReversed,
    ContractBusy,
    ContractUnknown,
    CourseNotServed,
    MoneyArrived,
    ReceiveRepayment,
    RepaymentBusy,
    RepaymentUnknown,
    ReverseRepayment,
    Standing,
)
from services.loans.domain.journal import Channel
from services.loans.repayments import reading, writing
from services.loans.repayments.reading import Reader
from services.loans.repayments.writing import Accepted
from shared import idempotency, ids
from shared.db import Database
from shared.errors import RafidError
from shared.idempotency import IdempotencyKeyReused, Key
from shared.ids import ContractId, InstitutionId, RepaymentId
from shared.money import Money

ATTEMPTS = 50
KEY_TAKEN = "RF010"
UNIQUE = "23505"
AGAIN = frozenset({"RF001", "40001", "40P01"})
"""A day that was closed meanwhile, a serialization failure, a deadlock: decide again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer's bytes, and whether they were kept from an earlier request."""

    body: bytes
    repeated: bool = False


Outcome = Answer | RafidError


class CourseServicing(Protocol):
    """Takes money where it may change the instalments: the course follows it, or it is an advance.

    It locks the contract, folds its course, books the difference and keeps the answer under the
    command's key, all in a transaction of its own; it raises RafidError where it refuses.
    """

    async def receive(self, institution_id: InstitutionId, command: ReceiveRepayment) -> Answer:
        """Receive a repayment; answer with the members of `RepaymentOut`."""

    async def reverse(self, institution_id: InstitutionId, command: ReverseRepayment) -> Answer:
        """Take a repayment back; answer with the members of `RepaymentOut`."""


class RepaymentBook:
    """Posts batches of repayments of one database.

    `servicing` takes those that may change the instalments of their contracts.
    """

    def __init__(self, database: Database, *, servicing: CourseServicing | None = None) -> None:
        self.database = database
        self.servicing = servicing
        self._reader = Reader()

    async def receive(
        self, institution_id: InstitutionId, commands: Sequence[ReceiveRepayment]
    ) -> list[Outcome]:
        """Do each command once; the outcomes stand in the order of the commands."""
        outcomes: dict[int, Outcome] = {}
        folded: list[int] = []
        waiting, doubles = idempotency.without_doubles([_key(command) for command in commands])
        pool = await self.database.pool()
        async with pool.acquire() as connection:
            for _ in range(ATTEMPTS):
                if not waiting:
                    break
                waiting = await self._attempt(
                    connection,
                    institution_id,
                    commands,
                    waiting,
                    outcomes=outcomes,
                    folded=folded,
                )
        for index in waiting:
            outcomes[index] = ContractBusy(contract_id=commands[index].contract_id)
        for index in folded:
            outcomes[index] = await self._fold(institution_id, commands[index])
        for index, first in doubles.items():
            same = commands[index].request_hash == commands[first].request_hash
            outcome = outcomes[first]
            if not same:
                outcome = IdempotencyKeyReused(key=commands[index].key or "")
            elif isinstance(outcome, Answer):
                outcome = Answer(outcome.body, repeated=True)
            outcomes[index] = outcome
        self.database.committed(institution_id)
        return [outcomes[index] for index in range(len(commands))]

    async def _attempt(
        self,
        connection: Any,
        institution_id: InstitutionId,
        commands: Sequence[ReceiveRepayment],
        waiting: Sequence[int],
        *,
        outcomes: dict[int, Outcome],
        folded: list[int],
    ) -> list[int]:
        """Read, decide, write once; return the commands that have to be decided again.

        Those whose contract's whole course must be folded are added to `folded`.
        """
        standings, branches = await self._reader.standings(
            connection, institution_id, reading.earliest(commands[index] for index in waiting)
        )
        versions = {key: standing.version for key, standing in standings.items()}
        accepted: dict[int, Accepted] = {}
        refused: list[int] = []
        for index in waiting:
            try:
                _require_seen(commands[index], standings, branches)
                if _pours(commands[index], standings[commands[index].contract_id]):
                    accepted[index] = _decide(commands[index], standings)
                else:
                    folded.append(index)
            except RafidError as error:
                outcomes[index] = error
                refused.append(index)
        await _answer_kept(connection, institution_id, commands, outcomes, refused)
        if not accepted:
            return []
        touched = {item.command.contract_id for item in accepted.values()}
        versions = {key: version for key, version in versions.items() if key in touched}
        try:
            moved = await self._write(connection, institution_id, list(accepted.values()), versions)
        except asyncpg.PostgresError as error:
            if error.sqlstate == KEY_TAKEN:
                await _answer_kept(connection, institution_id, commands, outcomes, accepted)
                return [index for index in accepted if index not in outcomes]
            if error.sqlstate in AGAIN:
                return list(accepted)
            raise
        if moved:
            return list(accepted)
        outcomes.update({index: Answer(item.answer) for index, item in accepted.items()})
        return []

    async def _fold(self, institution_id: InstitutionId, command: ReceiveRepayment) -> Outcome:
        if self.servicing is None:
            return CourseNotServed(contract_id=command.contract_id)
        try:
            return await self.servicing.receive(institution_id, command)
        except RafidError as error:
            return error

    async def _write(
        self,
        connection: Any,
        institution_id: InstitutionId,
        accepted: Sequence[Accepted],
        versions: Mapping[ContractId, int],
        *,
        reverses: ReverseRepayment | None = None,
    ) -> list[ContractId]:
        postings = [writing.posting(item) for item in accepted]
        keys = {
            (line.fund_id, line.account_code): self._reader.account(line.fund_id, line.account_code)
            for one in postings
            for line in one.entry.lines
        }
        return await writing.write(
            connection,
            institution_id,
            accepted,
            versions,
            postings=postings,
            accounts=keys,
            reverses=reverses,
        )

    async def reverse(self, institution_id: InstitutionId, command: ReverseRepayment) -> Answer:
        """Take a repayment back: book the difference, name the row it reverses.

        Raises RepaymentUnknown, AlreadyReversed, IdempotencyKeyReused, ContractBusy.
        """
        pool = await self.database.pool()
        async with pool.acquire() as connection:
            for _ in range(ATTEMPTS):
                found = await connection.fetchrow(
                    "select * from repayment_to_reverse($1, $2)",
                    institution_id,
                    command.repayment_id,
                )  # read before the keys: whom the same request overtakes gets its answer
                key = (command.actor_id, command.key or "")
                kept = await idempotency.find_kept(connection, institution_id, [key])
                if kept:
                    return Answer(kept[key].answer_to(command.request_hash), repeated=True)
                standing = await self._reversible(connection, institution_id, command, found)
                if not standing.pours():
                    break
                answer = await self._try_reversal(
                    connection, institution_id, command, found, standing
                )
                if answer is not None:
                    self.database.committed(institution_id)
                    return answer
            else:
                raise RepaymentBusy(repayment_id=command.repayment_id)
        if self.servicing is None:
            raise CourseNotServed(contract_id=standing.contract_id)
        return await self.servicing.reverse(institution_id, command)

    async def _reversible(
        self, connection: Any, institution_id: InstitutionId, command: ReverseRepayment, found: Any
    ) -> Standing:
        """Give the standing of the contract whose repayment may be taken back."""
        if found is None:
            raise RepaymentUnknown(repayment_id=command.repayment_id)
        if found["amount_minor"] < 0 or found["reversed"]:
            raise AlreadyReversed(repayment_id=command.repayment_id)
        if found["payment_status"] not in {None, "reversed"}:
            raise MoneyArrived(repayment_id=command.repayment_id)
        contract_id = found["contract_id"]
        standings, branches = await self._reader.standings(
            connection, institution_id, {contract_id: found["received_on"]}
        )
        if command.branch_ids is not None and branches[contract_id] not in command.branch_ids:
            raise RepaymentUnknown(repayment_id=command.repayment_id)
        return standings[contract_id]

    async def _try_reversal(
        self,
        connection: Any,
        institution_id: InstitutionId,
        command: ReverseRepayment,
        found: Any,
        standing: Standing,
    ) -> Answer | None:
        contract_id = standing.contract_id
        decided = collecting.take_back(
            standing,
            amount=Money(found["amount_minor"], found["currency"]),
            booked_on=found["received_on"],
            channel=Channel(found["channel"]),
            entry_id=found["entry_id"],
        )
        repayment_id = RepaymentId(ids.new())
        money_back = ReceiveRepayment(
            contract_id=contract_id,
            amount=Money(decided.portions.total, found["currency"]),
            received_on=found["received_on"],
            today=found["received_on"],
            channel=Channel(found["channel"]),
            actor_id=command.actor_id,
            key=command.key,
            request_hash=command.request_hash,
        )
        body = orjson.dumps(
            receipts.answer(decided, repayment_id=repayment_id, received_on=found["received_on"])
        )
        item = Accepted(money_back, decided, repayment_id, body)
        versions = {contract_id: standing.version}
        try:
            moved = await self._write(
                connection, institution_id, [item], versions, reverses=command
            )
        except asyncpg.PostgresError as error:
            if error.sqlstate in {KEY_TAKEN, UNIQUE, *AGAIN}:
                return None
            raise
        return None if moved else Answer(body)


def _require_seen(
    command: ReceiveRepayment,
    standings: Mapping[ContractId, Standing],
    branches: Mapping[ContractId, UUID],
) -> None:
    """Refuse a contract that is not there or lies in a branch that the actor does not see."""
    visible = command.branch_ids is None or branches.get(command.contract_id) in command.branch_ids
    if command.contract_id not in standings or not visible:
        raise ContractUnknown(contract_id=command.contract_id)


def _pours(command: ReceiveRepayment, standing: Standing) -> bool:
    """Whether a payment leaves the instalments as they are, and is taken here."""
    return standing.pours() and command.effect in {None, Advance.NEXT_DUES}


def _decide(command: ReceiveRepayment, standings: dict[ContractId, Standing]) -> Accepted:
    standing = standings[command.contract_id]
    decided = collecting.collect(
        standing,
        amount=command.amount,
        received_on=command.received_on,
        channel=command.channel,
        today=command.today,
        has_arrived=command.payment_id is not None,
    )
    standings[command.contract_id] = decided.after
    repayment_id = RepaymentId(ids.new())
    answer = orjson.dumps(
        receipts.answer(decided, repayment_id=repayment_id, received_on=command.received_on)
    )
    return Accepted(command, decided, repayment_id, answer)


def _key(command: ReceiveRepayment) -> Key | None:
    return None if command.key is None else (command.actor_id, command.key)


async def _answer_kept(
    connection: Any,
    institution_id: InstitutionId,
    commands: Sequence[ReceiveRepayment],
    outcomes: dict[int, Outcome],
    among: Iterable[int],
) -> None:
    """Answer those commands whose keys were used before as they were answered then."""
    keys = {key: index for index in among if (key := _key(commands[index])) is not None}
    if not keys:
        return
    kept = await idempotency.find_kept(connection, institution_id, list(keys))
    for key, answer in kept.items():
        index = keys[key]
        try:
            body = answer.answer_to(commands[index].request_hash)
            outcomes[index] = Answer(body, repeated=True)
        except RafidError as error:
            outcomes[index] = error
