"""Which row of a contract of several funds does not fit? The rules of entries, over all its funds.

What was posted for one row on such a contract is one entry for each fund: they are summed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tenancy
from shared.ids import ContractId

ALONE = """not exists (
          select from contract k join funding_source s on s.institution_id = k.institution_id
            and s.application_id = k.application_id
          where k.institution_id = {row}.institution_id and k.contract_id = {row}.contract_id)"""
"""That one fund alone finances the contract of a row."""

SHARED = """
          select distinct k.institution_id, k.contract_id, k.fund_id from contract k
          join funding_source s on s.institution_id = k.institution_id
            and s.application_id = k.application_id
          where k.institution_id = :institution_id"""

# Contracts of several funds are few: each rule starts from them and looks the rest up, whatever
# the planner makes of tables that nobody has analysed yet.
LINES = """
        with shared as materialized ({shared})
        select {told}
        from shared c
        cross join lateral (
          select * from {table} r
          where r.institution_id = c.institution_id and r.contract_id = c.contract_id offset 0
        ) r
        left join lateral (
          select l.fund_id, l.line_no, l.amount_minor, a.code from journal_entry e
          join journal_line l
            on l.institution_id = e.institution_id and l.entry_id = e.entry_id
          join account a
            on a.institution_id = l.institution_id and a.account_id = l.account_id
          where e.institution_id = r.institution_id and e.contract_id = r.contract_id
            and e.source_id = r.{row} offset 0
        ) l on true"""


def _lines(table: str, *, row: str, why: str) -> str:
    booked = "string_agg(l.code || ' ' || l.amount_minor, ', ' order by l.fund_id, l.line_no)"
    told = f"r.{row} as row, {why} coalesce({booked}, 'nothing') as why"
    return LINES.format(shared=SHARED, table=table, row=row, told=told)


PORTIONS = _lines(
    "repayment",
    row="repayment_id",
    why=(
        "'portions ' || concat_ws('/', r.principal_minor, r.profit_minor, r.fee_minor,"
        " r.penalty_minor, r.surplus_minor) || ', booked ' ||"
    ),
)
MOVED = _lines("order_effect", row="order_id", why="'moved ' || r.moved_minor || ', booked ' ||")

RULES: Mapping[str, str] = {
    "a repayment's entries of several funds book its portions": f"""{PORTIONS}
        group by r.repayment_id, r.principal_minor, r.profit_minor, r.fee_minor,
          r.penalty_minor, r.surplus_minor
        having r.principal_minor
            <> coalesce(-sum(l.amount_minor) filter (where l.code = 'loans'), 0)
          or r.profit_minor
            <> coalesce(-sum(l.amount_minor) filter (where l.code = 'profit_income'), 0)
          or r.fee_minor
            <> coalesce(-sum(l.amount_minor) filter (where l.code = 'fee_income'), 0)
          or r.penalty_minor <> coalesce(-sum(l.amount_minor)
            filter (where l.code in ('charity', 'penalty_income')), 0)
          or r.surplus_minor
            <> coalesce(-sum(l.amount_minor) filter (where l.code = 'surplus'), 0)
          or count(l.line_no) = 0
        order by r.repayment_id limit 1""",
    "an order's entries of several funds book what it moved": f"""{MOVED}
        group by r.order_id, r.moved_minor, r.recovered_minor, r.forgiven_minor,
          r.written_off_minor
        having r.moved_minor + r.recovered_minor
            <> coalesce(sum(l.amount_minor) filter (
              where l.code in ('cash', 'wallet', 'bank', 'savings')), 0)
          or r.forgiven_minor
            <> coalesce(sum(l.amount_minor) filter (where l.code = 'forgiveness'), 0)
          or r.written_off_minor
            <> coalesce(sum(l.amount_minor) filter (where l.code = 'write_off'), 0)
          or r.recovered_minor
            <> coalesce(-sum(l.amount_minor) filter (where l.code = 'recovery'), 0)
        order by r.order_id limit 1""",
    "a fund's loans and goods due are what its contracts still owe": f"""
        select f.fund_id as row, 'ledger ' || f.loans || ', contracts ' || coalesce(c.owed, 0)
          as why
        from (
          select a.fund_id, coalesce(sum(l.amount_minor), 0) as loans from account a
          left join journal_line l
            on l.institution_id = a.institution_id and l.account_id = a.account_id
          where a.institution_id = :institution_id and a.code in ('loans', 'goods_due')
          group by a.fund_id
        ) f left join (
          select o.fund_id, sum(o.owed) as owed from (
            select c.fund_id,
              p.disbursed_minor - p.paid_principal_minor - p.written_off_minor as owed
            from contract c join position p
              on p.institution_id = c.institution_id and p.contract_id = c.contract_id
            where c.institution_id = :institution_id and {ALONE.format(row="c")}
            union all
            select l.fund_id, l.amount_minor from ({SHARED}
            offset 0) c
            join journal_entry e on e.institution_id = c.institution_id
              and e.contract_id = c.contract_id
            join journal_line l
              on l.institution_id = e.institution_id and l.entry_id = e.entry_id
            join account a on a.institution_id = l.institution_id
              and a.account_id = l.account_id and a.code = 'loans'
          ) o group by o.fund_id
        ) c on c.fund_id = f.fund_id
        where f.loans <> coalesce(c.owed, 0) order by f.fund_id limit 1""",
    "what a subsidy paid is what its fund spent and its contract received": """
        select p.payment_id as row, 'paid ' || p.amount_minor || ', spent '
          || coalesce(sum(l.amount_minor), 0) || ', received ' || coalesce(max(r.amount_minor), 0)
          as why
        from subsidy_payment p
        left join repayment r
          on r.institution_id = p.institution_id and r.repayment_id = p.repayment_id
        left join (
          select l.institution_id, l.entry_id, l.amount_minor from journal_line l
          join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
            and a.code = 'subsidy_expense'
        ) l on l.institution_id = p.institution_id and l.entry_id = p.entry_id
        where p.institution_id = :institution_id
        group by p.institution_id, p.payment_id
        having p.amount_minor <> coalesce(sum(l.amount_minor), 0)
          or p.amount_minor <> coalesce(max(r.amount_minor), 0)
        order by p.payment_id limit 1""",
    "no guarantee facility covers more than its cap": """
        select f.facility_id as row, 'cap ' || f.cap_total_minor || ', covers '
          || sum(c.amount_minor) as why
        from guarantee_facility f join guarantee_cover c
          on c.institution_id = f.institution_id and c.facility_id = f.facility_id
        where f.institution_id = :institution_id and c.released_on is null
        group by f.facility_id, f.cap_total_minor
        having sum(c.amount_minor) > f.cap_total_minor
        order by f.facility_id limit 1""",
    "what a guarantor was paid for its cover is what is booked": """
        select v.cover_id as row, 'fee ' || v.fee_minor || ', booked ' || coalesce(b.minor, 0)
          as why
        from guarantee_cover v
        left join lateral (
          select sum(l.amount_minor) as minor from journal_entry e
          join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
          join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
          where e.institution_id = v.institution_id and e.source_id = v.cover_id
            and a.code = 'guarantee_cost'
        ) b on true
        where v.institution_id = :institution_id and coalesce(b.minor, 0)
          <> case when v.fee_paid_on is null then 0 else v.fee_minor end
        order by v.cover_id limit 1""",
    "what a guarantor paid for a contract and had back is what its claims say": """
        select c.contract_id as row, 'steps ' || sum(s.minor) || ', booked '
          || coalesce(max(b.minor), 0) as why
        from guarantee_claim c
        join lateral (
          select coalesce(sum(case status when 'paid' then amount_minor when 'recovered'
            then -amount_minor else 0 end), 0) as minor from guarantee_claim_step s
          where s.institution_id = c.institution_id and s.claim_id = c.claim_id
            and s.reverses_step_id is null and not exists (
              select from guarantee_claim_step u where u.institution_id = s.institution_id
                and u.reverses_step_id = s.step_id)
        ) s on true
        left join lateral (
          select -sum(l.amount_minor) as minor from journal_entry e
          join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
          join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
          where e.institution_id = c.institution_id and e.contract_id = c.contract_id
            and a.code = 'guarantee_received'
        ) b on true
        where c.institution_id = :institution_id
        group by c.institution_id, c.contract_id
        having sum(s.minor) <> coalesce(max(b.minor), 0)
        order by c.contract_id limit 1""",
}

# A contract's sums, and what its applications have drawn of all funds.
POSITIONS = text("""
    select p.contract_id, p.disbursed_minor, p.paid_principal_minor, p.paid_profit_minor,
      p.paid_fee_minor + coalesce((select sum(d.fee_kept_minor) from disbursement d
        where d.institution_id = p.institution_id and d.contract_id = p.contract_id), 0)::bigint
        as fee_minor,
      p.paid_penalty_minor, p.surplus_minor, p.written_off_minor,
      coalesce((select sum(case k.kind when 'draw' then k.amount_minor else -k.amount_minor end)
        from fund_claim k where k.institution_id = c.institution_id
          and k.application_id = c.application_id and k.kind in ('draw', 'undraw')), 0)::bigint
        as drawn_minor
    from contract c join position p
      on p.institution_id = c.institution_id and p.contract_id = c.contract_id
    where c.institution_id = :institution_id
      and c.contract_id = any(cast(:contract_ids as uuid[])) order by p.contract_id
""")


async def positions(
    session: AsyncSession, contract_ids: Sequence[ContractId]
) -> Sequence[Row[Any]]:
    """Return the sums kept of contracts, in the order of their ids."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
    }
    return (await session.execute(POSITIONS, values)).all()
