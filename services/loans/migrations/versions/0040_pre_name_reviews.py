"""Versions of products name the review of rates that they follow, each review once."""

from shared import migrations

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


REVIEWS = """
alter table product_version add column review_id uuid;
create unique index ix_product_version_review
  on product_version (institution_id, product_id, review_id) where review_id is not null;
"""


def upgrade() -> None:
    """Versions of products name the review of rates that they follow, each review once."""
    migrations.script(REVIEWS)
