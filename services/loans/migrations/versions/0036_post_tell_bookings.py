"""What the books did before each entry was told: every older entry, told once."""

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tell what was booked."""
