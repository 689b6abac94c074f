"""Files of banks and wallets as they came, each of their lines once, and how a provider writes."""

from shared import migrations

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

# A layout is how one provider writes its tables; the newest version of an account's counts. What
# names people is sealed with the institution's key. `entry_key` names an entry by what the
# provider says of it, so that files that overlap bring it once.
FILES = """
create table statement_layout (
  institution_id uuid not null,
  money_account_id uuid not null,
  version integer not null check (version > 0),
  layout jsonb not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, money_account_id, version),
  foreign key (institution_id, money_account_id)
    references money_account (institution_id, money_account_id)
);
create table statement_file (
  institution_id uuid not null,
  file_id uuid not null,
  money_account_id uuid not null,
  digest char(64) not null check (digest ~ '^[0-9a-f]{64}$'),
  format text not null check (format in ('camt', 'mt940', 'table')),
  layout_version integer,
  content_sealed bytea not null,
  entries integer not null check (entries >= 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, file_id),
  unique (institution_id, money_account_id, digest),
  foreign key (institution_id, money_account_id)
    references money_account (institution_id, money_account_id),
  check ((format = 'table') = (layout_version is not null))
);
create table statement_part (
  institution_id uuid not null,
  file_id uuid not null,
  number integer not null check (number > 0),
  told text not null check (told in ('statement', 'notice', 'intraday')),
  identification text not null,
  sequence bigint,
  currency char(3) not null,
  opening_minor bigint,
  booked_minor bigint not null,
  closing_minor bigint,
  closed_on date,
  finding text check (finding in ('does_not_add', 'gap_before')),
  primary key (institution_id, file_id, number),
  foreign key (institution_id, file_id) references statement_file (institution_id, file_id)
);
create index ix_statement_part_closed on statement_part (institution_id, closed_on, file_id);
create table statement_line (
  institution_id uuid not null,
  line_id uuid not null,
  money_account_id uuid not null,
  file_id uuid not null,
  number integer not null check (number > 0),
  entry_key char(64) not null check (entry_key ~ '^[0-9a-f]{64}$'),
  booked_on date not null,
  valued_on date not null,
  side text not null check (side in ('in', 'out')),
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  is_reversal boolean not null,
  provider_reference text,
  own_references text[] not null,
  told_sealed bytea not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, line_id),
  unique (institution_id, money_account_id, entry_key),
  foreign key (institution_id, file_id) references statement_file (institution_id, file_id)
);
create index ix_statement_line_day
  on statement_line (institution_id, money_account_id, booked_on, line_id);
create index ix_statement_line_file on statement_line (institution_id, file_id);
create table statement_fault (
  institution_id uuid not null,
  file_id uuid not null,
  number integer not null check (number > 0),
  code text not null,
  said_sealed bytea not null,
  primary key (institution_id, file_id, number),
  foreign key (institution_id, file_id) references statement_file (institution_id, file_id)
);
"""
TABLES = (
    "statement_layout", "statement_file", "statement_part", "statement_line", "statement_fault",
)  # fmt: skip


def upgrade() -> None:
    """Files, their statements, their lines, and what could not be read."""
    migrations.script(FILES)
    for table in TABLES:
        migrations.protect(table, grants="select, insert")
