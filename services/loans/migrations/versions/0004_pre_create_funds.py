"""Funds, donors, receipts and claims."""

from shared import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Funds, donors, receipts and claims."""
    migrations.script("select 1")
