"""The Sharia register, what products and funds name of it, and the log of non-compliance."""

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
