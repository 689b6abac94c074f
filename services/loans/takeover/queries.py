"""What must be known to take a portfolio over, and what makes one up that goes away?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.product import Product
from services.loans.funds.tables import FundRow
from services.loans.institutions import queries as institutions
from services.loans.institutions.tables import BranchRow
from services.loans.products import queries as products
from services.loans.products.tables import ProductRow, ProductVersionRow
from services.loans.takeover.tables import ContractOriginRow
from shared import tenancy

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What the codes of a file name here; a product by code and version, the newest as None.

    `own` is what the references of the institution's own contracts begin with elsewhere.
    """

    own: str
    branches: Mapping[str, UUID]
    funds: Mapping[str, FundRow]
    products: Mapping[tuple[str, int | None], Product]


def own_name(code: str, reference: str) -> str:
    """Give the name that a thing of an institution has elsewhere: its reference behind its code."""
    return f"{code}:{reference}"


async def places(session: AsyncSession) -> Places:
    """Return what the institution has to offer a file."""
    institution_id = tenancy.institution_of(session)
    branches = await session.scalars(
        select(BranchRow).where(
            BranchRow.institution_id == institution_id, BranchRow.deactivated_at.is_(None)
        )
    )
    funds = await session.scalars(select(FundRow).where(FundRow.institution_id == institution_id))
    versions = await session.execute(
        select(ProductRow.code, ProductVersionRow)
        .join(
            ProductRow,
            (ProductRow.institution_id == ProductVersionRow.institution_id)
            & (ProductRow.product_id == ProductVersionRow.product_id),
        )
        .where(ProductVersionRow.institution_id == institution_id)
        .order_by(ProductVersionRow.version)
    )
    offered: dict[tuple[str, int | None], Product] = {}
    for code, row in versions:
        offered[code, row.version] = offered[code, None] = products.product_of(row, code=code)
    return Places(
        own=own_name((await institutions.institution(session)).code, ""),
        branches={row.code: row.branch_id for row in branches},
        funds={row.code: row for row in funds},
        products=offered,
    )


async def origins(
    session: AsyncSession, references: Collection[str]
) -> dict[str, ContractOriginRow]:
    """Return the contracts that came under these names, by name."""
    statement = select(ContractOriginRow).where(
        ContractOriginRow.institution_id == tenancy.institution_of(session),
        ContractOriginRow.external_reference.in_(references),
    )
    return {row.external_reference: row for row in await session.scalars(statement)}


# A contract that one payout and repayments tell is `is_plain`.
CONTRACTS = text("""
    select c.contract_id, c.reference, c.borrower_id, c.product_version, c.terms, c.signed_on,
      c.principal_minor, c.currency::text as currency, r.code as branch, f.code as fund,
      o.code as product, g.external_reference, coalesce(g.sector, a.sector, '') as sector,
      coalesce(a.borrower_id, g.signer_id, c.borrower_id) as signer_id,
      p.outstanding_principal_minor, c.status, d.disbursed_on,
      (d.payouts = 1 and not d.was_taken_back and c.servicing = 'waterfall' and p.generation = 1
        and p.status not in ('written_off', 'cancelled')
        and not exists (select from order_effect e where e.institution_id = c.institution_id
          and e.contract_id = c.contract_id)
        and not exists (select from holding h where h.institution_id = c.institution_id
          and h.contract_id = c.contract_id)) as is_plain,
      exists (select from deal_step s where s.institution_id = c.institution_id
          and s.contract_id = c.contract_id)
        or c.servicing <> 'course' and exists (select from contract_generation n
          where n.institution_id = c.institution_id and n.contract_id = c.contract_id
            and not exists (select from order_effect e
              where e.institution_id = n.institution_id and e.order_id = n.order_id)
            and not exists (select from disbursement x where x.institution_id = n.institution_id
              and x.contract_id = n.contract_id and x.generation = n.generation)) as by_deal,
      exists (select from funding_source s where s.institution_id = c.institution_id
        and s.application_id = c.application_id) as is_shared,
      exists (select from financing_leg s where s.institution_id = c.institution_id
        and s.application_id = c.application_id) as is_leg,
      exists (select from subsidy s where s.institution_id = c.institution_id
        and s.contract_id = c.contract_id) as is_subsidised,
      exists (select from guarantee_cover s where s.institution_id = c.institution_id
        and s.contract_id = c.contract_id) as is_guaranteed,
      exists (select from payment y where y.institution_id = c.institution_id
        and y.contract_id = c.contract_id and y.booked_at is null
        and y.status not in ('failed', 'reversed')) as awaits_payment
    from contract c
    join position p on p.institution_id = c.institution_id and p.contract_id = c.contract_id
    join branch r on r.institution_id = c.institution_id and r.branch_id = c.branch_id
    join fund f on f.institution_id = c.institution_id and f.fund_id = c.fund_id
    join product o on o.institution_id = c.institution_id and o.product_id = c.product_id
    left join contract_origin g
      on g.institution_id = c.institution_id and g.contract_id = c.contract_id
    left join application a
      on a.institution_id = c.institution_id and a.application_id = c.application_id
    cross join lateral (
      select min(t.disbursed_on) as disbursed_on, count(*) as payouts,
        coalesce(bool_or(t.amount_minor < 0), false) as was_taken_back
      from disbursement t
      where t.institution_id = c.institution_id and t.contract_id = c.contract_id
    ) d
    where c.institution_id = :institution_id and c.contract_id > :after
    order by c.contract_id limit :limit
""")


async def contracts(session: AsyncSession, *, after: UUID) -> list[Row[Any]]:
    """Return some contracts after one, with the codes of what they are of."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "after": after,
        "limit": CHUNK,
    }
    return list(await session.execute(CONTRACTS, values))


DUES = text("""
    select contract_id, number, due_on, principal_minor, profit_minor, fee_minor
    from instalment where institution_id = :institution_id and generation = 1
      and contract_id = any(:contract_ids) order by contract_id, number
""")
MOVED = text("""
    select repayment_id, contract_id, received_on, abs(amount_minor) as amount_minor, channel,
      reverses_repayment_id, reversal_reason, recorded_at
    from repayment where institution_id = :institution_id and contract_id = any(:contract_ids)
    order by contract_id, received_on, (reverses_repayment_id is not null), abs(amount_minor),
      channel, repayment_id
""")
BORROWERS = text("""
    with recursive wanted as (
      select unnest(cast(:borrower_ids as uuid[])) as borrower_id
      union
      select m.member_borrower_id from wanted w join borrower_member m
        on m.institution_id = :institution_id and m.borrower_id = w.borrower_id
    )
    select b.borrower_id, b.reference, b.external_id, b.kind, b.name_ar, b.name_latin, b.sex,
      b.born_on, b.region, r.code as branch,
      (select string_agg(d.type || ':' || d.country || ':' || d.number, ';'
          order by d.type, d.country, d.number_key) from borrower_document d
        where d.institution_id = b.institution_id and d.borrower_id = b.borrower_id) as documents,
      (select string_agg(t.number, ';' order by t.number) from borrower_phone t
        where t.institution_id = b.institution_id and t.borrower_id = b.borrower_id) as phones,
      (select array_agg(m.member_borrower_id order by m.member_borrower_id)
        from borrower_member m where m.institution_id = b.institution_id
          and m.borrower_id = b.borrower_id) as members,
      (select array_agg(m.member_borrower_id) filter (where m.leads) from borrower_member m
        where m.institution_id = b.institution_id and m.borrower_id = b.borrower_id) as leaders
    from borrower b join branch r
      on r.institution_id = b.institution_id and r.branch_id = b.branch_id
    where b.institution_id = :institution_id
      and b.borrower_id in (select borrower_id from wanted)
""")


# Everything that happened to a contract, in the order in which it was recorded: payouts, money in
# and out, orders in force, what was held, and its cancellation.
LIVED = text("""
    select m.*, e.occurred_on as booked_on from (
      select d.contract_id, d.disbursement_id as movement_id, 'disbursement' as kind,
        d.disbursed_on as moved_on, d.amount_minor, d.channel::text as channel,
        cast(null as uuid) as reverses, cast(null as text) as reason,
        jsonb_build_object('saved', d.saved_minor) as members, cast(null as uuid) as entry_id,
        d.recorded_at
      from disbursement d
      where d.institution_id = :institution_id and d.contract_id = any(:contract_ids)
        and d.reverses_disbursement_id is null
      union all
      select p.contract_id, p.repayment_id,
        case when p.reverses_repayment_id is null then 'repayment' else 'reversal' end,
        p.received_on, abs(p.amount_minor), p.channel::text, p.reverses_repayment_id,
        p.reversal_reason, '{}', null, p.recorded_at
      from repayment p
      where p.institution_id = :institution_id and p.contract_id = any(:contract_ids)
      union all
      select f.contract_id, f.order_id, o.kind, o.effective_on, 0, null, o.reverses_order_id,
        o.reason, o.members, f.entry_id, f.recorded_at
      from order_effect f
      join contract_order o on o.institution_id = f.institution_id and o.order_id = f.order_id
      where f.institution_id = :institution_id and f.contract_id = any(:contract_ids)
      union all
      select h.contract_id, h.holding_id, h.kind::text, h.moved_on, abs(h.amount_minor),
        h.channel::text, h.reverses_holding_id, h.reason,
        case when h.kind = 'reversal' then '{}' else jsonb_strip_nulls(jsonb_build_object(
          'purpose', h.purpose, 'evidence', h.evidence)) end,
        null, h.recorded_at
      from holding h
      where h.institution_id = :institution_id and h.contract_id = any(:contract_ids)
        and h.disbursement_id is null and h.order_id is null
      union all
      select y.contract_id, coalesce(y.event_id, y.contract_id), 'cancellation',
        coalesce(y.effective_on, y.recorded_at::date), 0, null, null, y.reason, '{}', null,
        y.recorded_at
      from contract_history y
      where y.institution_id = :institution_id and y.contract_id = any(:contract_ids)
        and y.status = 'cancelled'
    ) m
    left join journal_entry e
      on e.institution_id = :institution_id and e.entry_id = m.entry_id
    order by m.contract_id, m.recorded_at, m.movement_id
""")
STOOD = text("""
    select p.contract_id, c.status, p.currency::text as currency, p.outstanding_principal_minor,
      p.oldest_open_due_on, p.disbursed_minor as disbursed, p.written_off_minor as written_off,
      p.paid_principal_minor as paid_principal, p.paid_profit_minor as paid_profit,
      p.paid_fee_minor as paid_fee, p.paid_penalty_minor as paid_penalty,
      p.surplus_minor as surplus, i.profit as agreed_profit, i.fee as agreed_fee,
      i.penalty as agreed_penalty, i.schedule, h.savings, h.contribution
    from position p
    join contract c on c.institution_id = p.institution_id and c.contract_id = p.contract_id
    cross join lateral (
      select coalesce(sum(n.profit_minor), 0)::bigint as profit,
        coalesce(sum(n.fee_minor), 0)::bigint as fee,
        coalesce(sum(n.penalty_minor), 0)::bigint as penalty,
        encode(sha256(convert_to(coalesce(string_agg(concat_ws(',', n.due_on, n.principal_minor,
          n.profit_minor, n.fee_minor, n.penalty_minor), ';' order by n.number), ''), 'utf8')),
          'hex') as schedule
      from instalment n where n.institution_id = p.institution_id
        and n.contract_id = p.contract_id and n.generation = p.generation
    ) i
    cross join lateral (
      select coalesce(sum(b.amount_minor) filter (where b.purpose = 'savings'), 0)::bigint
          as savings,
        coalesce(sum(b.amount_minor) filter (where b.purpose = 'contribution'), 0)::bigint
          as contribution
      from holding b where b.institution_id = p.institution_id and b.contract_id = p.contract_id
    ) h
    where p.institution_id = :institution_id and p.contract_id = any(:contract_ids)
""")
# What a contract's past moved out of a fund's money, by account: an opening entry answers it.
MOVED_MONEY = text("""
    select a.code, (-sum(l.amount_minor))::bigint as minor
    from journal_entry e
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    where e.institution_id = :institution_id and e.contract_id = :contract_id
      and a.code = any(:codes)
    group by a.code
""")
ADVANCED_BY = text("""
    select o.order_id from contract_order o
    where o.institution_id = :institution_id and o.contract_id = :contract_id
      and o.kind = 'advance' and o.members ->> 'repayment_id' = :repayment_id
    order by o.order_id desc limit 1
""")


async def lived(session: AsyncSession, contract_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return everything that happened to contracts, in the order in which it was recorded."""
    return await _of(session, LIVED, contract_ids=list(contract_ids))


async def stood(session: AsyncSession, contract_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return how contracts stand: every sum of them, what is held, and what is agreed now."""
    return await _of(session, STOOD, contract_ids=list(contract_ids))


async def moved_money(
    session: AsyncSession, contract_id: UUID, *, codes: Collection[str]
) -> dict[str, int]:
    """Return what a contract moved out of accounts of its fund, less what came in."""
    rows = await _of(session, MOVED_MONEY, contract_id=contract_id, codes=list(codes))
    return {row.code: row.minor for row in rows}


async def advanced_by(session: AsyncSession, contract_id: UUID, *, repayment_id: UUID) -> UUID:
    """Return the order that a repayment gave with itself."""
    values = {"contract_id": contract_id, "repayment_id": str(repayment_id)}
    (row,) = await _of(session, ADVANCED_BY, **values)
    found: UUID = row.order_id
    return found


async def dues(session: AsyncSession, contract_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return the instalments of contracts as signed."""
    return await _of(session, DUES, contract_ids=list(contract_ids))


async def moved(session: AsyncSession, contract_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return the repayments of contracts and their reversals, in an order that ids do not set."""
    return await _of(session, MOVED, contract_ids=list(contract_ids))


async def borrowers(session: AsyncSession, borrower_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return borrowers, and those who belong to them."""
    return await _of(session, BORROWERS, borrower_ids=list(borrower_ids))


async def _of(session: AsyncSession, statement: Any, **values: object) -> list[Row[Any]]:
    bound = {"institution_id": tenancy.institution_of(session), **values}
    return list(await session.execute(statement, bound))
