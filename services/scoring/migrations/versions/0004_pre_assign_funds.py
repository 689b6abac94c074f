"""Runs of the assignment of waiting applications to funds."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Runs of the assignment of waiting applications to funds."""
