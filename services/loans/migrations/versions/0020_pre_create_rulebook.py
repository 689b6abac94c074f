"""Facts of the rulebook that an institution gives itself, each approved by a second person."""

from shared import migrations

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# The decision names whoever proposed, by a key of the proposal, and is by another: no program can
# make one person two.
TABLES = """
create table rulebook_override (
  institution_id uuid not null,
  override_id uuid not null,
  fact_id text not null check (length(fact_id) between 1 and 80),
  topic text not null check (length(topic) between 1 and 40),
  fact jsonb not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, override_id),
  unique (institution_id, override_id, actor_id)
);
create table rulebook_decision (
  institution_id uuid not null,
  override_id uuid not null,
  outcome text not null check (outcome in ('approved', 'rejected')),
  reference text not null,
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, override_id),
  unique (institution_id, reference),
  foreign key (institution_id, override_id, proposer_id)
    references rulebook_override (institution_id, override_id, actor_id)
);
create table fact_use (
  institution_id uuid not null,
  use_id uuid not null,
  subject text not null check (subject in
    ('application', 'decision', 'contract', 'product', 'order', 'closing_policy')),
  subject_id uuid not null,
  facts jsonb not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, use_id)
);
create index ix_fact_use_subject on fact_use (institution_id, subject_id);
"""


def upgrade() -> None:
    """Overrides of the rulebook, what was said of them, and the facts that decisions used."""
    migrations.script(TABLES)
    for table in ("rulebook_override", "rulebook_decision", "fact_use"):
        migrations.protect(table, grants="select, insert")
