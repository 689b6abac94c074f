"""Statements beside the books: differences with their owners, and money nobody explains yet."""

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the reconciliation."""
