"""Where the book of a review comes from, where loans gave it."""

from shared import migrations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Both days, the hash and the count of a book as loans answered: the same two days give it again.
BOOKS = """
alter table rate_review
  add column book_as_of date,
  add column book_known_at timestamptz,
  add column book_hash char(64),
  add constraint rate_review_book_check check (
    num_nulls(book_as_of, book_known_at, book_hash) in (0, 3));
"""


def upgrade() -> None:
    """Keep where a book comes from."""
    migrations.script(BOOKS)
