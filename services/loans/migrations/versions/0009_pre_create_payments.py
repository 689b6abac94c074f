"""Payments on their way, their raw messages, the sandbox wallet, and disbursements."""

from shared import migrations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A contract is paid out by one payment at a time: while one is on its way or has arrived, the
# database itself refuses a second.
PAYMENTS = """
create table payment (
  institution_id uuid not null,
  payment_id uuid not null,
  direction text not null check (direction in ('outbound', 'inbound')),
  rail text not null,
  contract_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  phone_sealed bytea not null,
  status text not null default 'requested'
    check (status in ('requested', 'accepted', 'completed', 'failed', 'reversed')),
  provider_reference text,
  reason_code text,
  completed_on date,
  booked_at timestamptz,
  asked_at timestamptz,
  attempts integer not null default 0,
  version integer not null default 1,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, payment_id),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency)
);
create unique index uq_payment_outbound on payment (institution_id, contract_id)
  where direction = 'outbound' and status not in ('failed', 'reversed');
create index ix_payment_contract on payment (institution_id, contract_id);
create index ix_payment_open on payment (institution_id, payment_id)
  where status in ('requested', 'accepted') or (status = 'completed' and booked_at is null);
create table payment_message (
  institution_id uuid not null,
  message_id uuid not null,
  rail text not null,
  provider_message_id text not null,
  digest bytea not null,
  payment_id uuid,
  kind text not null check (kind in ('callback', 'answer')),
  body_sealed bytea not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, message_id),
  unique (institution_id, rail, provider_message_id, digest)
);
create index ix_payment_message_payment on payment_message (institution_id, payment_id);
create table payment_step (
  institution_id uuid not null,
  step_id uuid not null,
  payment_id uuid not null,
  message_id uuid not null,
  told text not null,
  outcome text not null check (outcome in ('moved', 'repeated', 'ignored', 'difference')),
  status text not null,
  reason_code text,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, step_id),
  unique (institution_id, message_id),
  foreign key (institution_id, payment_id) references payment (institution_id, payment_id),
  foreign key (institution_id, message_id)
    references payment_message (institution_id, message_id)
);
create index ix_payment_step_payment on payment_step (institution_id, payment_id);
create table sandbox_transfer (
  institution_id uuid not null,
  payment_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null,
  behaviour text not null,
  status text not null check (status in ('accepted', 'completed', 'failed', 'reversed')),
  provider_reference text not null,
  reason_code text,
  occurred_on date not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, payment_id)
);
"""

DISBURSEMENTS = """
create table disbursement (
  institution_id uuid not null,
  disbursement_id uuid not null,
  contract_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  fee_kept_minor bigint not null default 0 check (fee_kept_minor between 0 and amount_minor),
  disbursed_on date not null,
  channel text not null check (channel in ('cash', 'wallet')),
  payment_id uuid check ((payment_id is not null) = (channel = 'wallet')),
  entry_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, disbursement_id),
  unique (institution_id, contract_id),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency),
  foreign key (institution_id, payment_id) references payment (institution_id, payment_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
"""


def upgrade() -> None:
    """Payments on their way, their raw messages, the sandbox wallet, and disbursements."""
    migrations.script(PAYMENTS)
    migrations.protect(
        "payment",
        grants="select, insert, update (status, provider_reference, reason_code, completed_on,"
        " booked_at, asked_at, attempts, version)",
    )
    migrations.protect("payment_message", grants="select, insert")
    migrations.protect("payment_step", grants="select, insert")
    migrations.protect("sandbox_transfer", grants="select, insert, update (status)")
    migrations.script(DISBURSEMENTS)
    migrations.protect("disbursement", grants="select, insert")
