"""The feed of loans is read again from its beginning: what was booked is followed from there."""

from shared import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Receipts are lines of the books now, and what contracts gave back are promises taken off.
AGAIN = """
drop table fund_receipt;
drop table fund_release;
alter table feed_cursor no force row level security;
update feed_cursor set number = 0 where source = 'loans';
alter table feed_cursor force row level security;
"""


def upgrade() -> None:
    """Read the whole feed once more; nothing of it happens twice."""
    migrations.script(AGAIN)
