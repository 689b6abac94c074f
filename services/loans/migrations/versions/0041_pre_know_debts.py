"""Debts elsewhere, as told by a borrower and by a bureau; what one connected group may owe."""

from shared import migrations

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Debts elsewhere, as told by a borrower and by a bureau; what one connected group may owe."""
    migrations.script("select 1")
