"""Nothing: sums kept by triggers cannot be distributed, so claims and lines are added up anew."""

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the place in the chain."""
