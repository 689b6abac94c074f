"""Which row of the books does not fit? Each query returns the rows that break one rule."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import queries as accounting
from services.loans.borrowing import queries as borrowing
from services.loans.proof.several import queries as several
from services.loans.proof.several.queries import ALONE
from services.loans.proof.told import queries as told
from services.loans.reconciliation.checks import queries as reconciliation
from shared import tenancy

FIRST = UUID(int=0)

RULES: Mapping[str, str] = {
    "every entry balances in each fund and currency": """
        select l.entry_id as row, l.fund_id || ' ' || l.currency || ' differs by '
          || sum(l.amount_minor) as why
        from journal_line l where l.institution_id = :institution_id
        group by l.entry_id, l.fund_id, l.currency having sum(l.amount_minor) <> 0
        order by l.entry_id limit 1""",
    "every entry lies in one fund": """
        select l.entry_id as row, count(distinct l.fund_id) || ' funds' as why
        from journal_line l where l.institution_id = :institution_id
        group by l.entry_id having count(distinct l.fund_id) > 1
        order by l.entry_id limit 1""",
    "every entry has lines": """
        select e.entry_id as row, e.kind || ' without lines' as why
        from journal_entry e where e.institution_id = :institution_id and not exists (
          select from journal_line l
          where l.institution_id = e.institution_id and l.entry_id = e.entry_id)
        order by e.entry_id limit 1""",
    "every line stands on an account of its fund and currency": """
        select l.entry_id as row, 'line ' || l.line_no || ' on ' || l.account_id as why
        from journal_line l left join account a
          on a.institution_id = l.institution_id and a.account_id = l.account_id
          and a.fund_id = l.fund_id and a.currency = l.currency
        where l.institution_id = :institution_id and a.account_id is null
        order by l.entry_id limit 1""",
    "every entry is in the chain or waits for it": """
        select e.entry_id as row, 'neither linked nor waiting' as why
        from journal_entry e
        left join journal_link k
          on k.institution_id = e.institution_id and k.entry_id = e.entry_id
        left join journal_pending p
          on p.institution_id = e.institution_id and p.entry_id = e.entry_id
        where e.institution_id = :institution_id and k.entry_id is null and p.entry_id is null
        order by e.entry_id limit 1""",
    "every event is in the feed or waits for it": """
        select e.event_id as row, e.type || ' neither numbered nor waiting' as why
        from event e
        left join feed_entry f
          on f.institution_id = e.institution_id and f.event_id = e.event_id
        left join event_pending p
          on p.institution_id = e.institution_id and p.event_id = e.event_id
        where e.institution_id = :institution_id and f.event_id is null and p.event_id is null
        order by e.event_id limit 1""",
    **told.RULES,
    "the instalments of a contract pay its principal": """
        select c.contract_id as row, 'principal ' || c.first_minor || ', instalments '
          || coalesce(sum(i.principal_minor), 0) as why
        from (
          select institution_id, contract_id, coalesce((
            select cast(f.terms ->> 'principal_minor' as bigint) from former_terms f
            where f.institution_id = s.institution_id and f.contract_id = s.contract_id
            order by f.recorded_at limit 1), principal_minor) as first_minor
          from contract s where institution_id = :institution_id
        ) c left join instalment i
          on i.institution_id = c.institution_id and i.contract_id = c.contract_id
          and i.generation = 1
        left join position p
          on p.institution_id = c.institution_id and p.contract_id = c.contract_id
        group by c.contract_id, c.first_minor
        having c.first_minor <> coalesce(sum(i.principal_minor), 0)
          and (count(i.number) > 0
            or (coalesce(max(p.disbursed_minor), 0) > 0 and max(p.generation) = 1))
        order by c.contract_id limit 1""",
    "a contract's sums are the sums of its repayments": """
        select p.contract_id as row, 'position ' || concat_ws('/', p.paid_principal_minor,
            p.paid_profit_minor, p.paid_fee_minor, p.paid_penalty_minor, p.surplus_minor)
          || ', repayments ' || concat_ws('/', coalesce(r.principal, 0), coalesce(r.profit, 0),
            coalesce(r.fee, 0), coalesce(r.penalty, 0), coalesce(r.surplus, 0)) as why
        from position p left join (
          select contract_id, sum(principal_minor) as principal, sum(profit_minor) as profit,
            sum(fee_minor) as fee, sum(penalty_minor) as penalty, sum(surplus_minor) as surplus
          from (
            select contract_id, principal_minor, profit_minor, fee_minor, penalty_minor,
              surplus_minor from repayment where institution_id = :institution_id
            union all
            select contract_id, principal_minor, profit_minor, fee_minor, penalty_minor,
              surplus_minor from contract_generation where institution_id = :institution_id
          ) m group by contract_id
        ) r on r.contract_id = p.contract_id
        where p.institution_id = :institution_id and (
          p.paid_principal_minor <> coalesce(r.principal, 0)
          or p.paid_profit_minor <> coalesce(r.profit, 0)
          or p.paid_fee_minor <> coalesce(r.fee, 0)
          or p.paid_penalty_minor <> coalesce(r.penalty, 0)
          or p.surplus_minor <> coalesce(r.surplus, 0))
        order by p.contract_id limit 1""",
    "what a contract is written off is what its orders wrote off": """
        select p.contract_id as row, 'position ' || p.written_off_minor || ', orders '
          || coalesce(e.minor, 0) as why
        from position p left join (
          select contract_id, sum(written_off_minor) as minor from order_effect
          where institution_id = :institution_id group by contract_id
        ) e on e.contract_id = p.contract_id
        where p.institution_id = :institution_id and p.written_off_minor <> coalesce(e.minor, 0)
        order by p.contract_id limit 1""",
    "an order's entry books what it moved, forgave, wrote off and recovered": f"""
        select e.order_id as row, 'moved ' || e.moved_minor || ', booked ' || coalesce(
            string_agg(a.code || ' ' || l.amount_minor, ', ' order by l.line_no), 'nothing') as why
        from order_effect e
        left join journal_line l
          on l.institution_id = e.institution_id and l.entry_id = e.entry_id
        left join account a
          on a.institution_id = l.institution_id and a.account_id = l.account_id
        where e.institution_id = :institution_id and {ALONE.format(row="e")}
        group by e.institution_id, e.order_id
        having e.moved_minor + e.recovered_minor
            <> coalesce(sum(l.amount_minor) filter (
              where a.code in ('cash', 'wallet', 'bank', 'savings')), 0)
          or e.forgiven_minor
            <> coalesce(sum(l.amount_minor) filter (where a.code = 'forgiveness'), 0)
          or e.written_off_minor
            <> coalesce(sum(l.amount_minor) filter (where a.code = 'write_off'), 0)
          or e.recovered_minor
            <> coalesce(-sum(l.amount_minor) filter (where a.code = 'recovery'), 0)
        order by e.order_id limit 1""",
    "every order in force, but of a past elsewhere, was approved by another than its giver": """
        select o.order_id as row, o.kind || ' by ' || o.actor_id || ' alone' as why
        from order_effect e
        join contract_order o on o.institution_id = e.institution_id and o.order_id = e.order_id
        where e.institution_id = :institution_id
          and o.kind not in ('charge', 'advance', 'recovery') and not exists (
            select from order_decision d where d.institution_id = o.institution_id
              and d.order_id = o.order_id and d.outcome = 'approve' and d.actor_id <> o.actor_id)
          and not exists (
            select from contract_origin g join import_run i
              on i.institution_id = g.institution_id and i.run_id = g.run_id
            where g.institution_id = o.institution_id and g.contract_id = o.contract_id
              and i.actor_id = o.actor_id)
        order by o.order_id limit 1""",
    "an order that was taken back is undone to the last unit": """
        select e.order_id as row, 'its reversal ' || r.order_id || ' leaves a rest' as why
        from order_effect e join order_effect r on r.institution_id = e.institution_id
          and r.reverses_order_id = e.order_id
        where e.institution_id = :institution_id
          and (e.moved_minor + r.moved_minor <> 0 or e.forgiven_minor + r.forgiven_minor <> 0
            or e.written_off_minor + r.written_off_minor <> 0
            or e.recovered_minor + r.recovered_minor <> 0)
          and not exists (select from order_effect l
            where l.institution_id = e.institution_id and l.contract_id = e.contract_id
              and l.place between e.place + 1 and r.place - 1)
        order by e.order_id limit 1""",
    "what a contract was paid out is the sum of its disbursements": """
        select p.contract_id as row, 'position ' || p.disbursed_minor || ', disbursements '
          || coalesce(d.amount, 0) as why
        from position p left join (
          select contract_id, sum(amount_minor) as amount from (
            select contract_id, amount_minor from disbursement
            where institution_id = :institution_id
            union all
            select contract_id, handed_minor from deal_step
            where institution_id = :institution_id
          ) m group by contract_id
        ) d on d.contract_id = p.contract_id
        where p.institution_id = :institution_id and p.disbursed_minor <> coalesce(d.amount, 0)
        order by p.contract_id limit 1""",
    "a repayment's entry books its portions": f"""
        select r.repayment_id as row, 'portions ' || concat_ws('/', r.principal_minor,
            r.profit_minor, r.fee_minor, r.penalty_minor, r.surplus_minor)
          || ', booked '
          || string_agg(a.code || ' ' || l.amount_minor, ', ' order by l.line_no) as why
        from repayment r
        left join journal_line l
          on l.institution_id = r.institution_id and l.entry_id = r.entry_id
        left join account a
          on a.institution_id = l.institution_id and a.account_id = l.account_id
        where r.institution_id = :institution_id and {ALONE.format(row="r")}
        group by r.institution_id, r.repayment_id
        having r.principal_minor
            <> coalesce(-sum(l.amount_minor) filter (where a.code = 'loans'), 0)
          or r.profit_minor
            <> coalesce(-sum(l.amount_minor) filter (where a.code = 'profit_income'), 0)
          or r.fee_minor
            <> coalesce(-sum(l.amount_minor) filter (where a.code = 'fee_income'), 0)
          or r.penalty_minor <> coalesce(-sum(l.amount_minor)
            filter (where a.code in ('charity', 'penalty_income')), 0)
          or r.surplus_minor
            <> coalesce(-sum(l.amount_minor) filter (where a.code = 'surplus'), 0)
          or count(l.line_no) = 0
        order by r.repayment_id limit 1""",
    "no fund has spent more than it had, but by a payment taken back": """
        select a.fund_id as row, 'cash, wallet and bank together ' || sum(l.amount_minor) as why
        from account a
        join journal_line l
          on l.institution_id = a.institution_id and l.account_id = a.account_id
        join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
        where a.institution_id = :institution_id and a.code in ('cash', 'wallet', 'bank')
        group by a.fund_id
        having sum(l.amount_minor) < 0
          and sum(l.amount_minor) filter (where e.kind <> 'reversal') < 0
        order by a.fund_id limit 1""",
    "what closes have booked is what the newest one shows": """
        with shown as (
          select fund_id, sum(receivable_minor - unearned_minor) as profit,
            sum(allowance_minor) as allowance
          from day_close_book where institution_id = :institution_id
            and run = (select max(run) from day_close where institution_id = :institution_id)
          group by fund_id
        ), booked as (
          select l.fund_id, coalesce(sum(l.amount_minor) filter (where a.code in
              ('profit_accrued', 'profit_unearned', 'deferred_profit')), 0) as profit,
            coalesce(-sum(l.amount_minor) filter (where a.code = 'loss_allowance'), 0) as allowance
          from journal_entry e
          join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
          join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
          where e.institution_id = :institution_id and e.kind in ('accrual', 'provision')
          group by l.fund_id
        )
        select coalesce(s.fund_id, b.fund_id) as row, 'shown '
          || concat_ws('/', coalesce(s.profit, 0), coalesce(s.allowance, 0)) || ', booked '
          || concat_ws('/', coalesce(b.profit, 0), coalesce(b.allowance, 0)) as why
        from shown s full join booked b on b.fund_id = s.fund_id
        where coalesce(s.profit, 0) <> coalesce(b.profit, 0)
          or coalesce(s.allowance, 0) <> coalesce(b.allowance, 0)
        order by 1 limit 1""",
    "a close's figures add up to what its books show": """
        select b.book_id as row, 'run ' || b.run || ' shows ' || concat_ws('/',
            b.receivable_minor, b.unearned_minor, b.allowance_minor) || ', figures '
          || concat_ws('/', coalesce(sum(f.receivable_minor), 0),
            coalesce(sum(f.unearned_minor), 0), coalesce(sum(f.allowance_minor), 0)) as why
        from day_close_book b left join day_close_figure f
          on f.institution_id = b.institution_id and f.run = b.run and f.fund_id = b.fund_id
          and f.product_id = b.product_id
        where b.institution_id = :institution_id
        group by b.institution_id, b.run, b.fund_id, b.product_id
        having b.receivable_minor <> coalesce(sum(f.receivable_minor), 0)
          or b.unearned_minor <> coalesce(sum(f.unearned_minor), 0)
          or b.allowance_minor <> coalesce(sum(f.allowance_minor), 0)
        order by b.book_id limit 1""",
    "what is held for a contract is in its accounts, and never less than nothing": """
        select coalesce(h.contract_id, b.contract_id) as row, coalesce(h.purpose, b.code)
          || ' moved ' || coalesce(h.minor, 0) || ', booked ' || coalesce(b.minor, 0) as why
        from (
          select contract_id, purpose, sum(amount_minor) as minor from holding
          where institution_id = :institution_id group by contract_id, purpose
        ) h full join (
          select e.contract_id, a.code, -sum(l.amount_minor) as minor
          from account a
          join journal_line l
            on l.institution_id = a.institution_id and l.account_id = a.account_id
          join journal_entry e
            on e.institution_id = l.institution_id and e.entry_id = l.entry_id
          where a.institution_id = :institution_id and a.code in ('savings', 'contribution')
          group by e.contract_id, a.code
        ) b on b.contract_id = h.contract_id and b.code = h.purpose
        where coalesce(h.minor, 0) <> coalesce(b.minor, 0) or coalesce(h.minor, 0) < 0
        order by 1 limit 1""",
    "no more is paid out on a contract than was agreed": """
        select d.contract_id as row, 'agreed ' || c.principal_minor || ', paid out '
          || sum(d.amount_minor) as why
        from disbursement d join contract c
          on c.institution_id = d.institution_id and c.contract_id = d.contract_id
        where d.institution_id = :institution_id
        group by d.contract_id, c.principal_minor having sum(d.amount_minor) > c.principal_minor
        order by d.contract_id limit 1""",
    "every key that was taken was answered": """
        select k.actor_id as row, 'key ' || k.key || ' has no answer' as why
        from idempotency_key k where k.institution_id = :institution_id and k.answer is null
        order by k.actor_id limit 1""",
    **several.RULES,
    **accounting.PROOFS,
    **borrowing.PROOFS,
    **reconciliation.RULES,
}


async def broken(session: AsyncSession, rule: str) -> Row[Any] | None:
    """Return the first row that breaks a rule, with the reason, or None."""
    values = {"institution_id": tenancy.institution_of(session)}
    return (await session.execute(text(RULES[rule]), values)).first()


STANDINGS = text("""
    select p.contract_id, c.terms -> 'allocation_order' as allocation_order,
      p.paid_principal_minor, p.paid_profit_minor, p.paid_fee_minor, p.paid_penalty_minor,
      p.surplus_minor,
      array_agg(i.principal_minor order by i.number) as principal,
      array_agg(i.profit_minor order by i.number) as profit,
      array_agg(i.fee_minor order by i.number) as fee,
      array_agg(i.penalty_minor order by i.number) as penalty
    from position p
    join contract c on c.institution_id = p.institution_id and c.contract_id = p.contract_id
    join instalment i on i.institution_id = p.institution_id and i.contract_id = p.contract_id
      and i.generation = p.generation
    where p.institution_id = :institution_id and p.contract_id > :after
    group by p.institution_id, p.contract_id, c.terms, p.paid_principal_minor,
      p.paid_profit_minor, p.paid_fee_minor, p.paid_penalty_minor, p.surplus_minor
    order by p.contract_id limit :limit
""")


async def standings(session: AsyncSession, *, after: object, limit: int) -> Sequence[Row[Any]]:
    """Return contracts with their agreed dues and the sums paid, in the order of their ids."""
    values = {"institution_id": tenancy.institution_of(session), "after": after, "limit": limit}
    return (await session.execute(STANDINGS, values)).all()


# Contracts with all that their positions follow from. Histories stand in the order in which they
# were written, the rows of one version by day.
HISTORIES = text("""
    select p.contract_id, c.terms -> 'allocation_order' as allocation_order, p.moved_on, p.status,
      p.outstanding_principal_minor as outstanding, p.disbursed_minor as disbursed,
      p.written_off_minor as written_off,
      (select json_agg(h order by h.version, h.valid_from) from position_history h
       where h.institution_id = p.institution_id and h.contract_id = p.contract_id) as history,
      (select json_agg(i order by i.generation, i.number) from instalment i
       where i.institution_id = p.institution_id and i.contract_id = p.contract_id) as dues,
      (select json_agg(g) from contract_generation g
       where g.institution_id = p.institution_id and g.contract_id = p.contract_id) as agreed,
      (select json_agg(m) from (
         select disbursed_on as "on", amount_minor as disbursed, 0 as paid from disbursement d
         where d.institution_id = p.institution_id and d.contract_id = p.contract_id
         union all
         select taken_on, handed_minor, 0 from deal_step s
         where s.institution_id = p.institution_id and s.contract_id = p.contract_id
           and s.handed_minor <> 0
         union all
         select received_on, 0, amount_minor from repayment r
         where r.institution_id = p.institution_id and r.contract_id = p.contract_id
         union all
         select effective_on, 0, principal_minor + profit_minor + fee_minor + penalty_minor
           + surplus_minor from contract_generation g
         where g.institution_id = p.institution_id and g.contract_id = p.contract_id
       ) m) as moves
    from position p
    join contract c on c.institution_id = p.institution_id and c.contract_id = p.contract_id
    where p.institution_id = :institution_id and p.contract_id > :after
    order by p.contract_id limit :limit
""")


async def histories(session: AsyncSession, *, after: object, limit: int) -> Sequence[Row[Any]]:
    """Return contracts with their positions, instalments and movements, in order of their ids."""
    values = {"institution_id": tenancy.institution_of(session), "after": after, "limit": limit}
    return (await session.execute(HISTORIES, values)).all()


# The content of a link as the chain hashed it, spelled from the raw columns: `rafid verify`
# writes the text in Python, so that a mistake in one of the two is found.
JOURNAL = text("""
    select k.number, k.hash, k.entry_id, e.kind, e.occurred_on, e.source_id, e.contract_id,
      e.reverses_entry_id, e.actor_id, e.recorded_at, l.numbers, l.accounts, l.funds,
      l.currencies, l.amounts
    from journal_link k
    left join journal_entry e on e.institution_id = k.institution_id and e.entry_id = k.entry_id
    left join lateral (
      select array_agg(line_no order by line_no) as numbers,
        array_agg(account_id order by line_no) as accounts,
        array_agg(fund_id order by line_no) as funds,
        array_agg(currency::text order by line_no) as currencies,
        array_agg(amount_minor order by line_no) as amounts
      from journal_line j
      where j.institution_id = k.institution_id and j.entry_id = k.entry_id
    ) l on true
    where k.institution_id = :institution_id and k.number > :after order by k.number limit :limit
""")


async def journal_links(session: AsyncSession, *, after: int, limit: int) -> Sequence[Row[Any]]:
    """Return links of the journal's chain with what they link, in their order."""
    values = {"institution_id": tenancy.institution_of(session), "after": after, "limit": limit}
    return (await session.execute(JOURNAL, values)).all()


TAIL = text("""
    select count(*) as waiting,
      coalesce(extract(epoch from clock_timestamp() - min(recorded_at)), 0)::float as seconds
    from journal_pending where institution_id = :institution_id
""")


async def tail(session: AsyncSession) -> Row[Any]:
    """Return how many entries the chain has not reached yet, and the oldest one's age."""
    values = {"institution_id": tenancy.institution_of(session)}
    return (await session.execute(TAIL, values)).one()
