"""What the books of loans did, line by line, and what contracts hold of funds."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Follow the books of every fund."""
