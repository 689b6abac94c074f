"""What do the lines of a fund say: how much stands where, whose it was, where it went?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import lineage
from services.loans.domain.lineage import (
    ORDER,
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
EVER = 2**62
"""A number of the journal that no entry reaches."""

ENTRIES = text("""
    select k.number, k.numbered_at, l.fund_id, e.contract_id, f.lineage_policy,
      coalesce(r.tag, b.tag, t.tag) as tag,
      coalesce(r.reverses_receipt_id, r.receipt_id) as receipt_id,
      array_agg(a.code order by l.line_no) as codes,
      array_agg(l.amount_minor order by l.line_no) as debits
    from journal_link k
    join journal_entry e on e.institution_id = k.institution_id and e.entry_id = k.entry_id
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    join fund f on f.institution_id = l.institution_id and f.fund_id = l.fund_id
    left join receipt r on r.institution_id = e.institution_id and r.receipt_id = e.source_id
    left join waqf_order w on w.institution_id = e.institution_id and w.order_id = e.source_id
    left join receipt b on b.institution_id = w.institution_id and b.receipt_id = w.receipt_id
    left join contract_tag t on t.institution_id = e.institution_id
      and t.contract_id = e.contract_id and t.fund_id = l.fund_id
    where k.institution_id = :institution_id and k.number > :after
      and k.number <= cast(:after as bigint) + :most
    group by k.number, k.numbered_at, l.fund_id, e.contract_id, f.lineage_policy, r.tag, b.tag,
      t.tag, r.reverses_receipt_id, r.receipt_id
    order by k.number, l.fund_id
""")
NEWEST = text("""
    select coalesce(max(number), 0) from journal_link where institution_id = :institution_id
""")
# The newest number that was given by an instant, and by the end of a day where the house works.
NUMBERED_BY = text("""
    select k.number, k.numbered_at
    from journal_link k join institution i on i.institution_id = k.institution_id
    where k.institution_id = :institution_id and k.number <= :newest
      and (cast(:known_at as timestamptz) is null or k.numbered_at <= :known_at)
      and (cast(:as_of as date) is null
        or k.numbered_at < (cast(:as_of as date) + 1)::timestamp at time zone i.timezone)
    order by k.number desc limit 1
""")
DAY = text("""
    select told_on, number, came_minor, left_minor from lineage_day
    where institution_id = :institution_id and fund_id = :fund_id and number <= :through
    order by told_on desc limit 1
""")
SINCE = text("""
    select source_place, target_place, sum(amount_minor)::bigint as minor from lineage_move
    where institution_id = :institution_id and fund_id = :fund_id
      and number > :after and number <= :through
    group by source_place, target_place
""")
# What came to spots and left them by a number of the journal.
COUNTS_THROUGH = text("""
    select place, owner, sum(came)::bigint as came_minor, sum(went)::bigint as left_minor from (
      select s.place, s.owner, m.amount_minor as came, 0 as went
      from unnest(cast(:places as text[]), cast(:owners as uuid[])) as s(place, owner)
      join lineage_move m on m.institution_id = :institution_id and m.fund_id = :fund_id
        and m.target_place = s.place and m.target_owner = s.owner and m.number <= :through
      union all
      select s.place, s.owner, 0, m.amount_minor
      from unnest(cast(:places as text[]), cast(:owners as uuid[])) as s(place, owner)
      join lineage_move m on m.institution_id = :institution_id and m.fund_id = :fund_id
        and m.source_place = s.place and m.source_owner = s.owner and m.number <= :through
    ) each_move
    group by place, owner
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


CLAIMED = text("""
    select coalesce(sum(case kind when 'reserve' then amount_minor when 'release' then -amount_minor
        when 'commit' then -amount_minor else 0 end), 0)::bigint as reserved_minor,
      coalesce(sum(case kind when 'commit' then amount_minor when 'uncommit' then -amount_minor
        when 'draw' then -amount_minor when 'undraw' then amount_minor else 0 end), 0)::bigint
        as committed_minor
    from fund_claim
    where institution_id = :institution_id and fund_id = :fund_id
      and (cast(:at as timestamptz) is null or recorded_at <= :at)
""")
INVESTED = text("""
    select coalesce(sum(l.amount_minor), 0)::bigint
    from account a
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_link k on k.institution_id = l.institution_id and k.entry_id = l.entry_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id
      and a.code = 'investments' and k.number <= :through
""")
TAGS = text("""
    select distinct tag from receipt
    where institution_id = :institution_id and fund_id = :fund_id and tag is not null
    union
    select tag from contract_tag where institution_id = :institution_id and fund_id = :fund_id
    order by tag
""")
GIVEN = text("""
    select r.fund_id, r.receipt_id, f.code, f.currency, f.lineage_policy
    from receipt r join fund f on f.institution_id = r.institution_id and f.fund_id = r.fund_id
    where r.institution_id = :institution_id and r.donor_id = :donor_id and r.amount_minor > 0
    order by r.fund_id, r.receipt_id
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
        where number <= :through
    """


LOOKED_UP = {True: text(_looked_up("target")), False: text(_looked_up("source"))}
"""By whether the way back is asked for: moves that brought units, moves that took them on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far the lines tell the journal: the number of an entry, and when it was numbered."""

    number: int
    at: datetime | None


@dataclass(slots=True, kw_only=True)
class DaySums:
    """How many units came to each place of a fund and left it, in the order of places."""

    came: list[int]
    left: list[int]

    @classmethod
    def of(cls, totals: Mapping[Place, Count]) -> Self:
        """Take sums by place."""
        return cls(
            came=[totals[place].came for place in Place],
            left=[totals[place].left for place in Place],
        )

    def copy(self) -> Self:
        """Give sums that go on by themselves."""
        return type(self)(came=list(self.came), left=list(self.left))

    def add(self, source: Place, target: Place, amount: int) -> None:
        """Let units move from place to place."""
        self.left[ORDER[source]] += amount
        self.came[ORDER[target]] += amount

    def totals(self) -> dict[Place, Count]:
        """Give the sums by place."""
        return {place: Count(self.came[at], self.left[at]) for place, at in ORDER.items()}


async def claimed(
    session: AsyncSession, fund_id: FundId, *, at: datetime | None
) -> Row[tuple[int, int]]:
    """Return what of a fund was reserved and committed by an instant; none: is."""
    values = {**_of(session), "fund_id": fund_id, "at": at}
    return (await session.execute(CLAIMED, values)).one()


async def invested(session: AsyncSession, fund_id: FundId, *, through: int) -> int:
    """Return what of a fund's open money stands in property, by a number of the journal."""
    values = {**_of(session), "fund_id": fund_id, "through": through}
    return int((await session.execute(INVESTED, values)).scalar_one())


async def tags(session: AsyncSession, fund_id: FundId) -> Sequence[str]:
    """Return the tags of a fund's receipts and contracts."""
    return (await session.scalars(TAGS, {**_of(session), "fund_id": fund_id})).all()


async def given(session: AsyncSession, donor_id: UUID) -> Sequence[Row[Any]]:
    """Return a donor's receipts, each with its fund."""
    return (await session.execute(GIVEN, {**_of(session), "donor_id": donor_id})).all()


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


async def counted(session: AsyncSession, fund_id: FundId) -> dict[Place, Count]:
    """Return how many units came to each place of a fund and left it, spot by spot."""
    rows = await session.execute(TOTALS, {**_of(session), "fund_id": fund_id})
    found = {Place(row.place): Count(row.came, row.left_) for row in rows}
    return {place: found.get(place, Count()) for place in Place}


async def newest_day(session: AsyncSession, fund_id: FundId) -> DaySums | None:
    """Return the sums of a fund's places as they were last told; None before any were."""
    values = {**_of(session), "fund_id": fund_id, "through": EVER}
    row = (await session.execute(DAY, values)).one_or_none()
    return DaySums(came=list(row.came_minor), left=list(row.left_minor)) if row else None


async def totals(
    session: AsyncSession, fund_id: FundId, *, through: int = EVER
) -> dict[Place, Count]:
    """Return how many units came to each place of a fund and left it, by a number.

    The day told last before it has the sums; only what was told since is added up.
    """
    values = {**_of(session), "fund_id": fund_id, "through": through}
    row = (await session.execute(DAY, values)).one_or_none()
    if row is None:
        sums = DaySums.of({place: Count() for place in Place})
    else:
        sums = DaySums(came=list(row.came_minor), left=list(row.left_minor))
    if row is None or through < EVER:
        since = {**values, "after": row.number if row else BEGINNING}
        for moved in await session.execute(SINCE, since):
            sums.add(Place(moved.source_place), Place(moved.target_place), moved.minor)
    return sums.totals()


async def told_by(session: AsyncSession, *, as_of: date | None, known_at: datetime | None) -> Told:
    """Return how far the lines were told at the end of a day, and at an instant."""
    newest = await told(session)
    if as_of is None and known_at is None:
        return newest
    values = {**_of(session), "newest": newest.number, "as_of": as_of, "known_at": known_at}
    row = (await session.execute(NUMBERED_BY, values)).one_or_none()
    return Told(number=row.number, at=row.numbered_at) if row else Told(number=BEGINNING, at=None)


async def traced(
    session: AsyncSession, fund_id: FundId, tracing: Tracing, *, through: int = EVER
) -> dict[Spot, int]:
    """Answer a tracing's questions from the fund's moves; give the sum on each spot it ends on."""
    try:
        ask = next(tracing)
        while True:
            ask = tracing.send(await _moves(session, fund_id, ask, through=through))
    except StopIteration as end:
        return lineage.sums(end.value)


async def whereabouts(
    session: AsyncSession, fund_id: FundId, sources: Sequence[Spot], *, through: int = EVER
) -> dict[Spot, int]:
    """Return where the money of sources stands, by spot: now, or by a number of the journal."""
    known = await counts_through(session, fund_id, sources, through=through)
    starts = [Stretch(spot, 0, count.left) for spot, count in known.items()]
    return await traced(session, fund_id, lineage.whereabouts(starts), through=through)


async def origins(
    session: AsyncSession, fund_id: FundId, spot: Spot, *, through: int = EVER
) -> dict[Spot, int]:
    """Return whose money stands on a spot, by source: now, or by a number of the journal."""
    known = await counts_through(session, fund_id, [spot], through=through)
    standing = [
        Stretch(spot, count.left, count.came - count.left)
        for count in known.values()
        if count.came > count.left
    ]
    return await traced(session, fund_id, lineage.origins(standing), through=through)


async def counts_through(
    session: AsyncSession, fund_id: FundId, spots: Sequence[Spot], *, through: int
) -> dict[Spot, Count]:
    """Return how many units came to spots of a fund and left them, by a number."""
    if through == EVER:
        known = await counts(session, [(fund_id, spot) for spot in spots])
        return {spot: count for (_, spot), count in known.items()}
    values = {
        **_of(session),
        "fund_id": fund_id,
        "places": [spot.place.value for spot in spots],
        "owners": [spot.owner for spot in spots],
        "through": through,
    }
    rows = await session.execute(COUNTS_THROUGH, values)
    return {
        Spot(Place(row.place), row.owner): Count(row.came_minor, row.left_minor) for row in rows
    }


async def _moves(session: AsyncSession, fund_id: FundId, ask: Ask, *, through: int) -> list[Move]:
    columns = {
        "places": [stretch.spot.place.value for stretch in ask.stretches],
        "owners": [stretch.spot.owner for stretch in ask.stretches],
        "starts": [stretch.start for stretch in ask.stretches],
        "ends": [stretch.start + stretch.amount for stretch in ask.stretches],
        "through": through,
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
