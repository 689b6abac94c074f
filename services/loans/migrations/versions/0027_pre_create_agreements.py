"""Pledges, agreements with their instalments, exchange, and money borrowed from lenders."""

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
