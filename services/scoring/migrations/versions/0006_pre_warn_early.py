"""Warnings of loans that may fall behind, and what became of each."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Warnings of loans that may fall behind, and what became of each."""
