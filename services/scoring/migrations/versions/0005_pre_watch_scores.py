"""What shadow cards said, how loans ended, and traits that the audit alone reads."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What shadow cards said, how loans ended, and traits that the audit alone reads."""
