"""Borrowers, documents, phones, consent and guarantors."""

from shared import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Borrowers, documents, phones, consent and guarantors."""
    migrations.script("select 1")
