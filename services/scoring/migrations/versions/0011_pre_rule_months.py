"""Loans scored in a month whose colours wait until all of it is scored."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the number; what it does follows."""
