"""An order on charity that takes another back, once, by two persons."""

from shared import migrations

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

UNDONE = """
alter table charity_order add column reverses_order_id uuid;
alter table charity_order add constraint charity_order_reverses_fkey
  foreign key (institution_id, reverses_order_id)
  references charity_order (institution_id, order_id) not valid;
alter table charity_decision add column reverses_order_id uuid;
create unique index uq_charity_decision_reverses
  on charity_decision (institution_id, reverses_order_id)
  where outcome = 'approved' and reverses_order_id is not null;
"""


def upgrade() -> None:
    """Let an order name the one it takes back."""
    migrations.script(UNDONE)
