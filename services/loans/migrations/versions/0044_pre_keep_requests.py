"""What scoring was asked about each round of an application, and what more was told of it."""

from shared import migrations

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

# `cash_flow`: months, savings and signed contracts, as told; null where only an ordinary month
# was. `opinion`: what "best" means for a product, and how careful its opinion is.
# A request is kept before it is sent: `body` is what stands on the wire, letter by letter, so
# that it is text; beside it what every fund answered, and the facts of the rulebook it rests on.
REQUESTS = """
alter table application add column cash_flow jsonb;
alter table product_version add column opinion jsonb not null default '{}';
create table application_request (
  institution_id uuid not null,
  assessment_id uuid not null,
  application_id uuid not null,
  round integer not null,
  asked_on date not null,
  body text not null,
  funds jsonb not null,
  facts jsonb not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, assessment_id),
  unique (institution_id, application_id, round),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id)
);
"""


def upgrade() -> None:
    """Columns for what is told, and the table of requests, to which rows are only added."""
    migrations.script(REQUESTS)
    migrations.protect("application_request", grants="select, insert")
