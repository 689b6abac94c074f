"""Bills paid over the GSMA Mobile Money API: requests as they came, callbacks on their way."""

from shared import migrations

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

# A message names people and telephones and is sealed with the institution's key, as is the address
# that is called back. One correlation id of a client is one request for good; one reference of the
# payer's provider is one payment, unless it was refused.
BILLS = """
create table bill_request (
  institution_id uuid not null,
  request_id uuid not null,
  client_id uuid not null,
  branch_ids uuid[],
  correlation_id uuid,
  reference text check (char_length(reference) between 1 and 256),
  status text not null default 'received'
    check (status in ('received', 'pending', 'completed', 'failed', 'refused')),
  message_sealed bytea not null,
  callback_sealed bytea,
  contract_id uuid,
  bill_reference text,
  payment_id uuid,
  error jsonb,
  received_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  primary key (institution_id, request_id),
  unique (institution_id, client_id, correlation_id),
  foreign key (institution_id, contract_id) references contract (institution_id, contract_id),
  foreign key (institution_id, payment_id) references payment (institution_id, payment_id),
  check (status in ('received', 'refused', 'failed') or payment_id is not null),
  check ((payment_id is null) = (contract_id is null)),
  check ((status in ('received', 'pending')) = (settled_at is null)),
  check (status not in ('failed', 'refused') or error is not null)
);
create unique index uq_bill_request_reference
  on bill_request (institution_id, client_id, reference)
  where status in ('received', 'pending', 'completed');
create index ix_bill_request_open on bill_request (institution_id, request_id)
  where status in ('received', 'pending');
create index ix_bill_request_contract on bill_request (institution_id, contract_id, client_id);
create index ix_bill_request_payment on bill_request (institution_id, payment_id);
create table bill_callback (
  institution_id uuid not null,
  request_id uuid not null,
  attempts integer not null default 0 check (attempts >= 0),
  next_at timestamptz not null,
  answer text,
  delivered_at timestamptz,
  given_up_at timestamptz,
  primary key (institution_id, request_id),
  foreign key (institution_id, request_id) references bill_request (institution_id, request_id)
);
create index ix_bill_callback_open on bill_callback (institution_id, next_at)
  where delivered_at is null and given_up_at is null;
"""


def upgrade() -> None:
    """Create the tables of the biller."""
    migrations.script(BILLS)
    for table in ("bill_request", "bill_callback"):
        migrations.protect(table, grants="select, insert, update")
