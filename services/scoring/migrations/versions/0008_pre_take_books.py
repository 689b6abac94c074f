"""Where the book of a review comes from, where loans gave it."""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep where a book comes from."""
