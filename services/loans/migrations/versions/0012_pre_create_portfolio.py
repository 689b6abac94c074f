"""Which buckets lateness falls into, and which events were numbered long after they were written."""

from shared import migrations

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# A page of a contract's repayments is read in the order of their ids, without sorting all of them.
# A scheme holds from a day to come, so that no answer about a day gone by ever changes.
# event_late: what the sequencer numbered more than five minutes after it was written, so that
# "known at an instant" can be asked of a million positions without looking at every number.
TABLES = """
create table bucket_scheme (
  institution_id uuid not null,
  effective_on date not null,
  from_days integer[] not null check (cardinality(from_days) between 1 and 20),
  non_accrual_after_days integer not null check (non_accrual_after_days >= 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, effective_on)
);
create table event_late (
  institution_id uuid not null,
  event_id uuid not null,
  recorded_at timestamptz not null,
  numbered_at timestamptz not null,
  primary key (institution_id, event_id)
);
create index ix_feed_entry_numbered on feed_entry using brin (institution_id, numbered_at);
create index ix_repayment_page on repayment (institution_id, contract_id, repayment_id);
drop index ix_repayment_contract;
"""


def upgrade() -> None:
    """Create the buckets of lateness and the list of events numbered late."""
    migrations.script(TABLES)
    migrations.protect("bucket_scheme", grants="select, insert")
    migrations.protect("event_late", grants="select, insert")
    _note_late_ones()


def _note_late_ones() -> None:
    """Note the events that were numbered late before this migration."""
    walled = ("event", "feed_entry", "event_late")
    for table in walled:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script("""
        insert into event_late (institution_id, event_id, recorded_at, numbered_at)
        select e.institution_id, e.event_id, e.recorded_at, f.numbered_at
        from event e join feed_entry f
          on f.institution_id = e.institution_id and f.event_id = e.event_id
        where e.recorded_at < f.numbered_at - interval '5 minutes'
    """)
    for table in walled:
        migrations.script(f"alter table {table} force row level security")
