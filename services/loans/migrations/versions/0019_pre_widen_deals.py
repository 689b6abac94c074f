"""Deals with a term, rebates by product, and a profit account for every waqf."""

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing yet."""
