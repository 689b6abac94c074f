"""What loans hears from scoring: funds proposed by approved runs, and reviews that were decided."""

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what scoring tells."""
