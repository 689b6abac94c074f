"""Steps of deals with their evidence, their other parties, and modes of finance by name."""

from shared import migrations

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Which modes there are, the modules of domain/modes say; the database holds the word alone, so
# that a new mode needs no migration.
MODES = """
alter table product_version drop constraint product_version_mode_of_finance_check;
alter table product_version add constraint product_version_mode_of_finance_check
  check (mode_of_finance ~ '^[a-z][a-z_]{1,39}$');
"""

# Steps are only ever added; one that was taken back is followed by a row that names it. What a
# step moved to the client's debt stands in handed_minor (negative: off it), what it took of the
# fund's commitment in drawn_minor.
TABLES = """
create table supplier (
  institution_id uuid not null,
  supplier_id uuid not null,
  code text not null check (length(code) between 1 and 40),
  name text not null check (length(name) between 1 and 200),
  registration_key text,
  phone text,
  borrower_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, supplier_id),
  unique (institution_id, code)
);
create table deal_step (
  institution_id uuid not null,
  step_id uuid not null,
  contract_id uuid not null,
  number integer not null check (number > 0),
  code text not null,
  stage text not null,
  taken_on date not null,
  channel text not null check (channel in ('cash', 'wallet')),
  currency char(3) not null,
  amounts jsonb not null,
  figures jsonb not null,
  supplier_id uuid,
  entry_id uuid,
  handed_minor bigint not null default 0,
  drawn_minor bigint not null default 0,
  reverses_step_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, step_id),
  unique (institution_id, contract_id, number),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency),
  foreign key (institution_id, supplier_id) references supplier (institution_id, supplier_id),
  foreign key (institution_id, reverses_step_id) references deal_step (institution_id, step_id)
);
create unique index uq_deal_step_reverses on deal_step (institution_id, reverses_step_id)
  where reverses_step_id is not null;
create table deal_document (
  institution_id uuid not null,
  step_id uuid not null,
  kind text not null check (length(kind) between 1 and 40),
  digest char(64) not null check (digest ~ '^[0-9a-f]{64}$'),
  reference text check (length(reference) between 1 and 200),
  primary key (institution_id, step_id, kind),
  foreign key (institution_id, step_id) references deal_step (institution_id, step_id)
);
"""


def upgrade() -> None:
    """Steps of deals with their evidence, their other parties, and modes of finance by name."""
    migrations.script(MODES + TABLES)
    migrations.protect("supplier", grants="select, insert")
    migrations.protect("deal_step", grants="select, insert")
    migrations.protect("deal_document", grants="select, insert")
