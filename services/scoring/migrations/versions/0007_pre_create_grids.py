"""Grids of criteria: their versions, and the sheets that were answered by them."""

from shared import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


# A version's document never changes; a second person takes it into use. A sheet is only added.
GRIDS = """
create table grid_version (
  institution_id uuid not null,
  grid_id text not null check (grid_id ~ '^[a-z][a-z0-9_]{0,63}$'),
  version text not null check (version ~ '^[0-9]{1,4}[.][0-9]{1,4}[.][0-9]{1,4}$'),
  kind text not null check (kind in ('specification', 'diagnosis', 'export_readiness',
    'management', 'innovation', 'competitiveness_index')),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  document jsonb not null,
  registered_by uuid not null,
  registered_at timestamptz not null,
  approved_by uuid check (approved_by <> registered_by),
  approved_at timestamptz,
  primary key (institution_id, grid_id, version),
  check ((approved_by is null) = (approved_at is null))
);
create table grid_sheet (
  institution_id uuid not null,
  sheet_id uuid not null,
  grid_id text not null,
  version text not null,
  grid_hash text not null check (grid_hash ~ '^[0-9a-f]{64}$'),
  subject_id uuid not null,
  branch_id uuid,
  year integer check (year between 1900 and 2200),
  answered_on date not null,
  answers jsonb not null check (jsonb_typeof(answers) = 'array'),
  input_hash text not null check (input_hash ~ '^[0-9a-f]{64}$'),
  mark text not null check (mark in ('pass', 'fail', 'to_complete')),
  result jsonb not null,
  actor_id uuid not null,
  recorded_at timestamptz not null,
  primary key (institution_id, sheet_id),
  foreign key (institution_id, grid_id, version)
    references grid_version (institution_id, grid_id, version)
);
create index ix_grid_sheet_subject on grid_sheet (institution_id, subject_id, grid_id);
create unique index ix_grid_sheet_year on grid_sheet (institution_id, subject_id, grid_id, year)
  where year is not null;
"""


def upgrade() -> None:
    """Grids of criteria: their versions, and the sheets that were answered by them."""
    migrations.script(GRIDS)
    migrations.protect("grid_version", grants="select, insert, update (approved_by, approved_at)")
    migrations.protect("grid_sheet", grants="select, insert")
