"""What one more unit in each fund is worth, by approved runs of the assignment."""

from shared import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Told by scoring, not by loans: `sequence` and `known_at` are those of scoring's feed.
TABLE = """
create table fund_worth (
  institution_id uuid not null,
  fund_id uuid not null,
  run_id uuid not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  approved_at timestamptz not null,
  as_of date not null,
  currency char(3) not null,
  budget_minor bigint not null,
  amount_minor bigint not null,
  financed int not null,
  short int not null,
  one_more numeric not null,
  primary key (institution_id, fund_id, run_id)
);
"""


def upgrade() -> None:
    """Keep what scoring tells of funds."""
    migrations.script(TABLE)
    migrations.protect("fund_worth", grants="select, insert")
