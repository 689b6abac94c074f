"""Zakat: prices, payers, collections, eligibility, grants, costs, investments."""

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
