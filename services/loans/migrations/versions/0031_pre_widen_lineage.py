"""How a fund's money is followed: first in first out, by shares of a pool, or by tag."""

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
