"""Contracts from elsewhere know who signed them."""

from shared import migrations

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

# Of a contract that was handed over since, the holder is another one than the signer.
SIGNERS = """
alter table contract_origin add column signer_id uuid;
"""


def upgrade() -> None:
    """Contracts from elsewhere know who signed them."""
    migrations.script(SIGNERS)
