"""Scorecards, assessments and offers."""

from shared import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# A version's document never changes; only its status does, and each change is a history row.
SCORECARDS = """
create table scorecard_version (
  institution_id uuid not null,
  card_id text not null check (card_id ~ '^[a-z][a-z0-9_]{0,63}$'),
  version text not null check (version ~ '^[0-9]{1,4}[.][0-9]{1,4}[.][0-9]{1,4}$'),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  document jsonb not null,
  status text not null check (status in ('draft', 'shadow', 'champion', 'retired')),
  changes integer not null check (changes > 0),
  registered_by uuid not null,
  registered_at timestamptz not null,
  primary key (institution_id, card_id, version)
);
create unique index ix_scorecard_version_champion on scorecard_version (institution_id)
  where status = 'champion';
create table scorecard_change (
  institution_id uuid not null,
  card_id text not null,
  version text not null,
  change integer not null check (change > 0),
  status text not null check (status in ('draft', 'shadow', 'champion', 'retired')),
  actor_id uuid not null,
  changed_at timestamptz not null,
  primary key (institution_id, card_id, version, change),
  foreign key (institution_id, card_id, version)
    references scorecard_version (institution_id, card_id, version)
);
"""

# What was known, which card and which code judged it, and what came out: only ever added.
ASSESSMENTS = """
create table assessment (
  institution_id uuid not null,
  assessment_id uuid not null,
  application_id uuid not null,
  branch_id uuid,
  card_id text not null,
  card_version text not null,
  engine text not null,
  points integer not null,
  grade text not null,
  advice text not null check (advice in ('offer', 'refer', 'decline')),
  inputs jsonb not null,
  opinion jsonb not null,
  actor_id uuid not null,
  assessed_at timestamptz not null,
  primary key (institution_id, assessment_id),
  foreign key (institution_id, card_id, card_version)
    references scorecard_version (institution_id, card_id, version)
);
create index ix_assessment_application
  on assessment (institution_id, application_id, assessment_id);
"""

OFFERS = """
create table offer_outcome (
  institution_id uuid not null,
  assessment_id uuid not null,
  change integer not null check (change > 0),
  outcome text not null check (outcome in ('accepted', 'declined', 'expired', 'withdrawn')),
  line integer check (line > 0),
  reason_code text,
  actor_id uuid not null,
  recorded_at timestamptz not null,
  primary key (institution_id, assessment_id, change),
  foreign key (institution_id, assessment_id)
    references assessment (institution_id, assessment_id),
  check ((outcome = 'accepted') = (line is not null))
);
"""


def upgrade() -> None:
    """Scorecards, assessments and offers."""
    migrations.script(SCORECARDS + ASSESSMENTS + OFFERS)
    migrations.protect("scorecard_version", grants="select, insert, update (status, changes)")
    migrations.protect("scorecard_change", grants="select, insert")
    migrations.protect("assessment", grants="select, insert")
    migrations.protect("offer_outcome", grants="select, insert")
