"""What orders change of a contract: its instalments, what it is written off, what they moved."""

from shared import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What was agreed anew holds from `effective_on`; without due dates the instalments stayed.
TABLES = """
alter table contract_movement
  add column forgiven_minor bigint not null default 0,
  drop constraint contract_movement_kind_check,
  add constraint contract_movement_kind_check check (
    kind in ('disbursement', 'repayment', 'reversal', 'order', 'recovery'));
create table changed_agreement (
  institution_id uuid not null,
  event_id uuid not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  contract_id uuid not null,
  effective_on date not null,
  written_off_minor bigint not null,
  due_on date[],
  due_principal_minor bigint[],
  due_profit_minor bigint[],
  due_fee_minor bigint[],
  due_penalty_minor bigint[],
  primary key (institution_id, event_id),
  unique (institution_id, sequence),
  check ((due_on is null) = (due_principal_minor is null)
    and (due_on is null) = (due_profit_minor is null)
    and (due_on is null) = (due_fee_minor is null)
    and (due_on is null) = (due_penalty_minor is null))
);
create index ix_changed_agreement_contract
  on changed_agreement (institution_id, contract_id, sequence);
"""


def upgrade() -> None:
    """What orders change of a contract."""
    migrations.script(TABLES)
    migrations.protect("changed_agreement", grants="select, insert")
