"""From which day a contract's state holds, and what money paid ahead does on a product."""

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Days and events of states; the effect of an advance payment by product."""
