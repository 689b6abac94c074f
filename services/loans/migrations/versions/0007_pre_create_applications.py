"""Applications, their history, and decisions."""

from shared import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applications, their history, and decisions."""
    migrations.script("select 1")
