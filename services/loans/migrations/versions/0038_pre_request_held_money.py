"""What one person asks to be paid out of held money, for another to pay."""

from shared import migrations

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

# Who asked for a withdrawal, or for a share of a profit declared. The movement that another makes
# of it names it, once; one made before there were requests names none.
REQUESTS = """
create table holding_request (
  institution_id uuid not null,
  request_id uuid not null,
  contract_id uuid not null,
  kind text not null check (kind in ('withdrawal', 'earning')),
  purpose text not null check (purpose in ('savings', 'contribution')),
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  channel text check (channel in ('cash', 'wallet', 'bank')),
  evidence char(64) check (evidence ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, request_id),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency),
  check ((kind = 'withdrawal') = (channel is not null))
);
create index ix_holding_request_contract on holding_request (institution_id, contract_id);
alter table holding
  add column request_id uuid,
  add constraint holding_request_fkey foreign key (institution_id, request_id)
    references holding_request (institution_id, request_id),
  add constraint holding_request_check check (
    request_id is null or kind in ('withdrawal', 'earning'));
create unique index uq_holding_request on holding (institution_id, request_id)
  where request_id is not null;
"""


def upgrade() -> None:
    """Requests, and the movements made of them."""
    migrations.script(REQUESTS)
    migrations.protect("holding_request", grants="select, insert")
