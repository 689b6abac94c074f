"""What the books of loans did, line by line, and what contracts hold of funds."""

from shared import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A line of an entry is kept once, under the entry's own id, whichever event told it. Money that a
# contract holds of a fund is added when it is promised and taken off when paid out or given back.
TABLES = """
create table booked_line (
  institution_id uuid not null,
  entry_id uuid not null,
  line_no smallint not null check (line_no > 0),
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  fund_id uuid not null,
  contract_id uuid,
  kind text not null,
  is_reversal boolean not null,
  occurred_on date not null,
  currency char(3) not null,
  account text not null,
  account_class text not null,
  amount_minor bigint not null,
  primary key (institution_id, entry_id, line_no)
);
create index ix_booked_line_fund on booked_line (institution_id, fund_id, occurred_on);
create index ix_booked_line_contract on booked_line (institution_id, contract_id)
  where contract_id is not null;
create index ix_booked_line_sequence on booked_line (institution_id, sequence);
create table fund_promise (
  institution_id uuid not null,
  event_id uuid not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  fund_id uuid not null,
  promised_on date not null,
  currency char(3) not null,
  amount_minor bigint not null,
  primary key (institution_id, event_id)
);
create index ix_fund_promise_fund on fund_promise (institution_id, fund_id, promised_on);
create table contract_share (
  institution_id uuid not null,
  contract_id uuid not null,
  fund_id uuid not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  principal_minor bigint not null,
  primary key (institution_id, contract_id, fund_id)
);
create index ix_contract_share_fund on contract_share (institution_id, fund_id);
"""


def upgrade() -> None:
    """Follow the books of every fund."""
    migrations.script(TABLES)
    for table in ("booked_line", "fund_promise", "contract_share"):
        migrations.protect(table, grants="select, insert")
