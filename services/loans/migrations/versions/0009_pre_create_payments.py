"""Payments on their way, and disbursements."""

from shared import migrations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Payments on their way, and disbursements."""
    migrations.script("select 1")
