"""Bills paid over the GSMA Mobile Money API: requests as they came, callbacks on their way."""

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the biller."""
