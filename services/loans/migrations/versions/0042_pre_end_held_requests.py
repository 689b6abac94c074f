"""A request for held money lasts some days, and may be withdrawn before."""

from shared import migrations

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

# Requests made before there was a last day get the one that they would have had.
ENDS = """
alter table holding_request add column expires_on date;
update holding_request set expires_on = (recorded_at at time zone 'UTC')::date + 30;
alter table holding_request alter column expires_on set not null;
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
