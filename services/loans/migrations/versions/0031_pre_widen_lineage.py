"""How a fund's money is followed: first in first out, by shares of a pool, or by tag."""

from shared import migrations

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# `version` of a move: which mixture of the pool its units were drawn from, or joined.
WIDEN = """
alter table fund add column lineage_policy text not null default 'fifo'
  check (lineage_policy in ('fifo', 'pro_rata', 'tag'));
alter table receipt add column tag text check (tag ~ '^[a-z0-9][a-z0-9_.-]{0,63}$');
alter table lineage_move add column version int;
create index ix_lineage_move_version on lineage_move (institution_id, fund_id, version)
  where version is not null;
"""

# Which of a fund's tagged money a contract is lent from. Sums of the places of a fund, day by day:
# both arrays in the order of the places. A mixture: what came to it, what left it, what it carried
# on. Where the units of a draw are: version -1 holds what places gave that they never had.
TABLES = """
create table contract_tag (
  institution_id uuid not null,
  contract_id uuid not null,
  fund_id uuid not null,
  application_id uuid not null,
  tag text not null check (tag ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, contract_id, fund_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create table lineage_day (
  institution_id uuid not null,
  fund_id uuid not null,
  told_on date not null,
  number bigint not null,
  came_minor bigint[] not null,
  left_minor bigint[] not null,
  primary key (institution_id, fund_id, told_on)
);
create table lineage_version (
  institution_id uuid not null,
  fund_id uuid not null,
  version int not null check (version >= 0),
  begun_on date not null,
  first_number bigint not null,
  came_minor bigint not null,
  drawn_minor bigint not null,
  paid_back_minor bigint not null,
  carried_minor bigint not null,
  returned_from int[] not null,
  returned_minor bigint[] not null,
  primary key (institution_id, fund_id, version),
  check (cardinality(returned_from) = cardinality(returned_minor))
);
create table lineage_draw (
  institution_id uuid not null,
  fund_id uuid not null,
  version int not null,
  place text not null,
  units_minor bigint not null,
  primary key (institution_id, fund_id, version, place)
);
"""


def upgrade() -> None:
    """Let a fund follow its money by shares or by tag, and keep its places' sums by day."""
    migrations.script(WIDEN)
    migrations.script(TABLES)
    migrations.protect("contract_tag", grants="select, insert")
    migrations.protect("lineage_day", grants="select, insert, update")
    migrations.protect("lineage_version", grants="select, insert, update")
    migrations.protect("lineage_draw", grants="select, insert, update")
