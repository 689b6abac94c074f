"""Grids of criteria: their versions, and the sheets that were answered by them."""

from shared import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Grids of criteria: their versions, and the sheets that were answered by them."""
    migrations.script("select 1")
