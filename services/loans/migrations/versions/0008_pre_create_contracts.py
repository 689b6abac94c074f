"""Contracts, instalments, positions and the history of a contract's states."""

from shared import migrations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
create table contract (
  institution_id uuid not null,
  contract_id uuid not null,
  reference text not null,
  application_id uuid not null,
  borrower_id uuid not null,
  branch_id uuid not null,
  product_id uuid not null,
  product_version integer not null,
  fund_id uuid not null,
  currency char(3) not null,
  principal_minor bigint not null check (principal_minor > 0),
  terms jsonb not null,
  signed_on date not null,
  status text not null default 'signed'
    check (status in ('signed', 'active', 'closed', 'written_off', 'cancelled')),
  version integer not null default 1 check (version > 0),
  effective_annual_rate numeric(9, 6) not null,
  total_cost_minor bigint not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, contract_id),
  unique (institution_id, reference),
  unique (institution_id, application_id),
  unique (institution_id, contract_id, currency)
);
create index on contract (institution_id, fund_id);
create index on contract (institution_id, borrower_id);
create index on contract (institution_id, branch_id, contract_id);
create table instalment (
  institution_id uuid not null,
  contract_id uuid not null,
  number integer not null check (number > 0),
  due_on date not null,
  principal_minor bigint not null check (principal_minor >= 0),
  profit_minor bigint not null check (profit_minor >= 0),
  fee_minor bigint not null check (fee_minor >= 0),
  primary key (institution_id, contract_id, number),
  foreign key (institution_id, contract_id)
    references contract (institution_id, contract_id)
);
create table position (
  institution_id uuid not null,
  contract_id uuid not null,
  version integer not null default 1 check (version > 0),
  disbursed_minor bigint not null default 0 check (disbursed_minor >= 0),
  paid_principal_minor bigint not null default 0,
  paid_profit_minor bigint not null default 0,
  paid_fee_minor bigint not null default 0,
  surplus_minor bigint not null default 0,
  primary key (institution_id, contract_id),
  foreign key (institution_id, contract_id)
    references contract (institution_id, contract_id)
);
create table contract_history (
  institution_id uuid not null,
  contract_id uuid not null,
  version integer not null,
  status text not null,
  reason text check (reason in
    ('borrower_withdrew', 'not_collected', 'conditions_not_met', 'signed_in_error')),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  check ((status = 'cancelled') = (reason is not null)),
  primary key (institution_id, contract_id, version),
  foreign key (institution_id, contract_id)
    references contract (institution_id, contract_id)
);
"""


def upgrade() -> None:
    """Contracts, instalments, positions and the history of a contract's states."""
    migrations.script(TABLES)
    migrations.protect("contract", grants="select, insert, update (status, version)")
    migrations.protect("instalment", grants="select, insert")
    migrations.protect("position", grants="select, insert, update")
    migrations.protect("contract_history", grants="select, insert")
