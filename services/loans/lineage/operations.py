"""How are the lines of funds told: entry after entry as they are numbered, by one at a time?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import lineage
from services.loans.domain.lineage import Flow, Lines, Move, Spot
from services.loans.lineage import queries
from shared import tenancy
from shared.db import TenantDb
from shared.ids import FundId

PART = 2_000

LOCKED = text("""
    insert into lineage_progress (institution_id, number) values (:institution_id, 0)
    on conflict (institution_id) do update set number = lineage_progress.number returning number
""")
GONE_ON = text("""
    update lineage_progress set number = :number where institution_id = :institution_id
""")
MOVED = text("""
    insert into lineage_move (institution_id, fund_id, number, part, source_place, source_owner,
      source_start, target_place, target_owner, target_start, amount_minor)
    select :institution_id, m.* from unnest(cast(:funds as uuid[]), cast(:numbers as bigint[]),
      cast(:parts as smallint[]), cast(:source_places as text[]), cast(:source_owners as uuid[]),
      cast(:source_starts as bigint[]), cast(:target_places as text[]),
      cast(:target_owners as uuid[]), cast(:target_starts as bigint[]),
      cast(:amounts as bigint[])) as m
""")
COUNTED = text("""
    insert into lineage_count (institution_id, fund_id, place, owner, came_minor, left_minor)
    select :institution_id, c.* from unnest(cast(:funds as uuid[]), cast(:places as text[]),
      cast(:owners as uuid[]), cast(:came as bigint[]), cast(:went as bigint[])) as c
    on conflict (institution_id, fund_id, place, owner) do update
      set came_minor = excluded.came_minor, left_minor = excluded.left_minor
""")

Laid = tuple[FundId, int, Move]
"""A move with its fund and its place among the moves of its entry."""


async def catch_up(db: TenantDb, *, part: int = PART) -> int:
    """Tell what was numbered since; return how many entries that was.

    Each part is a transaction of its own. Whoever else tells the same institution waits for the
    part and goes on behind it; a process that dies in the middle leaves nothing half told.
    """
    done = 0
    while True:
        async with db() as session:
            behind = await queries.newest(session) - (await queries.told(session)).number
        if behind <= 0:
            return done
        async with db.begin() as session:
            done += await tell(session, most=part)


async def tell(session: AsyncSession, *, most: int = PART) -> int:
    """Tell the next numbered entries in the session's transaction; return how many."""
    institution = {"institution_id": tenancy.institution_of(session)}
    after: int = (await session.execute(LOCKED, institution)).scalar_one()
    rows = await queries.entries(session, after=after, most=most)
    if not rows:
        return 0
    told = [(row, _flows(row)) for row in rows]
    lines = await _lines(session, told)
    laid = [
        (FundId(row.fund_id), part, move)
        for row, flows in told
        for part, move in enumerate(lines[row.fund_id].lay(flows, number=row.number))
    ]
    if laid:
        await session.execute(MOVED, {**institution, **_move_columns(laid)})
        await session.execute(COUNTED, {**institution, **_count_columns(lines)})
    await session.execute(GONE_ON, {**institution, "number": rows[-1].number})
    return int(rows[-1].number) - after


def _flows(row: Row[Any]) -> list[Flow]:
    return lineage.flows_of(
        zip(row.codes, row.debits, strict=True),
        contract_id=row.contract_id,
        receipt_id=row.receipt_id,
    )


async def _lines(
    session: AsyncSession, told: Iterable[tuple[Row[Any], Sequence[Flow]]]
) -> Mapping[FundId, Lines]:
    """The lines that flows touch, as far as they were told before."""
    spots: dict[tuple[FundId, Spot], None] = {}
    for row, flows in told:
        for flow in flows:
            spots[FundId(row.fund_id), flow.source] = None
            spots[FundId(row.fund_id), flow.target] = None
    lines: defaultdict[FundId, Lines] = defaultdict(Lines)
    for (fund_id, spot), count in (await queries.counts(session, list(spots))).items():
        lines[fund_id].counts[spot] = count
    return lines


def _move_columns(laid: Sequence[Laid]) -> dict[str, list[object]]:
    return {
        "funds": [fund_id for fund_id, _, _ in laid],
        "numbers": [move.number for _, _, move in laid],
        "parts": [part for _, part, _ in laid],
        "source_places": [move.source.place.value for _, _, move in laid],
        "source_owners": [move.source.owner for _, _, move in laid],
        "source_starts": [move.source_start for _, _, move in laid],
        "target_places": [move.target.place.value for _, _, move in laid],
        "target_owners": [move.target.owner for _, _, move in laid],
        "target_starts": [move.target_start for _, _, move in laid],
        "amounts": [move.amount for _, _, move in laid],
    }


def _count_columns(lines: Mapping[FundId, Lines]) -> dict[str, list[object]]:
    counted = [
        (fund_id, spot, count)
        for fund_id, known in lines.items()
        for spot, count in known.counts.items()
    ]
    return {
        "funds": [fund_id for fund_id, _, _ in counted],
        "places": [spot.place.value for _, spot, _ in counted],
        "owners": [spot.owner for _, spot, _ in counted],
        "came": [count.came for _, _, count in counted],
        "went": [count.left for _, _, count in counted],
    }
