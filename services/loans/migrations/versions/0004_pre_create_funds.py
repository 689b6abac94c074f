"""Funds, donors, receipts and claims."""

from shared import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
create table fund (
  institution_id uuid not null,
  fund_id uuid not null,
  code text not null,
  kind text not null
    check (kind in ('zakat', 'waqf', 'donation', 'state', 'commercial')),
  currency char(3) not null,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  floor_minor bigint not null default 0 check (floor_minor >= 0),
  lending_ruling text,
  status text not null default 'open' check (status in ('open', 'closed')),
  version integer not null default 1 check (version > 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, fund_id),
  unique (institution_id, code),
  unique (institution_id, fund_id, currency)
);
create table donor (
  institution_id uuid not null,
  donor_id uuid not null,
  code text not null,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, donor_id),
  unique (institution_id, code)
);
create table fund_donor (
  institution_id uuid not null,
  fund_id uuid not null,
  donor_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, fund_id, donor_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id),
  foreign key (institution_id, donor_id) references donor (institution_id, donor_id)
);
create table receipt (
  institution_id uuid not null,
  receipt_id uuid not null,
  fund_id uuid not null,
  donor_id uuid,
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  channel text not null check (channel in ('cash', 'wallet')),
  received_on date not null,
  entry_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, receipt_id),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, fund_id, donor_id)
    references fund_donor (institution_id, fund_id, donor_id),
  foreign key (institution_id, entry_id)
    references journal_entry (institution_id, entry_id)
);
create index on receipt (institution_id, fund_id, receipt_id);
create table fund_claim (
  institution_id uuid not null,
  claim_id uuid not null,
  fund_id uuid not null,
  application_id uuid not null,
  kind text not null
    check (kind in ('reserve', 'release', 'commit', 'uncommit', 'draw')),
  amount_minor bigint not null check (amount_minor > 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, claim_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create index on fund_claim (institution_id, fund_id, kind) include (amount_minor);
create index on fund_claim (institution_id, application_id);
"""


def upgrade() -> None:
    """Funds, donors, receipts and claims."""
    migrations.script(TABLES)
    migrations.protect("fund", grants="select, insert, update (status, version)")
    for table in ("donor", "fund_donor", "receipt", "fund_claim"):
        migrations.protect(table, grants="select, insert")
