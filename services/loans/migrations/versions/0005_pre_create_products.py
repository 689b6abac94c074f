"""Products and their frozen versions."""

from shared import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Products and their frozen versions."""
    migrations.script("select 1")
