"""What loans hears from scoring: funds proposed by approved runs, and reviews that were decided."""

from shared import migrations

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

# Without a fund: the run left the application without one. Kept under the run's own id, so that
# a feed that is read again adds nothing.
TABLES = """
create table application_proposal (
  institution_id uuid not null,
  application_id uuid not null,
  run_id uuid not null,
  fund_id uuid,
  as_of date not null,
  approved_at timestamptz not null,
  sequence bigint not null check (sequence > 0),
  primary key (institution_id, application_id, run_id),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create table decided_review (
  institution_id uuid not null,
  review_id uuid not null,
  outcome text not null,
  name text not null,
  policy text not null,
  products text[] not null,
  breaks_law boolean not null,
  result_hash text not null,
  decided_at timestamptz not null,
  sequence bigint not null check (sequence > 0),
  primary key (institution_id, review_id)
);
"""


def upgrade() -> None:
    """Keep what scoring tells."""
    migrations.script(TABLES)
    for table in ("application_proposal", "decided_review"):
        migrations.protect(table, grants="select, insert")
