"""Deeds of waqf, orders on what a waqf owns, conflicts of interest, and indices of prices."""

from shared import migrations

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# One proposes, another decides: the decision names the proposer by key and is never his own. The
# deed in force is that of the order of kind `deed` which was approved last. Nothing is changed.
ORDERS = """
create table waqf_order (
  institution_id uuid not null,
  order_id uuid not null,
  fund_id uuid not null,
  kind text not null check (kind in ('deed', 'invest', 'upkeep', 'distribution', 'nazir_fee',
    'reserve', 'growth', 'loss_cover', 'return', 'exchange')),
  effective_on date not null,
  amount_minor bigint not null check (amount_minor >= 0),
  currency char(3) not null,
  channel text not null check (channel in ('cash', 'wallet', 'bank')),
  purpose text check (length(purpose) between 1 and 60),
  party_id uuid,
  contract_id uuid,
  receipt_id uuid,
  asset_id uuid,
  members jsonb not null default '{}',
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id),
  unique (institution_id, order_id, actor_id),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency),
  foreign key (institution_id, receipt_id) references receipt (institution_id, receipt_id),
  check ((kind = 'return') = (receipt_id is not null)),
  check ((kind = 'loss_cover') = (contract_id is not null)),
  check ((kind = 'distribution') = (purpose is not null)),
  check (asset_id is null or kind = 'exchange')
);
create index ix_waqf_order_fund on waqf_order (institution_id, fund_id, order_id);
create index ix_waqf_order_receipt on waqf_order (institution_id, receipt_id)
  where receipt_id is not null;
create table waqf_order_decision (
  institution_id uuid not null,
  order_id uuid not null,
  outcome text not null check (outcome in ('approve', 'reject')),
  entry_id uuid,
  proposer_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id),
  foreign key (institution_id, order_id, proposer_id)
    references waqf_order (institution_id, order_id, actor_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id),
  check (actor_id <> proposer_id),
  check (outcome = 'approve' or entry_id is null)
);
create table waqf_asset (
  institution_id uuid not null,
  asset_id uuid not null,
  fund_id uuid not null,
  order_id uuid not null,
  kind text not null check (length(kind) between 1 and 60),
  description text not null check (length(description) between 1 and 300),
  cost_minor bigint not null check (cost_minor > 0),
  currency char(3) not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, asset_id),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, order_id) references waqf_order (institution_id, order_id)
);
create index ix_waqf_asset_fund on waqf_asset (institution_id, fund_id, asset_id);
create table waqf_income (
  institution_id uuid not null,
  income_id uuid not null,
  fund_id uuid not null,
  kind text not null check (kind in ('yield', 'tabarru')),
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  channel text not null check (channel in ('cash', 'wallet', 'bank')),
  received_on date not null,
  asset_id uuid,
  entry_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, income_id),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, asset_id) references waqf_asset (institution_id, asset_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
create table waqf_conflict (
  institution_id uuid not null,
  conflict_id uuid not null,
  fund_id uuid not null,
  party_id uuid not null,
  interest text not null check (length(interest) between 1 and 200),
  declared_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, conflict_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create index ix_waqf_conflict_fund on waqf_conflict (institution_id, fund_id, conflict_id);
create table price_index (
  institution_id uuid not null,
  value_id uuid not null,
  series text not null check (series ~ '^[A-Z][A-Z0-9-]{0,19}$'),
  valid_on date not null,
  value numeric(18, 6) not null check (value > 0),
  source text not null check (length(source) between 1 and 200),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, value_id)
);
create index ix_price_index_series on price_index (institution_id, series, valid_on);
comment on column fund.floor_minor is
  'the least corpus that was stated when the fund was opened; what must stand is this or, where '
  'it is more, what was endowed (accounts fund_balance, corpus_addition, temporary_corpus)';
"""
TABLES = (
    "waqf_order",
    "waqf_order_decision",
    "waqf_asset",
    "waqf_income",
    "waqf_conflict",
    "price_index",
)

WALLED = ("fund", "account")
OPEN = """
insert into account (institution_id, account_id, fund_id, code, class, currency)
select f.institution_id, gen_random_uuid(), f.fund_id, c.code, c.class, f.currency
from fund f
join (values
  ('nazir_fee', 'expense', '{waqf,donation}'::text[]),
  ('yield_shared', 'equity', '{waqf,donation}'),
  ('loss_reserve', 'equity', '{waqf,donation}'),
  ('reserve_used', 'equity', '{waqf,donation}'),
  ('corpus_addition', 'equity', '{waqf,donation}'),
  ('investments', 'asset', '{waqf,donation}'),
  ('tabarru_cover', 'income', '{waqf,donation,state,commercial}')
) as c(code, class, kinds) on f.kind = any(c.kinds)
where not exists (
  select from account a
  where a.institution_id = f.institution_id and a.fund_id = f.fund_id and a.code = c.code
);
"""


def upgrade() -> None:
    """Tables of the waqf's own business, and its accounts in the funds that are there."""
    migrations.script(ORDERS)
    for table in TABLES:
        migrations.protect(table, grants="select, insert")
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(OPEN)
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
