"""Loans scored in a month whose colours wait until all of it is scored."""

from shared import migrations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What is scored becomes a warning, and leaves here, when the colours of its month are ruled.
WAITING = """
create table warning_score (
  institution_id uuid not null,
  month date not null check (extract(day from month) = 1),
  loan_id uuid not null,
  batch_id uuid not null,
  branch_id uuid,
  points integer not null,
  is_told boolean not null,
  pd text not null,
  signals jsonb not null,
  reasons jsonb not null,
  primary key (institution_id, month, loan_id),
  foreign key (institution_id, batch_id) references warning_batch (institution_id, batch_id)
);
create table warning_month (
  institution_id uuid not null,
  month date not null check (extract(day from month) = 1),
  as_of date not null,
  card_hash text not null,
  capacity jsonb not null,
  batch_ids uuid[] not null check (cardinality(batch_ids) > 0),
  ruled_by uuid not null,
  ruled_at timestamptz not null,
  primary key (institution_id, month)
);
"""


def upgrade() -> None:
    """Loans that are scored and wait, and the months that were ruled."""
    migrations.script(WAITING)
    migrations.protect("warning_score", grants="select, insert, delete")
    migrations.protect("warning_month", grants="select, insert")
