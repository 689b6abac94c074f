"""Contracts, instalments and positions."""

from shared import migrations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Contracts, instalments and positions."""
    migrations.script("select 1")
