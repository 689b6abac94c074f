"""Warnings of loans that may fall behind, and what became of each."""

from shared import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


# A card's document never changes; a second person takes it into use.
CARDS = """
create table warning_card (
  institution_id uuid not null,
  card_id text not null check (card_id ~ '^[a-z][a-z0-9_]{0,63}$'),
  version text not null check (version ~ '^[0-9]{1,4}[.][0-9]{1,4}[.][0-9]{1,4}$'),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  document jsonb not null,
  registered_by uuid not null,
  registered_at timestamptz not null,
  approved_by uuid check (approved_by <> registered_by),
  approved_at timestamptz,
  primary key (institution_id, card_id, version),
  check ((approved_by is null) = (approved_at is null))
);
"""

# A loan is graded once a month, whichever batch it stands in.
WARNINGS = """
create table warning_batch (
  institution_id uuid not null,
  batch_id uuid not null,
  as_of date not null,
  card_id text not null,
  card_version text not null,
  card_hash text not null,
  input_hash text not null check (input_hash ~ '^[0-9a-f]{64}$'),
  capacity jsonb not null,
  left_out jsonb not null,
  actor_id uuid not null,
  made_at timestamptz not null,
  primary key (institution_id, batch_id),
  foreign key (institution_id, card_id, card_version)
    references warning_card (institution_id, card_id, version)
);
create table warning (
  institution_id uuid not null,
  warning_id uuid not null,
  batch_id uuid not null,
  month date not null check (extract(day from month) = 1),
  loan_id uuid not null,
  branch_id uuid,
  rank integer not null check (rank > 0),
  grade text not null check (grade in ('green', 'amber', 'red')),
  points integer not null,
  pd text not null,
  signals jsonb not null,
  reasons jsonb not null,
  primary key (institution_id, warning_id),
  unique (institution_id, month, loan_id),
  foreign key (institution_id, batch_id) references warning_batch (institution_id, batch_id)
);
create index ix_warning_batch on warning (institution_id, batch_id, warning_id);
create table warning_outcome (
  institution_id uuid not null,
  warning_id uuid not null,
  change integer not null check (change > 0),
  outcome text not null check (outcome in ('contacted', 'rescheduled', 'paid', 'false_alarm')),
  actor_id uuid not null,
  recorded_at timestamptz not null,
  primary key (institution_id, warning_id, change),
  foreign key (institution_id, warning_id) references warning (institution_id, warning_id)
);
"""


def upgrade() -> None:
    """Warnings of loans that may fall behind, and what became of each."""
    migrations.script(CARDS + WARNINGS)
    migrations.protect("warning_card", grants="select, insert, update (approved_by, approved_at)")
    migrations.protect("warning_batch", grants="select, insert")
    migrations.protect("warning", grants="select, insert")
    migrations.protect("warning_outcome", grants="select, insert")
