"""What is claimed of each fund and what stands on each account, kept as running sums."""

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
