"""What holds the books: accounts of entries by hand, and two persons who close a period."""

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
