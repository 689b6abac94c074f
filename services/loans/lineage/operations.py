"""How are the lines of funds told: entry after entry as they are numbered, by one at a time?"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import lineage
from services.loans.domain.lineage import Flow, Lines, Move, Policy, Spot
from services.loans.lineage import mixing, queries
from services.loans.lineage.mixing import Mixture
from services.loans.lineage.queries import DaySums
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
      source_start, target_place, target_owner, target_start, amount_minor, version)
    select :institution_id, m.* from unnest(cast(:funds as uuid[]), cast(:numbers as bigint[]),
      cast(:parts as smallint[]), cast(:source_places as text[]), cast(:source_owners as uuid[]),
      cast(:source_starts as bigint[]), cast(:target_places as text[]),
      cast(:target_owners as uuid[]), cast(:target_starts as bigint[]),
      cast(:amounts as bigint[]), cast(:versions as int[])) as m
""")
COUNTED = text("""
    insert into lineage_count (institution_id, fund_id, place, owner, came_minor, left_minor)
    select :institution_id, c.* from unnest(cast(:funds as uuid[]), cast(:places as text[]),
      cast(:owners as uuid[]), cast(:came as bigint[]), cast(:went as bigint[])) as c
    on conflict (institution_id, fund_id, place, owner) do update
      set came_minor = excluded.came_minor, left_minor = excluded.left_minor
""")

# The day's sums of a fund's places are those of the day told before, and what was told since.
SUMMED = text("""
    insert into lineage_day (institution_id, fund_id, told_on, number, came_minor, left_minor)
    values (:institution_id, :fund_id, :told_on, :number, :came, :went)
    on conflict (institution_id, fund_id, told_on) do update
      set number = excluded.number, came_minor = excluded.came_minor,
        left_minor = excluded.left_minor
""")

Told = tuple[Row[Any], Sequence[Flow]]
"""A numbered entry of one fund, with its flows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A move with its fund, its place among the moves of its entry, and its mixture's version."""

    fund_id: FundId
    part: int
    move: Move
    version: int | None = None


async def catch_up(db: TenantDb, *, part: int = PART, pause: float = 0.0) -> int:
    """Tell what was numbered since; return how many entries that was.

    Each part is a transaction of its own. Whoever else tells the same institution waits for the
    part and goes on behind it; a process that dies in the middle leaves nothing half told.
    A timer lets `pause` seconds to the requests of its process after each part.
    """
    done = 0
    while True:
        async with db() as session:
            behind = await queries.newest(session) - (await queries.told(session)).number
        if behind <= 0:
            return done
        async with db.begin() as session:
            done += await tell(session, most=part)
        if behind > part:
            await asyncio.sleep(pause)


async def tell(session: AsyncSession, *, most: int = PART) -> int:
    """Tell the next numbered entries in the session's transaction; return how many."""
    institution = {"institution_id": tenancy.institution_of(session)}
    after: int = (await session.execute(LOCKED, institution)).scalar_one()
    rows = await queries.entries(session, after=after, most=most)
    if not rows:
        return 0
    told = [(row, _flows(row)) for row in rows]
    lines = await _lines(session, told)
    mixed = await mixing.mixtures(
        session, [(FundId(row.fund_id), flows) for row, flows in told if _is_mixed(row)]
    )
    laid = [
        one
        for row, flows in told
        for one in _laid(row, flows, lines[row.fund_id], mixed.get(FundId(row.fund_id)))
    ]
    if laid:
        before = await _sums(session, {one.fund_id for one in laid})
        await session.execute(MOVED, {**institution, **_move_columns(laid)})
        await session.execute(COUNTED, {**institution, **_count_columns(lines)})
        await session.execute(SUMMED, _days(told, laid, before=before, institution=institution))
        await mixing.keep(session, mixed, institution=institution)
    await session.execute(GONE_ON, {**institution, "number": rows[-1].number})
    return int(rows[-1].number) - after


def _is_mixed(row: Row[Any]) -> bool:
    return Policy(row.lineage_policy) is Policy.PRO_RATA


def _flows(row: Row[Any]) -> list[Flow]:
    return lineage.flows_of(
        zip(row.codes, row.debits, strict=True),
        contract_id=row.contract_id,
        receipt_id=row.receipt_id,
        hand=lineage.hand_of(row.tag if Policy(row.lineage_policy) is Policy.TAG else None),
    )


def _laid(
    row: Row[Any], flows: Sequence[Flow], lines: Lines, mixture: Mixture | None
) -> list[Laid]:
    """Lay an entry's flows; a mixed one falls into as many parts as versions it is of."""
    parts: list[tuple[Flow, int | None]] = []
    for flow in flows:
        if mixture is None:
            parts.append((flow, None))
            continue
        day = row.numbered_at.astimezone(UTC).date()
        parts += [
            (replace(flow, amount=part.amount), part.version)
            for part in mixture.lay(flow, number=row.number, day=day)
        ]
    moves = lines.lay([flow for flow, _ in parts], number=row.number)
    return [
        Laid(fund_id=FundId(row.fund_id), part=place, move=move, version=version)
        for place, (move, (_, version)) in enumerate(zip(moves, parts, strict=True))
    ]


async def _sums(session: AsyncSession, funds: Iterable[FundId]) -> dict[FundId, DaySums]:
    """What came to each place of funds and left it, before this is told."""
    found = {}
    for fund_id in funds:
        known = await queries.newest_day(session, fund_id)
        found[fund_id] = known or DaySums.of(await queries.counted(session, fund_id))
    return found


def _days(
    told: Iterable[Told],
    laid: Iterable[Laid],
    *,
    before: Mapping[FundId, DaySums],
    institution: Mapping[str, UUID],
) -> list[dict[str, Any]]:
    """The sums of places by fund and day, as they stand after the last entry of that day."""
    days = {(FundId(row.fund_id), row.number): row.numbered_at.astimezone(UTC) for row, _ in told}
    sums = {fund_id: one.copy() for fund_id, one in before.items()}
    rows: dict[tuple[FundId, date], dict[str, Any]] = {}
    for one in laid:
        known = sums[one.fund_id]
        known.add(one.move.source.place, one.move.target.place, one.move.amount)
        day = days[one.fund_id, one.move.number].date()
        rows[one.fund_id, day] = {
            **institution,
            "fund_id": one.fund_id,
            "told_on": day,
            "number": one.move.number,
            "came": list(known.came),
            "went": list(known.left),
        }
    return list(rows.values())


async def _lines(session: AsyncSession, told: Iterable[Told]) -> Mapping[FundId, Lines]:
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
        "funds": [one.fund_id for one in laid],
        "numbers": [one.move.number for one in laid],
        "parts": [one.part for one in laid],
        "source_places": [one.move.source.place.value for one in laid],
        "source_owners": [one.move.source.owner for one in laid],
        "source_starts": [one.move.source_start for one in laid],
        "target_places": [one.move.target.place.value for one in laid],
        "target_owners": [one.move.target.owner for one in laid],
        "target_starts": [one.move.target_start for one in laid],
        "amounts": [one.move.amount for one in laid],
        "versions": [one.version for one in laid],
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
