"""Funds of guarantee, what a receipt was given as, the bank as a channel, entries of one fund."""

from shared import migrations

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

WALLED = ("fund", "account", "receipt")
CHANNELS = "('cash', 'wallet', 'bank')"
WIDEN = f"""
alter table fund drop constraint fund_kind_check;
alter table fund add constraint fund_kind_check
  check (kind in ('zakat', 'waqf', 'donation', 'state', 'commercial', 'guarantee'));
alter table receipt drop constraint receipt_channel_check;
alter table receipt add constraint receipt_channel_check check (channel in {CHANNELS});
alter table disbursement drop constraint disbursement_channel_check;
alter table disbursement add constraint disbursement_channel_check check (channel in {CHANNELS});
alter table repayment drop constraint repayment_channel_check;
alter table repayment add constraint repayment_channel_check check (channel in {CHANNELS});
alter table deal_step drop constraint deal_step_channel_check;
alter table deal_step add constraint deal_step_channel_check check (channel in {CHANNELS});
alter table holding drop constraint holding_channel_check;
alter table holding add constraint holding_channel_check check (channel in {CHANNELS});
alter table fund_order drop constraint fund_order_source_check;
alter table fund_order add constraint fund_order_source_check check (source in {CHANNELS});
alter table fund_order drop constraint fund_order_check;
alter table fund_order add constraint fund_order_check
  check (target in {CHANNELS} and target <> source);
alter table receipt add column nature text, add column returnable_on date;
"""

# What was booked before nobody asked about: it is what its fund usually takes.
FILL = """
update receipt r
set nature = case f.kind when 'waqf' then 'waqf_permanent' when 'donation' then 'donation_open'
  else f.kind end
from fund f where f.institution_id = r.institution_id and f.fund_id = r.fund_id;
insert into account (institution_id, account_id, fund_id, code, class, currency)
select f.institution_id, gen_random_uuid(), f.fund_id, c.code, c.class, f.currency
from fund f
join (values
  ('bank', 'asset', '{zakat,waqf,donation,state,commercial}'::text[]),
  ('grants', 'expense', '{zakat,waqf,donation,state}'),
  ('amil_costs', 'expense', '{zakat}'),
  ('temporary_corpus', 'liability', '{waqf}'),
  ('nazir_fee', 'expense', '{waqf}'),
  ('yield_shared', 'equity', '{waqf}'),
  ('loss_reserve', 'equity', '{waqf}'),
  ('tabarru', 'liability', '{waqf,donation,state,commercial}'),
  ('investment_income', 'income', '{waqf,donation,state,commercial}'),
  ('subsidy_income', 'income', '{waqf,donation,state,commercial}'),
  ('subsidy_expense', 'expense', '{donation,state}'),
  ('guarantee_received', 'liability', '{zakat,waqf,donation,state,commercial}'),
  ('borrowing_cost', 'expense', '{donation,state,commercial}'),
  ('exchange_gain', 'income', '{zakat,waqf,donation,state,commercial}'),
  ('exchange_loss', 'expense', '{zakat,waqf,donation,state,commercial}')
) as c(code, class, kinds) on f.kind = any(c.kinds)
where not exists (
  select from account a
  where a.institution_id = f.institution_id and a.fund_id = f.fund_id and a.code = c.code
);
"""
HOLD = """
alter table receipt alter column nature set not null;
alter table receipt add constraint receipt_nature_check check (nature in ('zakat',
  'waqf_permanent', 'waqf_temporary', 'donation_open', 'donation_restricted', 'state',
  'commercial', 'guarantee'));
alter table receipt add constraint receipt_returnable_check
  check ((nature = 'waqf_temporary') = (returnable_on is not null));
"""

# As before, and an entry lies in one fund: what one fund pays for another is two entries.
# SQLSTATE RF001 closed period, RF002 no such account, RF003 not balanced, RF004 across funds.
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
    """Widen what funds are and how their money comes; what was there is filled in."""
    migrations.script(WIDEN)
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(FILL)
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
    migrations.script(HOLD)
    migrations.define(POST_ENTRIES, signature=POST_SIGNATURE)
