"""The chance of default beside the opinion that it stands in."""

from shared import migrations

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

# An opinion is some ten thousand letters; to read one figure of a million took half of a book's
# time. The database keeps it from the opinion, so that the two cannot differ.
CHANCES = """
alter table application_assessment
  add column pd numeric generated always as (cast(answer ->> 'pd' as numeric)) stored;
"""


def upgrade() -> None:
    """Keep the chance of default as a column of its own."""
    migrations.script(CHANCES)
