"""Accounts, the journal, its chain and closings."""

from shared import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# journal_line has no foreign key to account: the key-share lock it takes on a fund's few account
# rows would queue every posting behind them. post_entries joins account instead, and it is the
# only writer; `rafid verify` looks for lines without an account.
TABLES = """
create table account (
  institution_id uuid not null,
  account_id uuid not null,
  fund_id uuid not null,
  code text not null,
  class text not null check (class in ('asset', 'liability', 'equity', 'income', 'expense')),
  currency char(3) not null,
  primary key (institution_id, account_id),
  unique (institution_id, fund_id, code)
);
create table journal_entry (
  institution_id uuid not null,
  entry_id uuid not null,
  kind text not null,
  occurred_on date not null,
  source_id uuid not null,
  contract_id uuid,
  reverses_entry_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, entry_id),
  foreign key (institution_id, reverses_entry_id)
    references journal_entry (institution_id, entry_id)
);
create table journal_line (
  institution_id uuid not null,
  entry_id uuid not null,
  line_no smallint not null,
  account_id uuid not null,
  fund_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor <> 0),
  primary key (institution_id, entry_id, line_no),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
create index ix_journal_line_account on journal_line (institution_id, account_id)
  include (amount_minor, entry_id);
create index ix_journal_entry_contract on journal_entry (institution_id, contract_id)
  where contract_id is not null;
create table journal_pending (
  institution_id uuid not null,
  entry_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, entry_id)
);
create table journal_link (
  institution_id uuid not null,
  number bigint not null check (number > 0),
  entry_id uuid not null,
  numbered_at timestamptz not null,
  hash bytea not null,
  primary key (institution_id, number),
  unique (institution_id, entry_id)
);
create table closing (
  institution_id uuid not null,
  closing_id uuid not null,
  closed_through date not null,
  actor_id uuid not null,
  closed_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, closing_id)
);
"""

# The one writer of the journal. Lines are given flat: the ordinal of their entry, account, fund,
# currency, amount (debit positive). SQLSTATE RF001 closed period, RF002 no such account,
# RF003 not balanced.
POST_ENTRIES = """
create function post_entries(
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
    select from unnest(p_line_entries, p_line_funds, p_line_currencies, p_line_amounts)
      as l(entry, fund, currency, amount)
    group by l.entry, l.fund, l.currency having sum(l.amount) <> 0
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
    """Accounts, the journal, its chain and closings."""
    migrations.script(TABLES)
    migrations.protect("account", grants="select, insert")
    migrations.protect("journal_entry", grants="select")
    migrations.protect("journal_line", grants="select")
    migrations.protect("journal_pending", grants="select, delete")
    migrations.protect("journal_link", grants="select, insert")
    migrations.protect("closing", grants="select, insert")
    migrations.define(POST_ENTRIES, signature=POST_SIGNATURE)
