"""A request for held money lasts some days, and may be withdrawn before."""

from shared import migrations

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

# A request that was open before requests had a last day lasts thirty days from now on.
ENDS = """
alter table holding_request
  add column expires_on date not null default (current_date + 30);
create table holding_request_end (
  institution_id uuid not null,
  request_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, request_id),
  foreign key (institution_id, request_id)
    references holding_request (institution_id, request_id)
);
"""


def upgrade() -> None:
    """Last days of requests, and requests that were withdrawn."""
    migrations.script(ENDS)
    migrations.protect("holding_request_end", grants="select, insert")
