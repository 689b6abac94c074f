"""How is an entry told to other services: fund, kind, and what it did to each account?"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import own_accounts
from services.loans.domain.chart import CHART
from services.loans.domain.journal import EntryKind, JournalEntry
from services.loans.ledger import queries
from shared import feed
from shared.bookings import BookedEntry
from shared.events import FundBooked
from shared.feed import Told
from shared.ids import EntryId

_CLASSES: Mapping[str, str] = {one.code: one.account_class.value for one in CHART}


def booked(
    entry: JournalEntry, *, entry_id: EntryId, undoes: EntryKind | None = None
) -> dict[str, Any]:
    """Write an entry as the members of `BookedEntry`; `undoes` is the kind of what it reverses."""
    return {
        "entry_id": str(entry_id),
        "fund_id": str(entry.lines[0].fund_id),
        "kind": (undoes or entry.kind).value,
        "is_reversal": entry.reverses_entry_id is not None,
        "occurred_on": entry.occurred_on.isoformat(),
        "contract_id": str(entry.contract_id) if entry.contract_id else None,
        "currency": entry.lines[0].amount.currency,
        "lines": [
            {
                "account": line.account_code,
                "account_class": class_of(line.account_code),
                "amount_minor": line.amount.minor,
            }
            for line in entry.lines
        ],
    }


def class_of(code: str) -> str:
    """The class of an account of the chart or of the institution's own: upkeep is an expense."""
    own = own_accounts.class_of(code)
    return _CLASSES[code] if own is None else own.value


async def tell(session: AsyncSession, entries: Sequence[tuple[EntryId, JournalEntry]]) -> None:
    """Tell entries just posted, each as one event with the entry's own id."""
    undone = {
        entry.reverses_entry_id for _, entry in entries if entry.reverses_entry_id is not None
    }
    kinds = await queries.kinds_of(session, sorted(undone)) if undone else {}
    told = []
    for entry_id, entry in entries:
        undoes = None if entry.reverses_entry_id is None else kinds.get(entry.reverses_entry_id)
        members = booked(entry, entry_id=entry_id, undoes=undoes)
        event = FundBooked(booked=BookedEntry.model_validate(members))
        told.append(Told(event, entry.lines[0].fund_id, entry_id))
    await feed.publish_all(session, told)
