"""Certificates that were issued, and portfolios that came from elsewhere."""

from shared import migrations

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = """
create table certificate (
  institution_id uuid not null,
  certificate_id uuid not null,
  number text not null,
  kind text not null check (kind in ('balance', 'settlement', 'paid_in_year')),
  contract_id uuid not null,
  as_of date not null,
  content jsonb not null,
  sha256 bytea not null check (length(sha256) = 32),
  actor_id uuid not null,
  issued_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, certificate_id),
  unique (institution_id, number),
  foreign key (institution_id, contract_id)
    references contract (institution_id, contract_id)
);
create index on certificate (institution_id, contract_id, certificate_id);
create table import_run (
  institution_id uuid not null,
  run_id uuid not null,
  digest bytea not null,
  contracts integer not null check (contracts >= 0),
  taken integer not null default 0,
  refused integer not null default 0,
  actor_id uuid not null,
  began_at timestamptz not null,
  ended_at timestamptz,
  primary key (institution_id, run_id)
);
create table contract_origin (
  institution_id uuid not null,
  contract_id uuid not null,
  external_reference text not null,
  sector text not null,
  digest bytea not null,
  run_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz,
  primary key (institution_id, contract_id),
  unique (institution_id, external_reference),
  foreign key (institution_id, contract_id)
    references contract (institution_id, contract_id),
  foreign key (institution_id, run_id) references import_run (institution_id, run_id)
);
"""


def upgrade() -> None:
    """Certificates that were issued, and portfolios that came from elsewhere."""
    migrations.script(TABLES)
    migrations.protect("certificate", grants="select, insert")
    migrations.protect("import_run", grants="select, insert, update (taken, refused, ended_at)")
    migrations.protect("contract_origin", grants="select, insert, update (completed_at)")
