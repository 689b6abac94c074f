"""Rules of closing, days closed with their figures, and contracts' places in their schedules."""

from shared import migrations

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# accrual_window has no foreign key: it is derived, and a key-share lock on contracts would stand
# in the way of those who pay. Its fillfactor leaves room for the few rows that move on each day.
TABLES = """
create table closing_policy (
  institution_id uuid not null,
  policy_id uuid not null,
  fund_id uuid,
  starts_on date not null,
  members jsonb not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, policy_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create table accrual_window (
  institution_id uuid not null,
  contract_id uuid not null,
  generation integer not null,
  policy_id uuid not null,
  renegotiated_on date,
  cured_on date,
  since date not null,
  until date not null check (until > since),
  accrues boolean not null,
  owes_goods boolean not null,
  starts_on date not null,
  due_on date not null check (due_on > starts_on),
  profit_minor bigint not null,
  before_minor bigint not null,
  loss_year bigint not null check (loss_year between 0 and 1000000000),
  loss_life bigint not null check (loss_life between 0 and 1000000000),
  primary key (institution_id, contract_id)
) with (fillfactor = 85);
create table day_close (
  institution_id uuid not null,
  run integer not null check (run > 0),
  day date not null,
  known_at timestamptz not null,
  contracts bigint not null check (contracts >= 0),
  entries integer not null check (entries >= 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, run)
);
create table day_close_book (
  institution_id uuid not null,
  run integer not null,
  fund_id uuid not null,
  product_id uuid not null,
  currency char(3) not null,
  book_id uuid not null,
  receivable_minor bigint not null,
  unearned_minor bigint not null,
  allowance_minor bigint not null,
  primary key (institution_id, run, fund_id, product_id),
  foreign key (institution_id, run) references day_close (institution_id, run),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency)
);
create table day_close_figure (
  institution_id uuid not null,
  run integer not null,
  fund_id uuid not null,
  product_id uuid not null,
  bucket_from smallint not null check (bucket_from >= 0),
  stage smallint not null check (stage between 1 and 3),
  is_restructured boolean not null,
  currency char(3) not null,
  contracts bigint not null,
  outstanding_minor bigint not null,
  earned_minor bigint not null,
  receivable_minor bigint not null,
  unearned_minor bigint not null,
  suspended_minor bigint not null,
  expected_loss_minor bigint not null,
  minimum_minor bigint not null,
  allowance_minor bigint not null,
  primary key (institution_id, run, fund_id, product_id, bucket_from, stage, is_restructured),
  foreign key (institution_id, run, fund_id, product_id)
    references day_close_book (institution_id, run, fund_id, product_id)
);
"""


def upgrade() -> None:
    """Rules of closing, days closed, and contracts' places in their schedules."""
    migrations.script(TABLES)
    migrations.protect("closing_policy", grants="select, insert")
    migrations.protect("accrual_window", grants="select, insert, update")
    migrations.protect("day_close", grants="select, insert")
    migrations.protect("day_close_book", grants="select, insert")
    migrations.protect("day_close_figure", grants="select, insert")
