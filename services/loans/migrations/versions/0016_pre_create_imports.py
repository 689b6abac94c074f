"""Certificates that were issued."""

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
"""


def upgrade() -> None:
    """Certificates that were issued."""
    migrations.script(TABLES)
    migrations.protect("certificate", grants="select, insert")
