"""The institution's own chart, real accounts of money, entries by hand, and closed periods."""

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
