"""Where integrators are called, with which secrets, what they are told and what came of it."""

from shared import migrations

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

# `reached` is the number of the newest event that was looked at for an endpoint. Of the messages
# that wait, only the first of a subject is ever due: those after it are told when it has ended.
TABLES = """
create table webhook_endpoint (
  institution_id uuid not null,
  endpoint_id uuid not null,
  address text not null,
  types text[] not null,
  description text not null,
  actor_id uuid not null,
  reached bigint not null check (reached >= 0),
  delivered_at timestamptz,
  disabled_at timestamptz,
  disabled_for text check (disabled_for in ('person', 'gone', 'silent')),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, endpoint_id),
  check ((disabled_at is null) = (disabled_for is null))
);
create table webhook_secret (
  institution_id uuid not null,
  endpoint_id uuid not null,
  secret_id uuid not null,
  secret_sealed bytea not null,
  retires_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, endpoint_id, secret_id),
  foreign key (institution_id, endpoint_id)
    references webhook_endpoint (institution_id, endpoint_id)
);
create table webhook_message (
  institution_id uuid not null,
  endpoint_id uuid not null,
  number bigint not null check (number > 0),
  event_id uuid not null,
  subject_id uuid not null,
  type text not null,
  state text not null check (state in ('waiting', 'delivered', 'dead')),
  attempts integer not null default 0 check (attempts >= 0),
  first_tried_at timestamptz,
  due_at timestamptz,
  ended_at timestamptz,
  primary key (institution_id, endpoint_id, number),
  foreign key (institution_id, endpoint_id)
    references webhook_endpoint (institution_id, endpoint_id),
  check ((state = 'waiting') = (ended_at is null)),
  check (state = 'waiting' or due_at is null)
);
create index ix_webhook_message_due
  on webhook_message (institution_id, endpoint_id, due_at, number) where due_at is not null;
create index ix_webhook_message_waiting
  on webhook_message (institution_id, endpoint_id, subject_id, number) where state = 'waiting';
create index ix_webhook_message_state
  on webhook_message (institution_id, endpoint_id, state, number);
create table webhook_attempt (
  institution_id uuid not null,
  endpoint_id uuid not null,
  number bigint not null,
  attempt integer not null check (attempt > 0),
  tried_at timestamptz not null,
  took_ms integer not null check (took_ms >= 0),
  http_status integer,
  fault text,
  primary key (institution_id, endpoint_id, number, attempt),
  foreign key (institution_id, endpoint_id, number)
    references webhook_message (institution_id, endpoint_id, number),
  check ((http_status is null) <> (fault is null))
);
"""
GRANTS = {
    "webhook_endpoint": "select, insert, update (reached, delivered_at, disabled_at, disabled_for)",
    "webhook_secret": "select, insert, update (retires_at)",
    "webhook_message": (
        "select, insert, update (state, attempts, first_tried_at, due_at, ended_at)"
    ),
    "webhook_attempt": "select, insert",
}


def upgrade() -> None:
    """Endpoints, their secrets, their messages in order, and each attempt."""
    migrations.script(TABLES)
    for table, grants in GRANTS.items():
        migrations.protect(table, grants=grants)
