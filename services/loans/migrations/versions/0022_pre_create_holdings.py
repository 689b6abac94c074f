"""Money of borrowers held for their contracts, and loans paid out in tranches."""

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing yet."""
