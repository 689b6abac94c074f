"""The institution's own chart, real accounts of money, entries by hand, and closed periods."""

from shared import migrations

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# A chart that is imported anew is a new version; a decision names whoever proposed, by a key of
# the proposal, and is by another: no program can make one person two. One account of money of a
# fund stands in one real account.
TABLES = """
create table chart_version (
  institution_id uuid not null,
  version integer not null check (version > 0),
  digest bytea not null check (length(digest) = 32),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, version)
);
create table chart_line (
  institution_id uuid not null,
  version integer not null,
  number text not null check (length(number) between 1 and 20),
  place integer not null,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  class text not null check (class in ('asset', 'liability', 'equity', 'income', 'expense')),
  parent text,
  accounts text[] not null,
  is_own boolean not null,
  primary key (institution_id, version, number),
  foreign key (institution_id, version) references chart_version (institution_id, version)
);
create table manual_entry (
  institution_id uuid not null,
  manual_id uuid not null,
  fund_id uuid not null,
  currency char(3) not null,
  occurred_on date not null,
  reason text not null check (length(reason) between 1 and 500),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  lines jsonb not null,
  reverses_manual_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, manual_id),
  unique (institution_id, manual_id, actor_id),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, reverses_manual_id)
    references manual_entry (institution_id, manual_id)
);
create index ix_manual_entry_fund on manual_entry (institution_id, fund_id, manual_id);
create table manual_decision (
  institution_id uuid not null,
  manual_id uuid not null,
  outcome text not null check (outcome in ('approve', 'reject')),
  entry_id uuid,
  reverses_manual_id uuid,
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, manual_id),
  foreign key (institution_id, manual_id, proposer_id)
    references manual_entry (institution_id, manual_id, actor_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id),
  check ((outcome = 'approve') = (entry_id is not null))
);
create unique index uq_manual_decision_reverses on manual_decision
  (institution_id, reverses_manual_id) where outcome = 'approve' and reverses_manual_id is not null;
create table money_account (
  institution_id uuid not null,
  money_account_id uuid not null,
  code text not null check (length(code) between 1 and 40),
  channel text not null check (channel in ('cash', 'wallet', 'bank')),
  provider text not null,
  number text not null,
  currency char(3) not null,
  opened_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, money_account_id),
  unique (institution_id, code),
  unique (institution_id, money_account_id, channel, currency)
);
create table money_account_fund (
  institution_id uuid not null,
  fund_id uuid not null,
  channel text not null,
  currency char(3) not null,
  money_account_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, fund_id, channel),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, money_account_id, channel, currency)
    references money_account (institution_id, money_account_id, channel, currency)
);
create index ix_money_account_fund_account on money_account_fund (institution_id, money_account_id);
create table money_statement (
  institution_id uuid not null,
  statement_id uuid not null,
  money_account_id uuid not null,
  stated_on date not null,
  balance_minor bigint not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, statement_id),
  foreign key (institution_id, money_account_id)
    references money_account (institution_id, money_account_id)
);
create index ix_money_statement_account on money_statement
  (institution_id, money_account_id, stated_on);
create table books_policy (
  institution_id uuid not null,
  version integer not null check (version > 0),
  year_starts_month smallint not null check (year_starts_month between 1 and 12),
  must_reconcile boolean not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, version)
);
create table book_period_close (
  institution_id uuid not null,
  name text not null,
  starts_on date not null,
  ends_on date not null,
  checks jsonb not null,
  closing_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, name),
  foreign key (institution_id, closing_id) references closing (institution_id, closing_id)
);
"""
NAMES = (
    "chart_version",
    "chart_line",
    "manual_entry",
    "manual_decision",
    "money_account",
    "money_account_fund",
    "money_statement",
    "books_policy",
    "book_period_close",
)


def upgrade() -> None:
    """Rows are only ever added: a chart, an entry, a close is never changed."""
    migrations.script(TABLES)
    for name in NAMES:
        migrations.protect(name, grants="select, insert")
