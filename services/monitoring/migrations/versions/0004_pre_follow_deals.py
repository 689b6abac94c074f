"""What steps of deals change: capital at work, goods and shares that came back."""

from shared import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# `at_work_minor` is how much more stands with the client beside what was paid out: lost, valued
# lower or come back below 0. What came back of a deal pours over no instalment.
COLUMNS = """
alter table contract_movement
  add column at_work_minor bigint not null default 0,
  drop constraint contract_movement_kind_check,
  add constraint contract_movement_kind_check check (
    kind in ('disbursement', 'repayment', 'reversal', 'order', 'recovery', 'deal'));
"""


def upgrade() -> None:
    """What steps of deals change of a contract."""
    migrations.script(COLUMNS)
