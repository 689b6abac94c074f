"""Institutions, branches, staff and programs."""

from shared import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Institutions, branches, staff and programs."""
    migrations.script("select 1")
