"""What is told of a fund's pool: its versions, what was drawn from them, and who came in each?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import lineage, pool_reading
from services.loans.domain.lineage import Place, Spot
from services.loans.domain.pools import Pieces, Version
from services.loans.lineage.queries import EVER
from shared import tenancy
from shared.ids import FundId

VERSIONS = text("""
    select version, begun_on, came_minor, drawn_minor, paid_back_minor, carried_minor,
      returned_from, returned_minor
    from lineage_version
    where institution_id = :institution_id and fund_id = :fund_id and version >= :since
    order by version
""")
NEWEST = text("""
    select coalesce(max(version), 0) from lineage_version
    where institution_id = :institution_id and fund_id = :fund_id
""")
# The versions that had ended by a number of the journal: those of which a later one began by then.
ENDED = text("""
    select coalesce(max(version), -1) as version, max(first_number) - 1 as number
    from lineage_version
    where institution_id = :institution_id and fund_id = :fund_id
      and first_number <= cast(:through as bigint) + 1
""")
# What was given back later than a number, as if it had never come in a version that had ended:
# what was paid back out of the mixture instead names the version of its own day.
GIVEN_BACK = text("""
    select version, sum(amount_minor)::bigint as units from lineage_move
    where institution_id = :institution_id and fund_id = :fund_id and number > :through
      and version <= :ended and source_place = 'hand' and target_place = 'receipt'
    group by version
""")
CAME_IN = text("""
    select m.source_owner as owner, min(m.version) as version
    from unnest(cast(:owners as uuid[])) as s(owner)
    join lineage_move m on m.institution_id = :institution_id and m.fund_id = :fund_id
      and m.source_place = 'receipt' and m.source_owner = s.owner
    where m.version is not null group by m.source_owner
""")
# What of each draw stands on spots: what came to them and what left them, by version.
PIECES = text("""
    select place, owner, version, sum(units)::bigint as units from (
      select s.place, s.owner, m.version, m.amount_minor as units
      from unnest(cast(:places as text[]), cast(:owners as uuid[])) as s(place, owner)
      join lineage_move m on m.institution_id = :institution_id and m.fund_id = :fund_id
        and m.target_place = s.place and m.target_owner = s.owner and m.number <= :through
      where m.version is not null
      union all
      select s.place, s.owner, m.version, -m.amount_minor
      from unnest(cast(:places as text[]), cast(:owners as uuid[])) as s(place, owner)
      join lineage_move m on m.institution_id = :institution_id and m.fund_id = :fund_id
        and m.source_place = s.place and m.source_owner = s.owner and m.number <= :through
      where m.version is not null
    ) each_part
    group by place, owner, version
""")
# Where the units of one draw stand, spot by spot: what moved from place to place stayed of it, and
# what came to a receipt or a yield out of a contract is out there.
STANDING = text("""
    select place, owner, sum(units)::bigint as units from (
      select target_place as place, target_owner as owner, amount_minor as units
      from lineage_move
      where institution_id = :institution_id and fund_id = :fund_id and version = :version
        and number <= :through and target_place <> 'hand'
        and not (source_place = 'hand' and target_place in ('receipt', 'yield'))
      union all
      select source_place, source_owner, -amount_minor
      from lineage_move
      where institution_id = :institution_id and fund_id = :fund_id and version = :version
        and number <= :through and source_place not in ('hand', 'receipt', 'yield')
    ) each_part
    group by place, owner having sum(units) > 0 order by place, owner
""")
PLACED = text("""
    select version, place, units_minor as units from lineage_draw
    where institution_id = :institution_id and fund_id = :fund_id and version >= 0
      and units_minor > 0
    order by version, place
""")
# The same by a number of the journal, of all places but contracts: those have the rest.
PLACED_THROUGH = text("""
    select version, place, sum(units)::bigint as units from (
      select version, target_place as place, amount_minor as units from lineage_move
      where institution_id = :institution_id and fund_id = :fund_id and version is not null
        and number <= :through and target_place in ('lost', 'spent', 'receipt', 'yield')
        and not (source_place = 'hand' and target_place in ('receipt', 'yield'))
      union all
      select version, source_place, -amount_minor from lineage_move
      where institution_id = :institution_id and fund_id = :fund_id and version is not null
        and number <= :through and source_place in ('lost', 'spent')
    ) each_part
    group by version, place having sum(units) > 0 order by version, place
""")
# Who came in a version: receipts and yields, less what was given back as if it had never come.
MEMBERS = text("""
    select place, owner, sum(units)::bigint as units from (
      select source_place as place, source_owner as owner, amount_minor as units
      from lineage_move
      where institution_id = :institution_id and fund_id = :fund_id and version = :version
        and source_place in ('receipt', 'yield') and number <= :through
      union all
      select target_place, target_owner, -amount_minor from lineage_move b
      where institution_id = :institution_id and fund_id = :fund_id and version = :version
        and source_place = 'hand' and target_place = 'receipt' and number <= :through and exists (
          select from lineage_move c
          where c.institution_id = b.institution_id and c.fund_id = b.fund_id
            and c.source_place = 'receipt' and c.source_owner = b.target_owner
            and c.version = b.version)
    ) each_part
    group by place, owner having sum(units) > 0 order by place, owner
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The newest version that had ended by a number, and the number it ended with."""

    version: int
    number: int


async def versions(
    session: AsyncSession, fund_id: FundId, *, since: int | None = None, newest: bool = False
) -> list[Version]:
    """Return a pool's versions in their order: all, those since one, or the newest alone."""
    values = {**_of(session, fund_id), "since": since or 0}
    if newest:
        values["since"] = (await session.execute(NEWEST, values)).scalar_one()
    return [
        Version(
            number=row.version,
            begun_on=row.begun_on,
            came=row.came_minor,
            drawn=row.drawn_minor,
            paid_back=row.paid_back_minor,
            carried=row.carried_minor,
            returned=dict(zip(row.returned_from, row.returned_minor, strict=True)),
        )
        for row in await session.execute(VERSIONS, values)
    ]


async def versions_then(session: AsyncSession, fund_id: FundId, until: "Ended") -> list[Version]:
    """Return the versions that had ended by a number, as they stood then."""
    known = (await versions(session, fund_id))[: max(until.version + 1, 0)]
    values = {**_of(session, fund_id), "through": until.number, "ended": until.version}
    rows = await session.execute(GIVEN_BACK, values)
    return pool_reading.before(known, {row.version: row.units for row in rows})


async def ended(session: AsyncSession, fund_id: FundId, *, through: int) -> Ended:
    """Return the newest version that had ended by a number of the journal; -1 if none had."""
    values = {**_of(session, fund_id), "through": through}
    row = (await session.execute(ENDED, values)).one()
    return Ended(version=row.version - 1, number=row.number or 0)


async def came_in(
    session: AsyncSession, fund_id: FundId, receipts: Sequence[Spot]
) -> dict[Spot, int]:
    """Return the version in which each receipt came in; what is not told yet is left out."""
    if not receipts:
        return {}
    values = {**_of(session, fund_id), "owners": [spot.owner for spot in receipts]}
    return {
        Spot(Place.RECEIPT, row.owner): row.version
        for row in await session.execute(CAME_IN, values)
    }


async def pieces(
    session: AsyncSession, fund_id: FundId, spots: Sequence[Spot], *, through: int = EVER
) -> dict[Spot, Pieces]:
    """Return what stands on spots by the version it was drawn from."""
    found: defaultdict[Spot, Pieces] = defaultdict(dict)
    if spots:
        values = {
            **_of(session, fund_id),
            "places": [spot.place.value for spot in spots],
            "owners": [spot.owner for spot in spots],
            "through": through,
        }
        for row in await session.execute(PIECES, values):
            if row.units:
                found[Spot(Place(row.place), row.owner)][row.version] = row.units
    return dict(found)


async def standing(
    session: AsyncSession, fund_id: FundId, version: int, *, through: int = EVER
) -> list[tuple[Spot, int]]:
    """Return where the units drawn from a version stand, spot by spot in the order of places."""
    values = {**_of(session, fund_id), "version": version, "through": through}
    rows = await session.execute(STANDING, values)
    known = [(Spot(Place(row.place), row.owner), row.units) for row in rows]
    return sorted(known, key=lambda one: (lineage.ORDER[one[0].place], one[0].owner))


async def placed(
    session: AsyncSession, fund_id: FundId, versions: Sequence[Version], *, through: int = EVER
) -> Mapping[int, list[tuple[Place, int]]]:
    """Return where the units drawn from each of a pool's versions stand, in the order of places."""
    values = {**_of(session, fund_id), "through": through}
    is_now = through == EVER
    found: defaultdict[int, list[tuple[Place, int]]] = defaultdict(list)
    for row in await session.execute(PLACED if is_now else PLACED_THROUGH, values):
        found[row.version].append((Place(row.place), row.units))
    if not is_now:
        for number, units in pool_reading.standing(versions).items():
            rest = units - sum(units for _, units in found[number])
            found[number].append((Place.CONTRACT, rest))
    return {
        number: sorted(known, key=lambda one: lineage.ORDER[one[0]])
        for number, known in found.items()
    }


async def members(
    session: AsyncSession, fund_id: FundId, version: int, *, through: int = EVER
) -> list[tuple[Spot, int]]:
    """Return whose money came in a version, as it was told by a number of the journal."""
    values = {**_of(session, fund_id), "version": version, "through": through}
    rows = await session.execute(MEMBERS, values)
    return [(Spot(Place(row.place), row.owner), row.units) for row in rows]


def _of(session: AsyncSession, fund_id: FundId) -> dict[str, object]:
    return {"institution_id": tenancy.institution_of(session), "fund_id": fund_id}
