"""Projects, portfolio facts and donor links."""

from shared import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Projects, portfolio facts and donor links."""
    migrations.script("select 1")
