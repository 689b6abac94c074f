"""Several funds behind one contract, files of several contracts, guarantees and subsidies."""

from shared import migrations

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# The funds that finance one application together, proposed before it is decided: how much of the
# principal and of the income each has, and in which rank. The one at place 1 leads.
SOURCES = """
create table funding_source (
  institution_id uuid not null,
  application_id uuid not null,
  fund_id uuid not null,
  place smallint not null check (place between 1 and 12),
  rank smallint not null check (rank between 1 and 12),
  part bigint not null check (part > 0),
  income_part bigint not null check (income_part >= 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, application_id, fund_id),
  unique (institution_id, application_id, place),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create index ix_funding_source_fund on funding_source (institution_id, fund_id);
"""

# A project's cost and the rule by which it is divided; its legs are applications that are signed
# and paid out together, once the person's own share was shown.
FILES = """
create table financing_file (
  institution_id uuid not null,
  file_id uuid not null,
  reference text not null,
  borrower_id uuid not null,
  branch_id uuid not null,
  currency char(3) not null,
  cost_minor bigint not null check (cost_minor > 0),
  own_minor bigint not null check (own_minor between 0 and cost_minor),
  told jsonb not null,
  fact jsonb not null,
  opened_on date not null,
  status text not null default 'open' check (status in ('open', 'signed', 'paid_out')),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, file_id),
  unique (institution_id, reference),
  unique (institution_id, file_id, currency),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  foreign key (institution_id, branch_id) references branch (institution_id, branch_id)
);
create index ix_financing_file_borrower on financing_file (institution_id, borrower_id);
create table financing_leg (
  institution_id uuid not null,
  file_id uuid not null,
  leg text not null check (leg in ('state', 'bank')),
  application_id uuid not null,
  primary key (institution_id, file_id, leg),
  unique (institution_id, application_id),
  foreign key (institution_id, file_id) references financing_file (institution_id, file_id),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id)
);
create table own_share (
  institution_id uuid not null,
  own_share_id uuid not null,
  file_id uuid not null,
  kind text not null check (kind in ('paid_in', 'in_kind')),
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor <> 0),
  shown_on date not null,
  evidence char(64) not null check (evidence ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, own_share_id),
  foreign key (institution_id, file_id, currency)
    references financing_file (institution_id, file_id, currency)
);
create index ix_own_share_file on own_share (institution_id, file_id);
create table financing_file_history (
  institution_id uuid not null,
  file_id uuid not null,
  status text not null,
  effective_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, file_id, status),
  foreign key (institution_id, file_id) references financing_file (institution_id, file_id)
);
"""


def upgrade() -> None:
    """Create sources of contracts, financing files, guarantee facilities and subsidies."""
    migrations.script(SOURCES)
    migrations.protect("funding_source", grants="select, insert, delete")
    migrations.script(FILES)
    migrations.protect("financing_file", grants="select, insert, update (status)")
    for table in ("financing_leg", "own_share", "financing_file_history"):
        migrations.protect(table, grants="select, insert")
