"""What do the lines of a fund say: how much stands where, whose it was, where it went?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import lineage
from services.loans.domain.lineage import (
    OWN_PLACES,
    PLACES,
    Ask,
    Count,
    Move,
    Place,
    Spot,
    Stretch,
    Tracing,
)
from shared import tenancy
from shared.ids import FundId

BEGINNING = 0

ENTRIES = text("""
    select k.number, l.fund_id, e.contract_id,
      coalesce(r.reverses_receipt_id, r.receipt_id) as receipt_id,
      array_agg(a.code order by l.line_no) as codes,
      array_agg(l.amount_minor order by l.line_no) as debits
    from journal_link k
    join journal_entry e on e.institution_id = k.institution_id and e.entry_id = k.entry_id
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    left join receipt r on r.institution_id = e.institution_id and r.receipt_id = e.source_id
    where k.institution_id = :institution_id and k.number > :after
      and k.number <= cast(:after as bigint) + :most
    group by k.number, l.fund_id, e.contract_id, r.reverses_receipt_id, r.receipt_id
    order by k.number, l.fund_id
""")
NEWEST = text("""
    select coalesce(max(number), 0) from journal_link where institution_id = :institution_id
""")
COUNTS = text("""
    select c.fund_id, c.place, c.owner, c.came_minor, c.left_minor
    from unnest(cast(:funds as uuid[]), cast(:places as text[]), cast(:owners as uuid[]))
      as s(fund_id, place, owner)
    join lineage_count c using (fund_id, place, owner)
    where c.institution_id = :institution_id
""")
TOTALS = text("""
    select place, sum(came_minor)::bigint as came, sum(left_minor)::bigint as left_
    from lineage_count where institution_id = :institution_id and fund_id = :fund_id
    group by place
""")
PROGRESS = text("""
    select p.number, k.numbered_at from lineage_progress p
    left join journal_link k on k.institution_id = p.institution_id and k.number = p.number
    where p.institution_id = :institution_id
""")


def _looked_up(here: str) -> str:
    """The moves over given stretches of the lines on one of their sides.

    Where the first of them starts is found before they are read, else every move of the line up
    to the stretch would be.
    """
    line = (
        f"institution_id = :institution_id and fund_id = :fund_id"
        f" and {here}_place = s.place and {here}_owner = s.owner"
    )
    return f"""
        with s as materialized (
          select place, owner, stop, coalesce((select max({here}_start) from lineage_move
            where {line} and {here}_start <= s.start), 0) as first
          from unnest(cast(:places as text[]), cast(:owners as uuid[]),
            cast(:starts as bigint[]), cast(:ends as bigint[])) as s(place, owner, start, stop)
        )
        select number, source_place, source_owner, source_start, target_place, target_owner,
          target_start, amount_minor
        from s join lineage_move on {line} and {here}_start >= s.first and {here}_start < s.stop
    """


LOOKED_UP = {True: text(_looked_up("target")), False: text(_looked_up("source"))}
"""By whether the way back is asked for: moves that brought units, moves that took them on."""


def _untiled(here: str, *, count: str) -> str:
    """Spots whose moves on one side leave a gap, overlap, or end elsewhere than counted."""
    return f"""
        select concat_ws(' ', fund_id, place, owner) as row, why from (
          select coalesce(m.fund_id, c.fund_id) as fund_id, coalesce(m.place, c.place) as place,
            coalesce(m.owner, c.owner) as owner,
            case when not coalesce(m.is_whole, true) then 'the units that {count} have a gap'
              when coalesce(m.ends, 0) is distinct from c.{count}_minor
              then format('%s units {count}, %s are counted', coalesce(m.ends, 0), c.{count}_minor)
            end as why
          from (
            select fund_id, place, owner, max(start + amount_minor) as ends,
              bool_and(start = before) as is_whole
            from (
              select fund_id, {here}_place as place, {here}_owner as owner, {here}_start as start,
                amount_minor, coalesce(sum(amount_minor) over (
                  partition by fund_id, {here}_place, {here}_owner order by number, part
                  rows between unbounded preceding and 1 preceding), 0) as before
              from lineage_move where institution_id = :institution_id
            ) each_move
            group by fund_id, place, owner
          ) m
          full join (select * from lineage_count where institution_id = :institution_id) c
            using (fund_id, place, owner)
        ) looked_at where why is not null order by fund_id, place, owner limit 1
    """


STANDING = """
    with booked as (
      select l.fund_id, p.place,
        case when p.place in ('contract', 'lost') then e.contract_id end as contract_id,
        sum(l.amount_minor) as minor
      from lineage_progress t
      join journal_link k on k.institution_id = t.institution_id and k.number <= t.number
      join journal_entry e on e.institution_id = k.institution_id and e.entry_id = k.entry_id
      join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
      join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
      join unnest(cast(:codes as text[]), cast(:places as text[])) as p(code, place)
        on p.code = case when starts_with(a.code, 'own_') then 'own_' || a.class else a.code end
      where t.institution_id = :institution_id
      group by 1, 2, 3
    ), told as (
      select fund_id, place,
        case when place in ('contract', 'lost') and owner <> '00000000-0000-0000-0000-000000000000'
          then owner end as contract_id,
        sum(came_minor - left_minor) as minor
      from lineage_count where institution_id = :institution_id group by 1, 2, 3
    )
    select concat_ws(' ', fund_id, place, contract_id) as row,
      format('%s minor units are booked, %s stand there', b, t) as why
    from (
      select coalesce(b.fund_id, t.fund_id) as fund_id, coalesce(b.place, t.place) as place,
        coalesce(b.contract_id, t.contract_id) as contract_id,
        coalesce(b.minor, 0) as b, coalesce(t.minor, 0) as t
      from booked b full join told t on t.fund_id = b.fund_id and t.place = b.place
        and t.contract_id is not distinct from b.contract_id
    ) looked_at where b <> t order by 1 limit 1
"""

CHECKS = tuple(
    text(statement)
    for statement in (
        _untiled("target", count="came"),
        _untiled("source", count="left"),
        STANDING,
    )
)
MOVE_COUNT = text("select count(*) from lineage_move where institution_id = :institution_id")


@dataclass(frozen=True, slots=True)
class Broken:
    """The first spot of a line that does not fit, and why."""

    row: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far the lines tell the journal: the number of an entry, and when it was numbered."""

    number: int
    at: datetime | None


async def told(session: AsyncSession) -> Told:
    """Return how far the lines of the institution are told."""
    row = (await session.execute(PROGRESS, _of(session))).one_or_none()
    return Told(number=row.number, at=row.numbered_at) if row else Told(number=BEGINNING, at=None)


async def newest(session: AsyncSession) -> int:
    """Return the number of the journal's newest numbered entry."""
    number: int = (await session.execute(NEWEST, _of(session))).scalar_one()
    return number


async def entries(session: AsyncSession, *, after: int, most: int) -> Sequence[Row[Any]]:
    """Return the next numbered entries, a row for each fund that they touch."""
    rows = await session.execute(ENTRIES, {**_of(session), "after": after, "most": most})
    return rows.all()


async def counts(
    session: AsyncSession, spots: Sequence[tuple[FundId, Spot]]
) -> dict[tuple[FundId, Spot], Count]:
    """Return how many units came to spots and left them; what is not told yet is left out."""
    columns = {
        "funds": [fund_id for fund_id, _ in spots],
        "places": [spot.place.value for _, spot in spots],
        "owners": [spot.owner for _, spot in spots],
    }
    rows = await session.execute(COUNTS, {**_of(session), **columns})
    return {
        (FundId(row.fund_id), Spot(Place(row.place), row.owner)): Count(
            row.came_minor, row.left_minor
        )
        for row in rows
    }


async def totals(session: AsyncSession, fund_id: FundId) -> dict[Place, Count]:
    """Return how many units came to each place of a fund and left it."""
    rows = await session.execute(TOTALS, {**_of(session), "fund_id": fund_id})
    found = {Place(row.place): Count(row.came, row.left_) for row in rows}
    return {place: found.get(place, Count()) for place in Place}


async def traced(session: AsyncSession, fund_id: FundId, tracing: Tracing) -> dict[Spot, int]:
    """Answer a tracing's questions from the fund's moves; give the sum on each spot it ends on."""
    try:
        ask = next(tracing)
        while True:
            ask = tracing.send(await _moves(session, fund_id, ask))
    except StopIteration as end:
        return lineage.sums(end.value)


async def whereabouts(
    session: AsyncSession, fund_id: FundId, sources: Sequence[Spot]
) -> dict[Spot, int]:
    """Return where the money of sources stands now, by spot."""
    known = await counts(session, [(fund_id, spot) for spot in sources])
    starts = [Stretch(spot, 0, count.left) for (_, spot), count in known.items()]
    return await traced(session, fund_id, lineage.whereabouts(starts))


async def origins(session: AsyncSession, fund_id: FundId, spot: Spot) -> dict[Spot, int]:
    """Return whose money stands on a spot now, by source."""
    known = await counts(session, [(fund_id, spot)])
    standing = [
        Stretch(spot, count.left, count.came - count.left)
        for count in known.values()
        if count.came > count.left
    ]
    return await traced(session, fund_id, lineage.origins(standing))


async def first_broken(session: AsyncSession) -> tuple[int, Broken | None]:
    """Prove every fund's lines; return how many moves fit, and the first spot that does not.

    Moves that join a line must tile it without a gap in the order of the journal, and so must
    those that leave it: then every unit has one way in and one out, and the sum over receipts of
    where their money is equals the receipts. Places must stand as their accounts do.
    """
    institution = _of(session)
    own = {f"own_{one.value}": place for one, place in OWN_PLACES.items()}
    places = {**PLACES, **own}
    accounts = {"codes": list(places), "places": [place.value for place in places.values()]}
    for check in CHECKS:
        values = institution | (accounts if ":codes" in check.text else {})
        row = (await session.execute(check, values)).one_or_none()
        if row is not None:
            return 0, Broken(row=row.row, why=row.why)
    return (await session.execute(MOVE_COUNT, institution)).scalar_one(), None


async def _moves(session: AsyncSession, fund_id: FundId, ask: Ask) -> list[Move]:
    columns = {
        "places": [stretch.spot.place.value for stretch in ask.stretches],
        "owners": [stretch.spot.owner for stretch in ask.stretches],
        "starts": [stretch.start for stretch in ask.stretches],
        "ends": [stretch.start + stretch.amount for stretch in ask.stretches],
    }
    rows = await session.execute(
        LOOKED_UP[ask.back], {**_of(session), "fund_id": fund_id, **columns}
    )
    return [
        Move(
            number=row.number,
            source=Spot(Place(row.source_place), row.source_owner),
            source_start=row.source_start,
            target=Spot(Place(row.target_place), row.target_owner),
            target_start=row.target_start,
            amount=row.amount_minor,
        )
        for row in rows
    ]


def _of(session: AsyncSession) -> dict[str, UUID]:
    return {"institution_id": tenancy.institution_of(session)}
