"""When borrowers are reminded, how each wants to be, and every reminder once."""

from shared import migrations

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

# One message a borrower, due date and step: whatever is due that day stands in it. A message that
# may have gone out is never sent again. Addresses and words are sealed.
TABLES = """
create table reminder_policy (
  institution_id uuid not null,
  policy_id uuid not null,
  before_days integer check (before_days between 0 and 30),
  after_days integer check (after_days between 1 and 60),
  quiet_from time not null,
  quiet_until time not null,
  language text not null check (language in ('ar', 'fr', 'en')),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, policy_id)
);
create table reminder_contact (
  institution_id uuid not null,
  contact_id uuid not null,
  borrower_id uuid not null,
  channel text not null check (channel in ('sms', 'email')),
  address_sealed bytea not null,
  language text not null check (language in ('ar', 'fr', 'en')),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, contact_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id)
);
create index ix_reminder_contact_borrower
  on reminder_contact (institution_id, borrower_id, recorded_at);
create table reminder_day (
  institution_id uuid not null,
  day date not null,
  planned integer not null check (planned >= 0),
  without_consent integer not null check (without_consent >= 0),
  without_address integer not null check (without_address >= 0),
  planned_at timestamptz not null,
  primary key (institution_id, day)
);
create table reminder (
  institution_id uuid not null,
  reminder_id uuid not null,
  borrower_id uuid not null,
  due_on date not null,
  step text not null check (step in ('before', 'after')),
  day date not null,
  channel text not null check (channel in ('sms', 'email')),
  language text not null,
  letter_sealed bytea not null,
  state text not null
    check (state in ('planned', 'sending', 'sent', 'refused', 'unknown', 'expired')),
  fault text,
  tried_at timestamptz,
  ended_at timestamptz,
  primary key (institution_id, reminder_id),
  unique (institution_id, borrower_id, due_on, step),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  foreign key (institution_id, day) references reminder_day (institution_id, day),
  check ((state in ('planned', 'sending')) = (ended_at is null))
);
create index ix_reminder_open on reminder (institution_id, day, reminder_id)
  where state in ('planned', 'sending');
create index ix_reminder_day on reminder (institution_id, day, reminder_id);
"""
GRANTS = {
    "reminder_policy": "select, insert",
    "reminder_contact": "select, insert",
    "reminder_day": "select, insert",
    "reminder": "select, insert, update (state, fault, tried_at, ended_at)",
}


def upgrade() -> None:
    """Policies, contacts, days that were planned, and each message."""
    migrations.script(TABLES)
    for table, grants in GRANTS.items():
        migrations.protect(table, grants=grants)
