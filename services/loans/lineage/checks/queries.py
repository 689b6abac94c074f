"""Do the lines of funds fit: each unit with one way, each place as booked, each pool balanced?"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.lineage import OWN_PLACES, PLACES, Place
from services.loans.domain.proved import Broken
from shared import tenancy


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

# The sums of the newest day, against the counts of all spots.
DAYS = """
    select concat_ws(' ', d.fund_id, p.place) as row,
      format('%s came and %s left by the day, %s and %s by spot', d.came, d.went,
        coalesce(c.came, 0), coalesce(c.went, 0)) as why
    from (
      select distinct on (fund_id) fund_id, came_minor, left_minor from lineage_day
      where institution_id = :institution_id order by fund_id, told_on desc
    ) n
    cross join lateral unnest(n.came_minor, n.left_minor, cast(:order as text[]))
      as p(came, went, place)
    cross join lateral (select n.fund_id, p.came, p.went) d
    left join (
      select fund_id, place, sum(came_minor) as came, sum(left_minor) as went
      from lineage_count where institution_id = :institution_id group by fund_id, place
    ) c on c.fund_id = n.fund_id and c.place = p.place
    where d.came <> coalesce(c.came, 0) or d.went <> coalesce(c.went, 0)
    order by 1 limit 1
"""

# A mixture passes on what came to it, none of it is below nothing, and none of them is missing.
MIXTURES = """
    select concat_ws(' ', fund_id, version) as row,
      format('%s came to the version, %s left it or stand', inflow, outflow) as why
    from (
      select fund_id, version, drawn_minor + paid_back_minor + carried_minor as outflow,
        came_minor + coalesce((select sum(r) from unnest(returned_minor) r), 0)
          + coalesce(lag(carried_minor) over pool, 0) as inflow,
        row_number() over pool - 1 as place, version = max(version) over (partition by fund_id)
          as is_open,
        least(came_minor, drawn_minor, paid_back_minor,
          (select min(r) from unnest(returned_minor) r)) as least, carried_minor
      from lineage_version where institution_id = :institution_id
      window pool as (partition by fund_id order by version)
    ) v
    where inflow <> outflow or place <> version or least < 0 or (carried_minor < 0 and not is_open)
    order by fund_id, version limit 1
"""

# What stands at hand of a mixed fund, and out of it in every place.
MIXED = """
    with told as (
      select fund_id, 'hand' as place, carried_minor as minor from (
        select distinct on (fund_id) fund_id, carried_minor from lineage_version
        where institution_id = :institution_id order by fund_id, version desc
      ) newest
      union all
      select fund_id, place, sum(units_minor) from lineage_draw
      where institution_id = :institution_id and place not in ('receipt', 'yield')
      group by fund_id, place
    ), counted as (
      select c.fund_id, c.place, sum(came_minor - left_minor) as minor
      from lineage_count c
      join fund f on f.institution_id = c.institution_id and f.fund_id = c.fund_id
      where c.institution_id = :institution_id and f.lineage_policy = 'pro_rata'
        and c.place not in ('receipt', 'yield')
      group by c.fund_id, c.place
    )
    select concat_ws(' ', coalesce(t.fund_id, c.fund_id), coalesce(t.place, c.place)) as row,
      format('%s minor units stand there, %s in its mixtures', coalesce(c.minor, 0),
        coalesce(t.minor, 0)) as why
    from told t full join counted c on c.fund_id = t.fund_id and c.place = t.place
    where coalesce(t.minor, 0) <> coalesce(c.minor, 0) order by 1 limit 1
"""

# What was drawn from a version and did not come back stands somewhere, no part below nothing.
DRAWN = """
    with back as (
      select v.fund_id, r.version, sum(r.units) as units
      from lineage_version v
      cross join lateral unnest(v.returned_from, v.returned_minor) as r(version, units)
      where v.institution_id = :institution_id group by v.fund_id, r.version
    ), placed as (
      select fund_id, version, sum(units_minor) as units, min(units_minor) as least
      from lineage_draw where institution_id = :institution_id and version >= 0
      group by fund_id, version
    )
    select concat_ws(' ', v.fund_id, v.version) as row,
      format('%s minor units drawn from the version are out, %s of them stand somewhere',
        v.drawn_minor - coalesce(b.units, 0), coalesce(p.units, 0)) as why
    from lineage_version v
    left join back b on b.fund_id = v.fund_id and b.version = v.version
    left join placed p on p.fund_id = v.fund_id and p.version = v.version
    where v.institution_id = :institution_id
      and (v.drawn_minor - coalesce(b.units, 0) <> coalesce(p.units, 0) or p.least < 0)
    order by v.fund_id, v.version limit 1
"""

CHECKS = tuple(
    text(statement)
    for statement in (
        _untiled("target", count="came"),
        _untiled("source", count="left"),
        STANDING,
        DAYS,
        MIXTURES,
        MIXED,
        DRAWN,
    )
)
MOVE_COUNT = text("select count(*) from lineage_move where institution_id = :institution_id")


async def first_broken(session: AsyncSession) -> tuple[int, Broken | None]:
    """Prove every fund's lines; return how many moves fit, and the first spot that does not.

    Moves that join a line must tile it without a gap in the order of the journal, and so must
    those that leave it: then every unit has one way in and one out, and the sum over receipts of
    where their money is equals the receipts. Places must stand as their accounts do. Where money
    is mixed, each version of the pool must pass on what came to it, and what was drawn from it
    must have come back or stand somewhere: then the shares of all receipts are all of it.
    """
    institution = {"institution_id": tenancy.institution_of(session)}
    own = {f"own_{one.value}": place for one, place in OWN_PLACES.items()}
    places = {**PLACES, **own}
    known: dict[str, object] = {
        "codes": list(places),
        "places": [place.value for place in places.values()],
        "order": [place.value for place in Place],
    }
    for check in CHECKS:
        asked = {name: value for name, value in known.items() if f":{name}" in check.text}
        values = institution | asked
        row = (await session.execute(check, values)).one_or_none()
        if row is not None:
            return 0, Broken(row=row.row, why=row.why)
    return (await session.execute(MOVE_COUNT, institution)).scalar_one(), None
