"""The tables every service has: repetition, events, feed, leases."""

from shared import migrations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables every service has: repetition, events, feed, leases."""
    migrations.lay_foundation()
