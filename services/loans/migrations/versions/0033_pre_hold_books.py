"""What holds the books: accounts of entries by hand, and two persons who close a period."""

from shared import migrations

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# Two persons, held by keys: whoever proposed to close a period cannot be who closes it. Those that
# one alone closed before stay as they are.
PROPOSALS = """
create table book_period_proposal (
  institution_id uuid not null,
  proposal_id uuid not null,
  name text not null,
  starts_on date not null,
  ends_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, proposal_id),
  unique (institution_id, name, actor_id),
  unique (institution_id, proposal_id, name, actor_id)
);
alter table book_period_close add column proposal_id uuid, add column proposer_id uuid;
alter table book_period_close add constraint book_period_close_two_check
  check (proposal_id is not null and proposer_id is not null and actor_id <> proposer_id) not valid;
alter table book_period_close add constraint book_period_close_proposal_fkey
  foreign key (institution_id, proposal_id, name, proposer_id)
  references book_period_proposal (institution_id, proposal_id, name, actor_id) not valid;
"""

# As before, and an entry by hand moves what `domain/manual.py` lets it move, whoever posts it.
# SQLSTATE RF001 closed period, RF002 no such account, RF003 not balanced, RF004 across funds,
# RF005 an account that is not for entries by hand.
POST_ENTRIES = """
create or replace function post_entries(
  p_institution uuid, p_actors uuid[], p_entries uuid[], p_kinds text[], p_occurred_on date[],
  p_sources uuid[], p_contracts uuid[], p_reverses uuid[],
  p_line_entries int[], p_line_nos smallint[], p_line_accounts uuid[], p_line_funds uuid[],
  p_line_currencies text[], p_line_amounts bigint[]
) returns void language plpgsql as $$
declare
  v_count bigint;
  v_closed date;
begin
  perform enter_tenant(p_institution);
  select max(closed_through) into v_closed from closing where institution_id = p_institution;
  if v_closed >= any(p_occurred_on) then
    raise exception 'the books are closed through %', v_closed using errcode = 'RF001';
  end if;
  if cardinality(p_line_entries) = 0 or exists (
    select from generate_subscripts(p_entries, 1) e
    where not e = any(p_line_entries)
  ) then
    raise exception 'an entry has no lines' using errcode = 'RF003';
  end if;
  if exists (
    select from unnest(p_line_entries, p_line_funds) as l(entry, fund)
    group by l.entry having count(distinct l.fund) > 1
  ) then
    raise exception 'an entry lies in more than one fund' using errcode = 'RF004';
  end if;
  if exists (
    select from unnest(p_line_entries, p_line_currencies, p_line_amounts)
      as l(entry, currency, amount)
    group by l.entry, l.currency having sum(l.amount) <> 0
  ) then
    raise exception 'debits and credits differ within a fund and currency'
      using errcode = 'RF003';
  end if;
  if 'manual' = any(p_kinds) and exists (
    select from unnest(p_line_entries, p_line_accounts, p_line_funds) as l(entry, account, fund)
    join account a on a.institution_id = p_institution and a.account_id = l.account
    join fund f on f.institution_id = p_institution and f.fund_id = l.fund
    where p_kinds[l.entry] = 'manual' and (f.kind = 'zakat'
      or not (a.code in ('cash', 'wallet', 'bank') or starts_with(a.code, 'own_')))
  ) then
    raise exception 'an entry by hand moves money and own accounts alone, and no zakat'
      using errcode = 'RF005';
  end if;
  insert into journal_entry (institution_id, entry_id, kind, occurred_on, source_id,
                             contract_id, reverses_entry_id, actor_id)
  select p_institution, e.id, e.kind, e.occurred_on, e.source, e.contract, e.reverses, e.actor
  from unnest(p_entries, p_kinds, p_occurred_on, p_sources, p_contracts, p_reverses, p_actors)
    as e(id, kind, occurred_on, source, contract, reverses, actor);
  insert into journal_line (institution_id, entry_id, line_no, account_id, fund_id, currency,
                            amount_minor)
  select p_institution, p_entries[l.entry], l.line_no, a.account_id, a.fund_id, a.currency,
         l.amount
  from unnest(p_line_entries, p_line_nos, p_line_accounts, p_line_funds, p_line_currencies,
              p_line_amounts) as l(entry, line_no, account, fund, currency, amount)
  join account a on a.institution_id = p_institution and a.account_id = l.account
    and a.fund_id = l.fund and a.currency = l.currency;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(p_line_entries) then
    raise exception 'a line names no account of its fund and currency' using errcode = 'RF002';
  end if;
  insert into journal_pending (institution_id, entry_id)
  select p_institution, e.id from unnest(p_entries) as e(id);
end $$
"""
POST_SIGNATURE = (
    "post_entries(uuid, uuid[], uuid[], text[], date[], uuid[], uuid[], uuid[],"
    " int[], smallint[], uuid[], uuid[], text[], bigint[])"
)


def upgrade() -> None:
    """Hold what the code held alone until now."""
    migrations.script(PROPOSALS)
    migrations.protect("book_period_proposal", grants="select, insert")
    migrations.define(POST_ENTRIES, signature=POST_SIGNATURE)
