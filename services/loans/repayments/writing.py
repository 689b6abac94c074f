"""How is a decided batch of repayments handed to the posting function, column by column?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.loans.domain import receipts
from services.loans.domain.collecting import Decided, ReceiveRepayment, ReverseRepayment
from services.loans.domain.journal import EntryKind
from services.loans.ledger import telling
from services.loans.ledger.operations import Accounts, Posting, flatten
from shared import ids
from shared.events import ContractClosed, RepaymentReceived, RepaymentReversed
from shared.ids import ContractId, EntryId, InstitutionId, RepaymentId

COLUMNS = 50
POST = "select post_repayments(" + ", ".join(f"${n}" for n in range(1, COLUMNS)) + ")"


@dataclass(slots=True)
class Accepted:
    """A decided command on its way into the books, and the event that will tell of it.

    `dues` are the instalments that hold after it, where it changed them.
    """

    command: ReceiveRepayment
    decided: Decided
    repayment_id: RepaymentId
    answer: bytes
    event_id: UUID = field(default_factory=ids.new)
    dues: Sequence[Mapping[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """An event on its way, and whether it is the one that says what moved."""

    event_id: UUID
    type: str
    subject_id: UUID
    data: str


def posting(item: Accepted) -> Posting:
    """Give the entry of an accepted command with who posts it and why."""
    return Posting(
        entry=item.decided.entry,
        actor_id=item.command.actor_id,
        source_id=item.repayment_id,
        entry_id=EntryId(ids.new()),
    )


async def write(
    connection: Any,
    institution_id: InstitutionId,
    accepted: Sequence[Accepted],
    versions: Mapping[ContractId, int],
    *,
    postings: Sequence[Posting],
    accounts: Accounts,
    reverses: ReverseRepayment | None = None,
) -> list[ContractId]:
    """Write a decided batch in one commit; return the contracts whose version has moved.

    Nothing is written then.
    """
    flat = flatten(postings, accounts)
    told = [
        _events(item, reverses, posting=one) for item, one in zip(accepted, postings, strict=True)
    ]
    events = [event for of_one in told for event in of_one]
    moved: list[ContractId] = await connection.fetchval(
        POST,
        institution_id,
        *_heads(accepted, versions),
        *_repayments(accepted, reverses),
        flat.entries["actors"],
        [item.command.key for item in accepted],
        [item.command.request_hash for item in accepted],
        [item.answer for item in accepted],
        *(flat.entries[name] for name in ("entries", "kinds", "occurred_on", "reverses")),
        *flat.lines.values(),
        [event.event_id for event in events],
        [event.type for event in events],
        [event.subject_id for event in events],
        [event.data for event in events],
        *_history(accepted, [of_one[0].event_id for of_one in told]),
    )
    return moved


def _heads(
    accepted: Sequence[Accepted], versions: Mapping[ContractId, int]
) -> tuple[list[object], ...]:
    """Give each contract once, with the version decided on and where it stands afterwards."""
    last = {item.command.contract_id: item.decided for item in accepted}
    contract_ids = sorted(last)
    heads = [last[contract_id].positions[-1] for contract_id in contract_ids]
    return (
        list(contract_ids),
        [versions[contract_id] for contract_id in contract_ids],
        [head.outstanding for head in heads],
        [head.oldest_open_due_on for head in heads],
        [head.valid_from for head in heads],
        [head.status.value for head in heads],
    )


def _repayments(
    accepted: Sequence[Accepted], reverses: ReverseRepayment | None
) -> tuple[list[object], ...]:
    portions = [item.decided.portions for item in accepted]
    return (
        [item.repayment_id for item in accepted],
        [item.command.contract_id for item in accepted],
        [parts.total for parts in portions],
        [item.command.amount.currency for item in accepted],
        [item.command.received_on for item in accepted],
        [item.command.channel.value for item in accepted],
        [parts.principal for parts in portions],
        [parts.profit for parts in portions],
        [parts.fee for parts in portions],
        [parts.penalty for parts in portions],
        [parts.surplus for parts in portions],
        [reverses.repayment_id if reverses else None for _ in accepted],
        [reverses.reason if reverses else None for _ in accepted],
        [item.command.payment_id for item in accepted],
    )


def _history(accepted: Sequence[Accepted], event_ids: Sequence[UUID]) -> tuple[list[object], ...]:
    """Give a row for each day whose position a movement changed, under the movement's version."""
    rows: list[tuple[object, ...]] = [
        (
            item.command.contract_id,
            position.valid_from,
            item.decided.after.version,
            event_id,
            generation,
            position.status.value,
            position.disbursed,
            position.paid,
            position.outstanding,
            position.oldest_open_due_on,
        )
        for item, event_id in zip(accepted, event_ids, strict=True)
        for position, generation in zip(
            item.decided.positions, item.decided.generations, strict=True
        )
    ]
    return tuple(list(column) for column in zip(*rows, strict=True))


def _events(item: Accepted, reverses: ReverseRepayment | None, *, posting: Posting) -> list[_Told]:
    contract_id = UUID(int=item.command.contract_id.int)
    fact = receipts.fact(
        item.decided,
        repayment_id=item.repayment_id,
        received_on=item.command.received_on,
        channel=item.command.channel,
    )
    undoes = EntryKind.REPAYMENT if reverses else None
    fact["booked"] = telling.booked(posting.entry, entry_id=posting.entry_id, undoes=undoes)
    kind = RepaymentReceived.type
    if reverses:
        kind = RepaymentReversed.type
        fact["reverses_repayment_id"] = str(reverses.repayment_id)
        fact["reason"] = reverses.reason
    if item.dues is not None:
        fact["dues"] = item.dues
    told = [_Told(item.event_id, kind, contract_id, orjson.dumps(fact).decode())]
    if item.decided.closes:
        told.append(_closed(contract_id, item.command.received_on))
    return told


def _closed(contract_id: UUID, closed_on: date) -> _Told:
    data = orjson.dumps({"contract_id": str(contract_id), "closed_on": closed_on}).decode()
    return _Told(ids.new(), ContractClosed.type, contract_id, data)
