"""How are entries of the books, promises and shares in contracts kept? Added, each once."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.base import Base
from services.monitoring.deps import Fact
from services.monitoring.portfolio.tables import BookedLineRow, ContractShareRow, FundPromiseRow
from shared import tenancy
from shared.events import (
    ContractSigned,
    FundBooked,
    FundClaimed,
    RepaymentReceived,
    RepaymentReversed,
)

SIGNS: Mapping[str, int] = MappingProxyType({"commit": 1, "uncommit": -1, "draw": -1, "undraw": 1})
"""What a claim does to what is promised in signed contracts; others do nothing to it."""


async def keep_lines(
    session: AsyncSession,
    facts: Sequence[Fact[FundBooked] | Fact[RepaymentReceived] | Fact[RepaymentReversed]],
) -> None:
    """Keep what entries did to the accounts of their funds."""
    rows: list[dict[str, object]] = []
    for fact in facts:
        entry = fact.event.booked
        if entry is None:
            continue
        told = entry.model_dump(exclude={"lines"})
        head = {**_known(session, fact), **told}
        rows += [
            {**head, "line_no": number, **line.model_dump()}
            for number, line in enumerate(entry.lines, start=1)
        ]
    await _add(session, BookedLineRow, rows)


async def keep_promises(session: AsyncSession, facts: Sequence[Fact[FundClaimed]]) -> None:
    """Keep what contracts came to hold of funds, and what of it was paid out or given back.

    The day of a promise is the day it was told, since the claim itself names none.
    """
    rows: list[dict[str, object]] = [
        {
            **_known(session, fact),
            "event_id": fact.event_id,
            "fund_id": fact.event.fund_id,
            "promised_on": fact.told_on,
            "currency": fact.event.currency,
            "amount_minor": SIGNS[fact.event.kind] * abs(fact.event.amount_minor),
        }
        for fact in facts
        if fact.event.kind in SIGNS
    ]
    await _add(session, FundPromiseRow, rows)


async def keep_shares(session: AsyncSession, facts: Sequence[Fact[ContractSigned]]) -> None:
    """Keep which funds finance a contract together."""
    rows: list[dict[str, object]] = [
        {
            **_known(session, fact),
            "contract_id": fact.event.contract_id,
            "fund_id": share.fund_id,
            "principal_minor": share.principal_minor,
        }
        for fact in facts
        for share in fact.event.shares
    ]
    await _add(session, ContractShareRow, rows)


def _known(
    session: AsyncSession,
    fact: Fact[FundBooked]
    | Fact[RepaymentReceived]
    | Fact[RepaymentReversed]
    | Fact[FundClaimed]
    | Fact[ContractSigned],
) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "sequence": fact.sequence,
        "known_at": fact.known_at,
    }


async def _add(session: AsyncSession, table: type[Base], rows: Sequence[dict[str, object]]) -> None:
    if rows:
        await session.execute(insert(table).on_conflict_do_nothing(), rows)
