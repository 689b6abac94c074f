"""From which day a contract's state holds; contracts whose payments may change what is due."""

from shared import migrations

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What was written before knows its instant alone. A contract was active from its payout on, where
# it was paid out as one sum; any other state from the day it was written.
COLUMNS = """
alter table contract_history
  add column effective_on date,
  add column event_id uuid;
"""
DATE = """
update contract_history h set effective_on = coalesce(
  (select min(d.disbursed_on) from disbursement d
    where h.status = 'active' and d.institution_id = h.institution_id
      and d.contract_id = h.contract_id),
  (h.recorded_at at time zone 'UTC')::date);
"""
# Where money paid ahead makes fewer or smaller instalments, it is taken under the contract's lock.
ADVANCE = """
alter table contract drop constraint contract_servicing_check;
alter table contract add constraint contract_servicing_check
  check (servicing in ('waterfall', 'advance', 'course'));
"""
WALLED = ("contract_history", "disbursement")


def upgrade() -> None:
    """Days and events of states; a third way of taking money."""
    migrations.script(COLUMNS)
    migrations.script(ADVANCE)
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(DATE)
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
