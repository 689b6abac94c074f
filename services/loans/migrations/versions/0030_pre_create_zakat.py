"""Zakat: prices, payers, collections, eligibility, grants, costs, investments."""

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
