"""The lines of every fund: what moved from spot to spot, how much came and left, how far it is told.

Filled from the journal's numbered entries by one follower; every row can be made again.
"""

from shared import migrations

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# A move starts somewhere on the line that it leaves and on the line that it joins; both are asked
# for by a range of units. Nothing of it is ever changed.
TABLES = """
create table lineage_move (
  institution_id uuid not null,
  fund_id uuid not null,
  number bigint not null,
  part smallint not null,
  source_place text not null,
  source_owner uuid not null,
  source_start bigint not null check (source_start >= 0),
  target_place text not null,
  target_owner uuid not null,
  target_start bigint not null check (target_start >= 0),
  amount_minor bigint not null check (amount_minor > 0),
  primary key (institution_id, fund_id, number, part),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id),
  check (source_place in ('receipt', 'yield', 'contract', 'lost', 'spent', 'hand')),
  check (target_place in ('receipt', 'yield', 'contract', 'lost', 'spent', 'hand'))
);
create unique index ix_lineage_move_source on lineage_move
  (institution_id, fund_id, source_place, source_owner, source_start);
create unique index ix_lineage_move_target on lineage_move
  (institution_id, fund_id, target_place, target_owner, target_start);
create table lineage_count (
  institution_id uuid not null,
  fund_id uuid not null,
  place text not null,
  owner uuid not null,
  came_minor bigint not null,
  left_minor bigint not null,
  primary key (institution_id, fund_id, place, owner)
);
create table lineage_progress (
  institution_id uuid not null,
  number bigint not null,
  primary key (institution_id)
);
"""


def upgrade() -> None:
    """Create the lines of funds."""
    migrations.script(TABLES)
    migrations.protect("lineage_move", grants="select, insert")
    migrations.protect("lineage_count", grants="select, insert, update")
    migrations.protect("lineage_progress", grants="select, insert, update")
