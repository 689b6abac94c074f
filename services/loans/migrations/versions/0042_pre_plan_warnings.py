"""Which contracts are graded together in a month is planned once, part by part."""

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Plan the parts of a month."""
