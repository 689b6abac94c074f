"""What founders and donors said their money is for: clauses of funds, and the tree of regions."""

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create clauses, what was decided of them, and regions."""
