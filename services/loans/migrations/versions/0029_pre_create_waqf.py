"""Deeds of waqf, orders on what a waqf owns, conflicts of interest, and indices of prices."""

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
