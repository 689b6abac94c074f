"""How do many repayments become one commit?

Two round trips: one reads what every decision needs, the pure domain decides each, one writes all
that was accepted. A contract that moved meanwhile is read and decided again; a refused command
fails alone; a command that was done before gets the answer it got then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.loans.domain import allocation, collecting
from services.loans.domain.allocation import Portions
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.collecting import (
    AlreadyReversed,
    ContractBusy,
    ContractUnknown,
    Decided,
    MoneyArrived,
    ReceiveRepayment,
    RepaymentBusy,
    RepaymentUnknown,
    ReverseRepayment,
    Standing,
)
from services.loans.domain.journal import Channel
from services.loans.domain.terms import Component
from services.loans.ledger.operations import Posting, flatten
from services.loans.ledger.queries import AccountKey
from shared import idempotency, ids
from shared.db import Database
from shared.errors import RafidError
from shared.events import ContractClosed, RepaymentReceived, RepaymentReversed
from shared.idempotency import IdempotencyKeyReused, Key
from shared.ids import AccountId, ContractId, EntryId, FundId, InstitutionId, RepaymentId
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


@dataclass(slots=True)
class Accepted:
    """A decided command on its way into the books."""

    command: ReceiveRepayment
    decided: Decided
    repayment_id: RepaymentId
    answer: bytes


Outcome = Answer | RafidError


class RepaymentBook:
    """Posts batches of repayments of one database; remembers the accounts of funds, which never
    change.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._accounts: dict[FundId, tuple[FundKind, dict[str, AccountKey]]] = {}

    async def receive(
        self, institution_id: InstitutionId, commands: Sequence[ReceiveRepayment]
    ) -> list[Outcome]:
        """Do each command once; the outcomes stand in the order of the commands."""
        outcomes: dict[int, Outcome] = {}
        waiting, doubles = idempotency.without_doubles([_key(command) for command in commands])
        pool = await self.database.pool()
        async with pool.acquire() as connection:
            for _ in range(ATTEMPTS):
                if not waiting:
                    break
                waiting = await self._attempt(
                    connection, institution_id, commands, waiting, outcomes
                )
        for index in waiting:
            outcomes[index] = ContractBusy(contract_id=commands[index].contract_id)
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
        outcomes: dict[int, Outcome],
    ) -> list[int]:
        """Read, decide, write once; return the commands that have to be decided again."""
        standings, branches = await self._standings(
            connection, institution_id, {commands[index].contract_id for index in waiting}
        )
        versions = {key: standing.version for key, standing in standings.items()}
        accepted: dict[int, Accepted] = {}
        refused: list[int] = []
        for index in waiting:
            try:
                accepted[index] = _decide(commands[index], standings, branches)
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

    async def _standings(
        self, connection: Any, institution_id: InstitutionId, contract_ids: set[ContractId]
    ) -> tuple[dict[ContractId, Standing], dict[ContractId, UUID]]:
        rows = await connection.fetch(
            "select * from repayment_contexts($1, $2)", institution_id, sorted(contract_ids)
        )
        unknown = {row["fund_id"] for row in rows} - self._accounts.keys()
        if unknown:
            await self._learn_accounts(connection, institution_id, unknown)
        standings = {row["contract_id"]: self._standing(row) for row in rows}
        return standings, {row["contract_id"]: row["branch_id"] for row in rows}

    def _standing(self, row: Mapping[str, Any]) -> Standing:
        kind, _ = self._accounts[row["fund_id"]]
        return Standing(
            contract_id=row["contract_id"],
            status=row["status"],
            signed_on=row["signed_on"],
            fund=FundAccounts(fund_id=row["fund_id"], kind=kind, currency=row["currency"]),
            order=allocation.order_of([Component(name) for name in row["allocation_order"]]),
            instalments=tuple(zip(row["principal"], row["profit"], row["fee"], strict=True)),
            paid=Portions(
                row["paid_principal_minor"],
                row["paid_profit_minor"],
                row["paid_fee_minor"],
                row["surplus_minor"],
            ),
            version=row["version"],
            closed_through=row["closed_through"],
        )

    async def _learn_accounts(
        self, connection: Any, institution_id: InstitutionId, fund_ids: set[FundId]
    ) -> None:
        rows = await connection.fetch(
            "select * from fund_accounts($1, $2)", institution_id, list(fund_ids)
        )
        for row in rows:
            _, accounts = self._accounts.setdefault(row["fund_id"], (FundKind(row["kind"]), {}))
            accounts[row["code"]] = AccountKey(
                account_id=AccountId(row["account_id"]), currency=row["currency"]
            )

    async def _write(
        self,
        connection: Any,
        institution_id: InstitutionId,
        accepted: Sequence[Accepted],
        versions: Mapping[ContractId, int],
        *,
        reverses: ReverseRepayment | None = None,
    ) -> list[ContractId]:
        postings = [_posting(item) for item in accepted]
        keys = {
            (line.fund_id, line.account_code): self._accounts[line.fund_id][1][line.account_code]
            for posting in postings
            for line in posting.entry.lines
        }
        flat = flatten(postings, keys)
        entries, lines = flat.entries, flat.lines
        contract_ids = sorted({item.command.contract_id for item in accepted})
        events = [told for item in accepted for told in _events(item, reverses)]
        moved: list[ContractId] = await connection.fetchval(
            POST,
            institution_id,
            contract_ids,
            [versions[contract_id] for contract_id in contract_ids],
            [item.repayment_id for item in accepted],
            [item.command.contract_id for item in accepted],
            [item.decided.portions.total for item in accepted],
            [item.command.amount.currency for item in accepted],
            [item.command.received_on for item in accepted],
            [item.command.channel.value for item in accepted],
            [item.decided.portions.principal for item in accepted],
            [item.decided.portions.profit for item in accepted],
            [item.decided.portions.fee for item in accepted],
            [item.decided.portions.surplus for item in accepted],
            [reverses.repayment_id if reverses else None for _ in accepted],
            [item.command.payment_id for item in accepted],
            entries["actors"],
            [item.command.key for item in accepted],
            [item.command.request_hash for item in accepted],
            [item.answer for item in accepted],
            entries["entries"],
            entries["kinds"],
            entries["occurred_on"],
            entries["reverses"],
            lines["line_entries"],
            lines["line_nos"],
            lines["line_accounts"],
            lines["line_funds"],
            lines["line_currencies"],
            lines["line_amounts"],
            [ids.new() for _ in events],
            [kind for kind, _, _ in events],
            [contract_id for _, contract_id, _ in events],
            [data for _, _, data in events],
            [reverses.reason if reverses else None for _ in accepted],
        )
        return moved

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
                key = (command.actor_id, command.key)
                kept = await idempotency.find_kept(connection, institution_id, [key])
                if kept:
                    return Answer(kept[key].answer_to(command.request_hash), repeated=True)
                answer = await self._try_reversal(connection, institution_id, command, found)
                if answer is not None:
                    self.database.committed(institution_id)
                    return answer
        raise RepaymentBusy(repayment_id=command.repayment_id)

    async def _try_reversal(
        self, connection: Any, institution_id: InstitutionId, command: ReverseRepayment, found: Any
    ) -> Answer | None:
        if found is None:
            raise RepaymentUnknown(repayment_id=command.repayment_id)
        if found["amount_minor"] < 0 or found["reversed"]:
            raise AlreadyReversed(repayment_id=command.repayment_id)
        if found["payment_status"] not in {None, "reversed"}:
            raise MoneyArrived(repayment_id=command.repayment_id)
        contract_id = found["contract_id"]
        standings, branches = await self._standings(connection, institution_id, {contract_id})
        if command.branch_ids is not None and branches[contract_id] not in command.branch_ids:
            raise RepaymentUnknown(repayment_id=command.repayment_id)
        standing = standings[contract_id]
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
            collecting.answer(decided, repayment_id=repayment_id, received_on=found["received_on"])
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


POST = "select post_repayments(" + ", ".join(f"${n}" for n in range(1, 35)) + ")"


def _decide(
    command: ReceiveRepayment,
    standings: dict[ContractId, Standing],
    branches: Mapping[ContractId, UUID],
) -> Accepted:
    standing = standings.get(command.contract_id)
    visible = command.branch_ids is None or branches.get(command.contract_id) in command.branch_ids
    if standing is None or not visible:
        raise ContractUnknown(contract_id=command.contract_id)
    decided = collecting.collect(
        standing,
        amount=command.amount,
        received_on=command.received_on,
        channel=command.channel,
        today=command.today,
    )
    standings[command.contract_id] = decided.after
    repayment_id = RepaymentId(ids.new())
    answer = orjson.dumps(
        collecting.answer(decided, repayment_id=repayment_id, received_on=command.received_on)
    )
    return Accepted(command, decided, repayment_id, answer)


def _posting(item: Accepted) -> Posting:
    return Posting(
        entry=item.decided.entry,
        actor_id=item.command.actor_id,
        source_id=item.repayment_id,
        entry_id=EntryId(ids.new()),
    )


def _events(item: Accepted, reverses: ReverseRepayment | None) -> list[tuple[str, UUID, str]]:
    contract_id = item.command.contract_id
    fact = collecting.fact(
        item.decided,
        repayment_id=item.repayment_id,
        received_on=item.command.received_on,
        channel=item.command.channel,
    )
    kind = RepaymentReceived.type
    if reverses:
        kind = RepaymentReversed.type
        fact["reverses_repayment_id"] = str(reverses.repayment_id)
        fact["reason"] = reverses.reason
    told = [(kind, contract_id, orjson.dumps(fact).decode())]
    if item.decided.closes:
        closed = {"contract_id": str(contract_id), "closed_on": item.command.received_on}
        told.append((ContractClosed.type, contract_id, orjson.dumps(closed).decode()))
    return [(name, UUID(int=subject.int), data) for name, subject, data in told]


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
