"""Which contracts are graded together in a month is planned once, part by part."""

from shared import migrations

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

PARTS = """
create table warning_part (
  institution_id uuid not null,
  month date not null check (extract(day from month) = 1),
  part integer not null check (part >= 1),
  as_of date not null check (date_trunc('month', as_of) = month),
  batch_id uuid not null,
  contract_ids uuid[] not null check (cardinality(contract_ids) between 1 and 5000),
  capacity jsonb not null,
  planned_at timestamptz not null default clock_timestamp(),
  graded_at timestamptz,
  red integer not null default 0,
  amber integer not null default 0,
  green integer not null default 0,
  left_out integer not null default 0,
  primary key (institution_id, month, part),
  unique (institution_id, batch_id)
);
"""


def upgrade() -> None:
    """Plan the parts of a month; a part changes once, when it is graded."""
    migrations.script(PARTS)
    migrations.protect("warning_part", grants="select, insert, update")
