"""How many contracts a book of loans leaves out."""

from shared import migrations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LEFT_OUT = """
alter table rate_review
  add column book_left_out integer,
  add constraint rate_review_left_out_check check (
    book_left_out is null or (book_left_out >= 0 and book_as_of is not null));
"""


def upgrade() -> None:
    """Keep how many contracts a book leaves out; of books taken before it is not known."""
    migrations.script(LEFT_OUT)
