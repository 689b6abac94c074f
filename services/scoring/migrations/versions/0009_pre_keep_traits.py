"""What was known of a trait before it was told anew."""

from shared import migrations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Everything that was told of a trait, as it was told: the audit of an old day reads it.
TOLD = """
create table trait_told (
  institution_id uuid not null,
  application_id uuid not null,
  recorded_at timestamptz not null,
  sex text check (sex in ('female', 'male')),
  age_band text check (age_band ~ '^[a-z0-9][a-z0-9_]{0,31}$'),
  region text check (region ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'),
  disability text check (disability in ('yes', 'no')),
  actor_id uuid not null,
  primary key (institution_id, application_id, recorded_at)
);
"""


def upgrade() -> None:
    """Keep what is told of traits beside what was told before."""
    migrations.script(TOLD)
    migrations.protect("trait_told", grants="select, insert")
