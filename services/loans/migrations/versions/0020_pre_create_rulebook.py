"""Facts of the rulebook that an institution gives itself, each approved by a second person."""

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Overrides of the rulebook and what was said of them."""
