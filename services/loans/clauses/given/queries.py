"""What was given of a fund before, to whom and in what group, and what came in for it?"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Date, Uuid

from services.loans.domain.cases import Earlier, Facts
from services.loans.domain.regions import plain
from shared import tenancy
from shared.ids import FundId

# What applications hold of a fund, and what was given of it otherwise (zakat, yield of a waqf,
# subsidies, calls of a guarantee), alike ones together, for each first day that counts: given is
# what was committed or paid since, reserved what is reserved now. Ages are those of that day.
EARLIER = text("""
    select s.fund_id, s.since, k.own_id,
      case when k.borrower_id = any(:persons) then k.borrower_id end as person_id,
      b.sex, a.sector, b.region,
      extract(year from age(coalesce(k.began_on, :on), b.born_on))::int as age,
      sum(k.reserved_minor)::bigint as reserved_minor,
      sum(case when k.began_on >= s.since then k.given_minor else 0 end)::bigint as given_minor
    from unnest(:fund_ids, :starts) as s (fund_id, since)
    join lateral (
      select c.application_id,
        case when c.application_id = any(:application_ids) then c.application_id end as own_id,
        x.borrower_id,
        (min(c.recorded_at) filter (where c.kind = 'commit') at time zone :zone)::date as began_on,
        sum(case c.kind when 'reserve' then c.amount_minor when 'release' then -c.amount_minor
          when 'commit' then -c.amount_minor else 0 end) as reserved_minor,
        sum(case c.kind when 'commit' then c.amount_minor when 'uncommit' then -c.amount_minor
          else 0 end) as given_minor
      from fund_claim c
      left join application x on x.institution_id = c.institution_id
        and x.application_id = c.application_id
      where c.institution_id = :institution_id and c.fund_id = s.fund_id
      group by c.application_id, x.borrower_id
      union all
      select g.grant_id, null, g.borrower_id, p.paid_on, 0, g.amount_minor
      from zakat_grant g
      join zakat_grant_payment p
        on p.institution_id = g.institution_id and p.grant_id = g.grant_id
      where g.institution_id = :institution_id and g.fund_id = s.fund_id
        and not exists (select from zakat_grant_reversal r
          where r.institution_id = g.institution_id and r.grant_id = g.grant_id)
      union all
      select o.order_id, null, o.party_id, o.effective_on, 0, o.amount_minor
      from waqf_order o
      join waqf_order_decision d on d.institution_id = o.institution_id
        and d.order_id = o.order_id and d.outcome = 'approve'
      where o.institution_id = :institution_id and o.fund_id = s.fund_id
        and o.kind = 'distribution'
      union all
      select c.application_id, null, c.borrower_id, p.paid_on, 0, p.amount_minor
      from subsidy u
      join subsidy_payment p
        on p.institution_id = u.institution_id and p.subsidy_id = u.subsidy_id
      join contract c on c.institution_id = u.institution_id and c.contract_id = u.contract_id
      where u.institution_id = :institution_id and u.fund_id = s.fund_id
      union all
      select c.application_id, null, c.borrower_id, t.taken_on, 0,
        case t.status when 'paid' then t.amount_minor else -t.amount_minor end
      from guarantee_facility f
      join guarantee_cover v
        on v.institution_id = f.institution_id and v.facility_id = f.facility_id
      join guarantee_claim m on m.institution_id = v.institution_id and m.cover_id = v.cover_id
      join guarantee_claim_step t on t.institution_id = m.institution_id
        and t.claim_id = m.claim_id and t.status in ('paid', 'recovered')
        and t.reverses_step_id is null and not exists (select from guarantee_claim_step b
          where b.institution_id = t.institution_id and b.reverses_step_id = t.step_id)
      join contract c on c.institution_id = v.institution_id and c.contract_id = v.contract_id
      where f.institution_id = :institution_id and f.fund_id = s.fund_id
    ) k on true
    left join application a
      on a.institution_id = :institution_id and a.application_id = k.application_id
    left join borrower b
      on b.institution_id = :institution_id and b.borrower_id = k.borrower_id
    where k.reserved_minor <> 0 or k.given_minor <> 0
    group by 1, 2, 3, 4, 5, 6, 7, 8
""").bindparams(
    bindparam("fund_ids", type_=ARRAY(Uuid)),
    bindparam("starts", type_=ARRAY(Date)),
    bindparam("persons", type_=ARRAY(Uuid)),
    bindparam("application_ids", type_=ARRAY(Uuid)),
)
ZONE = text("select timezone from institution where institution_id = :institution_id")


async def earlier(
    session: AsyncSession,
    starts: Collection[tuple[FundId, date]],
    *,
    facts: Mapping[UUID, Facts],
    on: date,
) -> dict[FundId, list[Earlier]]:
    """Give what was reserved and given of each fund since each first day.

    Applications that ask now stand for themselves, and so do their persons; others together. What
    a person has a part in as one of a group counts for what the person gets, and nowhere else.
    """
    institution_id = tenancy.institution_of(session)
    asked = sorted(starts)
    values = {
        "institution_id": institution_id,
        "fund_ids": [fund_id for fund_id, _ in asked],
        "starts": [since for _, since in asked],
        "application_ids": [*facts],
        "persons": [*{one.person for one in facts.values() if one.person is not None}],
        "on": on,
        "zone": await session.scalar(ZONE, {"institution_id": institution_id}),
    }
    found: defaultdict[FundId, list[Earlier]] = defaultdict(list)
    for row in await session.execute(EARLIER, values):
        told_of = Facts(
            person=row.person_id,
            sex=row.sex,
            age=row.age,
            sector=plain(row.sector or "") or None,
            region=plain(row.region or "") or None,
        )
        found[FundId(row.fund_id)].append(
            Earlier(
                since=row.since,
                facts=told_of,
                reserved=row.reserved_minor,
                given=row.given_minor,
                application_id=row.own_id,
            )
        )
    for row in await session.execute(OF_GROUPS, values):
        found[FundId(row.fund_id)].append(
            Earlier(
                since=row.since,
                facts=Facts(person=row.person_id),
                reserved=row.reserved_minor,
                given=row.given_minor,
                in_group=True,
            )
        )
    return found


# What groups and families hold for each of their members who asks now: an equal part, rounded up.
OF_GROUPS = text("""
    select s.fund_id, s.since, m.member_borrower_id as person_id,
      sum(ceil(k.reserved_minor::numeric / n.members))::bigint as reserved_minor,
      sum(case when k.began_on >= s.since then ceil(k.given_minor::numeric / n.members) else 0 end
        )::bigint as given_minor
    from borrower_member m
    join lateral (
      select count(*) as members from borrower_member o
      where o.institution_id = m.institution_id and o.borrower_id = m.borrower_id
    ) n on true
    join application a
      on a.institution_id = m.institution_id and a.borrower_id = m.borrower_id
    join lateral (
      select c.fund_id,
        (min(c.recorded_at) filter (where c.kind = 'commit') at time zone :zone)::date as began_on,
        sum(case c.kind when 'reserve' then c.amount_minor when 'release' then -c.amount_minor
          when 'commit' then -c.amount_minor else 0 end) as reserved_minor,
        sum(case c.kind when 'commit' then c.amount_minor when 'uncommit' then -c.amount_minor
          else 0 end) as given_minor
      from fund_claim c
      where c.institution_id = a.institution_id and c.application_id = a.application_id
      group by c.fund_id
    ) k on true
    join unnest(:fund_ids, :starts) as s (fund_id, since) on s.fund_id = k.fund_id
    where m.institution_id = :institution_id and m.member_borrower_id = any(:persons)
    group by 1, 2, 3
""").bindparams(
    bindparam("fund_ids", type_=ARRAY(Uuid)),
    bindparam("starts", type_=ARRAY(Date)),
    bindparam("persons", type_=ARRAY(Uuid)),
)

# What came in through each day, and what went out in all, lent or given: the oldest is taken to
# go first.
CAME_IN = text("""
    select r.fund_id, r.received_on, sum(r.amount_minor)::bigint as amount_minor,
      coalesce((select sum(case k.kind when 'draw' then k.amount_minor
          when 'undraw' then -k.amount_minor else 0 end)
        from fund_claim k where k.institution_id = r.institution_id
          and k.fund_id = r.fund_id), 0)::bigint
      + coalesce((select sum(l.amount_minor) from account a
        join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
        where a.institution_id = r.institution_id and a.fund_id = r.fund_id
          and a.code in ('grants', 'amil_costs', 'subsidy_expense', 'guarantee_claims')), 0)::bigint
      as drawn_minor
    from receipt r
    where r.institution_id = :institution_id and r.fund_id = any(:fund_ids)
    group by r.institution_id, r.fund_id, r.received_on
    order by r.received_on
""")


async def came_in(
    session: AsyncSession, fund_ids: Collection[UUID]
) -> dict[FundId, tuple[list[tuple[date, int]], int]]:
    """Give what each fund received by day, and what was drawn of it in all, in minor units."""
    values = {"institution_id": tenancy.institution_of(session), "fund_ids": [*set(fund_ids)]}
    found: dict[FundId, tuple[list[tuple[date, int]], int]] = {}
    for row in await session.execute(CAME_IN, values):
        days, _ = found.setdefault(FundId(row.fund_id), ([], row.drawn_minor))
        days.append((row.received_on, row.amount_minor))
    return found
