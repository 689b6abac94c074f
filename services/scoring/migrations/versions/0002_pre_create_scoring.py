"""Scorecards, assessments and offers."""

from shared import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Scorecards, assessments and offers."""
    migrations.script("select 1")
