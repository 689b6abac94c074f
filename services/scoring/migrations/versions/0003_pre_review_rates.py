"""Reviews of rates and terms, and what was observed after them."""

from shared import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


# Plan and book never change. A result comes once; then the status moves on, each time with a
# row of history.
REVIEWS = """
create table rate_review (
  institution_id uuid not null,
  review_id uuid not null,
  name text not null check (name <> ''),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  input_hash text not null check (input_hash ~ '^[0-9a-f]{64}$'),
  plan jsonb not null,
  book jsonb not null,
  status text not null
    check (status in ('draft', 'run', 'recommended', 'adopted', 'declined')),
  changes integer not null check (changes > 0),
  result jsonb,
  result_hash text check (result_hash ~ '^[0-9a-f]{64}$'),
  policy text,
  breaks_law boolean not null default false,
  drafted_at timestamptz not null,
  primary key (institution_id, review_id),
  check ((result is null) = (status = 'draft')),
  check ((result is null) = (result_hash is null)),
  check ((policy is null) = (status in ('draft', 'run')))
);
create table rate_review_change (
  institution_id uuid not null,
  review_id uuid not null,
  change integer not null check (change > 0),
  status text not null
    check (status in ('draft', 'run', 'recommended', 'adopted', 'declined')),
  note text,
  actor_id uuid not null,
  changed_at timestamptz not null,
  primary key (institution_id, review_id, change),
  foreign key (institution_id, review_id) references rate_review (institution_id, review_id)
);
create table rate_review_observation (
  institution_id uuid not null,
  review_id uuid not null,
  as_of date not null,
  source text not null check (source <> ''),
  figures jsonb not null,
  actor_id uuid not null,
  recorded_at timestamptz not null,
  primary key (institution_id, review_id, as_of),
  foreign key (institution_id, review_id) references rate_review (institution_id, review_id)
);
"""


def upgrade() -> None:
    """Reviews of rates and terms, and what was observed after them."""
    migrations.script(REVIEWS)
    moves = "status, changes, result, result_hash, policy, breaks_law"
    migrations.protect("rate_review", grants=f"select, insert, update ({moves})")
    migrations.protect("rate_review_change", grants="select, insert")
    migrations.protect("rate_review_observation", grants="select, insert")
