"""What one more unit in each fund is worth, by approved runs of the assignment."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what scoring tells of funds."""
