"""How are mixed funds told: which version of its pool does each part of a flow leave or join?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import pools
from services.loans.domain.lineage import Flow, Place, Spot
from services.loans.domain.pools import Part, Pieces, Pool
from services.loans.lineage.pooled import queries as pooled
from shared.ids import FundId

NEVER = -1
"""Stands for the version of units that a place gave and never had."""

KEPT = text("""
    insert into lineage_version (institution_id, fund_id, version, begun_on, first_number,
      came_minor, drawn_minor, paid_back_minor, carried_minor, returned_from, returned_minor)
    values (:institution_id, :fund_id, :version, :begun_on, :first_number, :came, :drawn,
      :paid_back, :carried, :returned_from, :returned)
    on conflict (institution_id, fund_id, version) do update
      set came_minor = excluded.came_minor, drawn_minor = excluded.drawn_minor,
        paid_back_minor = excluded.paid_back_minor, carried_minor = excluded.carried_minor,
        returned_from = excluded.returned_from, returned_minor = excluded.returned_minor
""")
DRAWN = text("""
    insert into lineage_draw (institution_id, fund_id, version, place, units_minor)
    select :institution_id, d.* from unnest(cast(:funds as uuid[]), cast(:versions as int[]),
      cast(:places as text[]), cast(:units as bigint[])) as d
    on conflict (institution_id, fund_id, version, place) do update
      set units_minor = lineage_draw.units_minor + excluded.units_minor
""")


@dataclass(slots=True)
class Mixture:
    """One fund's pool while it is told, and the pieces of each of its places out of hand."""

    pool: Pool
    pieces: defaultdict[Spot, Pieces] = field(default_factory=lambda: defaultdict(dict))
    came_in: dict[Spot, int] = field(default_factory=dict)
    first_numbers: dict[int, int] = field(default_factory=dict)
    draws: defaultdict[tuple[int, Place], int] = field(default_factory=lambda: defaultdict(int))

    def lay(self, flow: Flow, *, number: int, day: date) -> list[Part]:
        """Mix one flow; the parts add up to it."""
        spot = flow.source if is_out(flow.source) else flow.target
        came_in = self.came_in.get(flow.target) if flow.target.place is Place.RECEIPT else None
        parts = self.pool.lay(flow, day=day, pieces=self.pieces[spot], came_in=came_in)
        now = self.pool.versions[-1].number
        self.first_numbers.setdefault(now, number)
        if flow.source.place is Place.RECEIPT:
            self.came_in.setdefault(flow.source, now)
        for part in parts:
            self._place(flow, part)
        return parts

    def _place(self, flow: Flow, part: Part) -> None:
        """Count where the units of a draw are; what moves from place to place stays of its draw."""
        if part.version is None:
            return
        if is_out(flow.source):
            version = NEVER if part.is_owed else part.version
            self.draws[version, flow.source.place] -= part.amount
        stays_out = flow.target.place is not Place.HAND and is_out(flow.source)
        if stays_out:
            self.draws[part.version, flow.target.place] += part.amount
            if is_out(flow.target):
                pieces = self.pieces[flow.target]
                pieces[part.version] = pieces.get(part.version, 0) + part.amount
        elif is_out(flow.target):
            version = NEVER if part.is_owed else part.version
            self.draws[version, flow.target.place] += part.amount


def is_out(spot: Spot) -> bool:
    """Whether units on a spot are neither at hand nor outside the fund."""
    return spot.place is not Place.HAND and spot.place not in pools.SOURCES


async def mixtures(
    session: AsyncSession, flows: Iterable[tuple[FundId, Sequence[Flow]]]
) -> dict[FundId, Mixture]:
    """Read the pools that flows touch, as far as they were told before."""
    spots: defaultdict[FundId, dict[Spot, None]] = defaultdict(dict)
    receipts: defaultdict[FundId, dict[Spot, None]] = defaultdict(dict)
    for fund_id, entry in flows:
        for flow in entry:
            for spot in (flow.source, flow.target):
                if is_out(spot):
                    spots[fund_id][spot] = None
            if flow.target.place is Place.RECEIPT:
                receipts[fund_id][flow.target] = None
        spots[fund_id]  # a fund whose money only came in or went back has a pool too
    found = {}
    for fund_id, asked in spots.items():
        came_in = await pooled.came_in(session, fund_id, list(receipts[fund_id]))
        since = min(came_in.values()) if came_in else None
        versions = await pooled.versions(session, fund_id, since=since, newest=since is None)
        pieces = await pooled.pieces(session, fund_id, list(asked))
        mixture = Mixture(pool=Pool(versions), came_in=came_in)
        mixture.pieces.update(pieces)
        found[fund_id] = mixture
    return found


async def keep(
    session: AsyncSession, mixed: dict[FundId, Mixture], *, institution: Mapping[str, UUID]
) -> None:
    """Write what was told of pools: their versions, and where the units of draws are."""
    rows: list[dict[str, Any]] = [
        {
            **institution,
            "fund_id": fund_id,
            "version": one.number,
            "begun_on": one.begun_on,
            "first_number": mixture.first_numbers.get(one.number, 0),
            "came": one.came,
            "drawn": one.drawn,
            "paid_back": one.paid_back,
            "carried": one.carried,
            "returned_from": list(one.returned),
            "returned": list(one.returned.values()),
        }
        for fund_id, mixture in mixed.items()
        for one in mixture.pool.versions
    ]
    if rows:
        await session.execute(KEPT, rows)
    draws = [
        (fund_id, version, place.value, units)
        for fund_id, mixture in mixed.items()
        for (version, place), units in mixture.draws.items()
        if units
    ]
    if draws:
        columns = dict(
            zip(
                ("funds", "versions", "places", "units"),
                map(list, zip(*draws, strict=True)),
                strict=True,
            )
        )
        await session.execute(DRAWN, {**institution, **columns})
