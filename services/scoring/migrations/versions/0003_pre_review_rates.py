"""Reviews of rates and terms, and what was observed after them."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Reviews of rates and terms, and what was observed after them."""
