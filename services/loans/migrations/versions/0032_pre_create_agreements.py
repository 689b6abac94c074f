"""Pledges, agreements with their instalments, exchange, and money borrowed from lenders."""

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
